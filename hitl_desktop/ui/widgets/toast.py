"""A short notice over the lower edge of the canvas, with what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

_STAYS_MS = 6000
_MARGIN = 14
_STYLE = """
Toast { background: #22262B; border: 1px solid #5A626C; border-radius: 6px; }
Toast QLabel { color: #F2F4F6; }
Toast QPushButton { color: #9CC2FF; background: transparent; border: none; padding: 5px 10px; font-weight: 600; }
Toast QPushButton:hover { text-decoration: underline; }
"""


class Toast(QFrame):
    """Stays for some seconds, or until it is answered; it never takes the keyboard.

    Signals:
        acted: its button was pressed.
    """

    acted = Signal()

    def __init__(self, over: QWidget, *, row: int = 0, stays: bool = False) -> None:
        """`row` is its place above the lower edge, so that several do not cover each other."""
        super().__init__(over)
        self.setStyleSheet(_STYLE)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._label, self.button = QLabel(), QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self._on_pressed)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 6, 4)
        line.addWidget(self._label)
        line.addWidget(self.button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_STAYS_MS)
        self._timer.timeout.connect(self.hide)
        self._over, self._row, self._stays = over, row, stays
        self.hide()

    def text(self) -> str:
        """The notice."""
        return self._label.text()

    def show_text(self, text: str, action: str = "") -> None:
        """Show a notice in place of the one before."""
        self._label.setText(text)
        self.setAccessibleName(text)
        self.button.setText(action)
        self.button.setVisible(bool(action))
        self._label.setWordWrap(False)
        self.show()
        self._place()
        self.raise_()
        if not self._stays:
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the canvas from now on."""
        self._over.installEventFilter(self)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the canvas alone: a filter costs time at every move of the pointer."""
        self._over.removeEventFilter(self)
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the lower edge when the canvas changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room = self._over.width() - self.button.sizeHint().width() - 3 * _MARGIN
        if self._label.sizeHint().width() > room:
            self._label.setWordWrap(True)
            self._label.setFixedWidth(max(room, 80))
        else:
            self._label.setMinimumWidth(0)
            self._label.setMaximumWidth(room)
        self.adjustSize()
        below = (self._row + 1) * (self.height() + _MARGIN // 2) + _MARGIN // 2
        self.move((self._over.width() - self.width()) // 2, self._over.height() - below)

    def _on_pressed(self) -> None:
        self.hide()
        self.acted.emit()
