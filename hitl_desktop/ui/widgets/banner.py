"""What went wrong, or is offered, above the image, until somebody has read it."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import announce
from hitl_desktop.ui.widgets.flow import FlowLayout, stack_where_narrow

_MOST_OFFERS = 3


class Banner(QFrame):
    """A line of text with a button to dismiss it, and perhaps some for what can be done about it.

    Signals:
        dismissed: it was read.
        offered: one of what it offers to do is wanted, by number.
    """

    dismissed = Signal()
    offered = Signal(int)

    def __init__(self, *, calm: bool = False, close: str = "") -> None:
        super().__init__()
        self.setProperty("calm", calm)
        self.label = QLabel()
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.offers = [QPushButton() for _ in range(_MOST_OFFERS)]
        self.dismiss_button = QPushButton(close or tr("Dismiss"))
        for number, button in enumerate(self.offers):
            button.clicked.connect(partial(self.offered.emit, number))
        self.dismiss_button.clicked.connect(self.dismiss)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 10, 5)
        row.addWidget(self.label, 1)
        buttons = FlowLayout()
        for button in (*self.offers, self.dismiss_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
            buttons.addWidget(button)
        row.addLayout(buttons)
        self.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the buttons stand below the text."""
        super().resizeEvent(event)
        stack_where_narrow(self._row, self.width())

    def insert(self, widget: QWidget) -> None:
        """Put something between the text and the buttons."""
        self._row.insertWidget(1, widget, 2)

    def text(self) -> str:
        """What it says."""
        return self.label.text()

    def show_text(self, text: str, *offers: str) -> None:
        """Show a sentence, and what can be done about it."""
        self.label.setText(text)
        self.label.setAccessibleName(text)
        announce(self, text, urgent=not self.property("calm"))
        for button, offer in zip_longest(self.offers, offers, fillvalue=""):
            assert isinstance(button, QPushButton)  # noqa: S101 - there are more buttons than offers
            button.setText(offer)
            button.setVisible(bool(offer))
        stack_where_narrow(self._row, self.width())
        self.show()

    def show_calm(self, text: str) -> None:
        """Show a sentence that is no trouble."""
        self._set_calm(calm=True)
        self.show_text(text)

    def show_urgent(self, text: str) -> None:
        """Show a sentence about trouble."""
        self._set_calm(calm=False)
        self.show_text(text)

    def _set_calm(self, *, calm: bool) -> None:
        if self.property("calm") != calm:
            self.setProperty("calm", calm)
            self.style().unpolish(self)
            self.style().polish(self)

    def dismiss_calm(self) -> None:
        """Put it away unless it is about trouble."""
        if self.isVisible() and self.property("calm"):
            self.dismiss()

    def dismiss(self) -> None:
        """It was read, or no longer holds."""
        self.hide()
        self.dismissed.emit()
