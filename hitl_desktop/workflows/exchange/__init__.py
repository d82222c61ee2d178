"""Data sets in and out, and the trained detector as one file."""
