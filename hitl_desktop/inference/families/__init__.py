"""Families of detectors by the layout of their outputs: each module recognises some and decodes them."""
