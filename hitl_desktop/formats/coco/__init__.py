"""COCO files (https://cocodataset.org/#format-data): detection, and results, panoptic boxes and folders."""
