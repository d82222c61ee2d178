"""How large dialogs open."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog

_FRAME: Final = QSize(16, 48)
"""What the window manager puts around a dialog, about."""


def open_within_screen(dialog: QDialog, width: int, height: int) -> None:
    """Give a dialog this size, or what the screen has room for."""
    dialog.resize(QSize(width, height).boundedTo(dialog.screen().availableSize() - _FRAME))
