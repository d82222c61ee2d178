"""Which image is asked about next, and why."""
