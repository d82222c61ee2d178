"""The image list with its order and filters, and the sets of edge cases."""
