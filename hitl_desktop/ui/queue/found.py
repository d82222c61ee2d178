"""How many images pass the filter of the queue; where none does, the way back to all of them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr


class Found(QWidget):
    """Hidden while all images are listed.

    Signals:
        all_wanted: the filter is to be cleared.
    """

    all_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.label, self.clear_button = QLabel(), QPushButton(tr("Clear the filter"))
        self.label.setWordWrap(True)
        self.clear_button.clicked.connect(self.all_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.clear_button)
        self.hide()

    def show_count(self, found: int, of: int) -> None:
        """So many of so many images are listed."""
        self.label.setText(
            tr("{found} of {images}", found=found, images=counted(of, "image"))
            if found
            else tr("No images match.")
        )
        self.clear_button.setVisible(not found)
        self.setVisible(found < of)
