"""Small widgets, colours and messages that any room may use."""
