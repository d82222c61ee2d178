"""The window."""

import builtins

from PySide6 import QtCore as _  # noqa: F401 - puts its own import in place of Python's

# It reads the source of every module that is imported, and keeps it, to see whether names are switched to snake case
# there, which nobody does here: a tenth of a second and 60 MB once all libraries are loaded.
builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
