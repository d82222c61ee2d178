"""Boxes, categories and attributes of the image at hand."""
