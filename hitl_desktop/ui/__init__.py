"""The window, in rooms named after what they show."""
