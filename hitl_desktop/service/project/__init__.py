"""The open project: the image at hand, the order, what is saved."""
