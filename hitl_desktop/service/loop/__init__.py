"""What goes on by itself: pre-labelling, learning, ranking."""
