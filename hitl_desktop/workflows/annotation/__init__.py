"""What people do to the boxes and tags of images, each act one edit that undo takes back."""
