"""Lines of text: one beside the canvas, and one that searches a list."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit


class Field(QLineEdit):
    """A line that `Escape` clears and leaves."""

    def __init__(self, left: SignalInstance) -> None:
        super().__init__()
        self._left, self._stored = left, ""

    def setText(self, text: str | None) -> None:
        """Show what is stored; what is typed over it can be given up."""
        self._stored = text or ""
        super().setText(text)

    def setPlaceholderText(self, text: str) -> None:
        """What to type; Qt shortens it where there is little room, so the tool tip holds it whole."""
        super().setPlaceholderText(text)
        self.setToolTip(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Escape` gives up."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._stored)
            self._left.emit()
        else:
            super().keyPressEvent(event)


def search_field(words: str, on_change: Callable[[str], object]) -> QLineEdit:
    """A field for a part of a name, with a button that clears it."""
    field = QLineEdit()
    field.setPlaceholderText(words)
    field.setAccessibleName(words)
    field.setClearButtonEnabled(True)
    field.textChanged.connect(on_change)
    return field
