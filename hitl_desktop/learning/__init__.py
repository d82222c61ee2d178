"""What is fitted here: heads, calibration, query strategies, statistics."""
