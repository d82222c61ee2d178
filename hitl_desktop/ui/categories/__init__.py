"""Categories in the inspector, and the detector's classes that are none."""
