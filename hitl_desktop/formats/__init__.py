"""Data set files and what is in them."""
