"""Images as the window loads them, ahead and in two steps."""
