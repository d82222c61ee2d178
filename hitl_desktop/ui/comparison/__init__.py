"""Labels beside what the model suggested, on one image."""
