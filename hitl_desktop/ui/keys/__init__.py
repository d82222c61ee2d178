"""The table of commands with their shortcuts, and what shows it."""
