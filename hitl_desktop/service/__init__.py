"""The open project without a window: its commands, its loop and its jobs."""
