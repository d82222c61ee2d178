"""What belongs to the process and the empty window: uncaught errors, garbage, the welcome page."""
