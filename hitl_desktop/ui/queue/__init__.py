"""The list of images, its order and filters, sets of edge cases."""
