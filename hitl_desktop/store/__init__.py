"""The project file: one repository a table."""
