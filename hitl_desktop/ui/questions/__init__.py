"""Modal questions to the person."""
