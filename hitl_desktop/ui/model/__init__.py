"""What the model knows: versions, classes, learning curves."""
