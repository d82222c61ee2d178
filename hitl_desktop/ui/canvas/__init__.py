"""The canvas: an image, its boxes, and the hands on them."""
