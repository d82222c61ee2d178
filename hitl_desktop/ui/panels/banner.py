"""What went wrong, or is offered, above the picture, until somebody has read it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

_STYLE = """
Banner { background: #9B2C20; }
Banner[calm="true"] { background: #2A5D8F; }
Banner QLabel { color: white; }
Banner QPushButton { color: white; padding: 2px 10px;
  background: rgba(0, 0, 0, 60); border: 1px solid rgba(255, 255, 255, 110); }
"""


class Banner(QFrame):
    """A line of text with a button to dismiss it, and perhaps one for what can be done about it.

    Signals:
        dismissed: it was read.
        offered: what it offers to do is wanted.
    """

    dismissed = Signal()
    offered = Signal()

    def __init__(self, *, calm: bool = False) -> None:
        super().__init__()
        self.setProperty("calm", calm)
        self.setStyleSheet(_STYLE)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.offer, close = QPushButton(), QPushButton("Dismiss")
        self.offer.clicked.connect(self.offered)
        close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.addWidget(self.label, 1)
        for button in (self.offer, close):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the canvas
            row.addWidget(button)
        self.hide()

    def text(self) -> str:
        """What it says."""
        return self.label.text()

    def show_text(self, text: str, offer: str = "") -> None:
        """Say something, and what can be done about it."""
        self.label.setText(text)
        self.label.setAccessibleName(text)
        self.offer.setText(offer)
        self.offer.setVisible(bool(offer))
        self.show()

    def dismiss(self) -> None:
        """It was read, or no longer holds."""
        self.hide()
        self.dismissed.emit()
