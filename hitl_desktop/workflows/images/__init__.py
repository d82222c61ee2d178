"""The image files of a project: found, read, changed, moved, near-duplicates, edge cases."""
