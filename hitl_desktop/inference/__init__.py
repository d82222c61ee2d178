"""Models as they run: cards, sessions, pre- and post-processing, export."""
