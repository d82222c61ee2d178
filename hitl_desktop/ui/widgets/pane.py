"""A part of the window beside the canvas, as the keyboard goes in and out of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget


class Pane(QWidget):
    """What `Escape` leaves from wherever the keyboard is in it.

    Signals:
        left: the person is done here; the canvas should have the keyboard again.
    """

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Escape` leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
