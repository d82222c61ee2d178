"""Work that goes on beside the window."""
