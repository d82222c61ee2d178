"""What went wrong, above the picture, until somebody has read it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

_STYLE = """
Banner { background: #9B2C20; }
Banner QLabel { color: white; }
Banner QPushButton { color: white; background: #7A2118; border: 1px solid #C9695E; padding: 2px 10px; }
"""


class Banner(QFrame):
    """A line of text with a button to dismiss it.

    Signals:
        dismissed: it was read.
    """

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setStyleSheet(_STYLE)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QPushButton("Dismiss")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the canvas
        close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.addWidget(self.label, 1)
        row.addWidget(close)
        self.hide()

    def text(self) -> str:
        """What it says."""
        return self.label.text()

    def show_text(self, text: str) -> None:
        """Say something."""
        self.label.setText(text)
        self.label.setAccessibleName(text)
        self.show()

    def dismiss(self) -> None:
        """It was read, or no longer holds."""
        self.hide()
        self.dismissed.emit()
