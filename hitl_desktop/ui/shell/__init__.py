"""The main window and what belongs to the process."""
