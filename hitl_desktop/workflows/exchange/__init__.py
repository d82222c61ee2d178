"""Data sets in and out, and the taught detector as one file."""
