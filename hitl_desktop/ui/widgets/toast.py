"""A short notice over the lower edge of the canvas, with what can be done about it; one at a time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from hitl_desktop.ui.widgets.announce import announce

_STAYS_MS = 6000
_MARGIN = 14
_FILLED = 0.8
"""How full lines are at least that end where a word does."""


class Toast(QFrame):
    """Stays for some seconds, or until it is answered; it never takes the keyboard.

    Of those that share a group one is visible, the newest. One that `stays` gives way to the others and comes
    back.

    Signals:
        acted: its button was pressed.
    """

    acted = Signal()

    def __init__(self, over: QWidget, group: list[Toast], *, stays: bool = False, lift: int = 0) -> None:
        """Stands over the lower edge of `over`, `lift` pixels higher than others."""
        super().__init__(over)
        group.append(self)
        self._group, self.waits, self._text = group, False, ""
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._label, self.button = QLabel(), QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where it is
        self.button.clicked.connect(self._on_pressed)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 6, 4)
        line.addWidget(self._label)
        line.addWidget(self.button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_STAYS_MS)
        self._timer.timeout.connect(self.hide)
        self._back = QTimer(self)
        self._back.setSingleShot(True)
        self._back.setInterval(0)
        self._back.timeout.connect(self._let_another_back)
        self._over, self._stays, self._lift = over, stays, lift
        self.hide()

    def text(self) -> str:
        """The notice."""
        return self._text

    def show_or_hide(self, text: str) -> None:
        """Show a sentence, or none any longer."""
        if text:
            self.show_text(text)
        else:
            self.hide()

    def show_text(self, text: str, action: str = "") -> None:
        """Show a notice in place of the one before."""
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip(text)
        announce(self._over, text)
        self.button.setText(action)
        self.button.setVisible(bool(action))
        others = [other for other in self._group if other is not self and other.isVisible()]
        if self._stays and others:
            self.waits = True
            return
        for other in others:
            other.give_way()
        self.show()
        self._place()
        self.raise_()
        if not self._stays:
            self._timer.start()

    def hide(self) -> None:
        """Put it away for good."""
        self.waits = False
        super().hide()

    def give_way(self) -> None:
        """Put it away for a newer notice."""
        self.waits = self._stays
        super().hide()

    def _let_another_back(self) -> None:
        if not any(toast.isVisible() for toast in self._group):
            for toast in [toast for toast in self._group if toast.waits][:1]:
                toast.show_text(toast.text(), toast.button.text())

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the window from now on."""
        self._over.installEventFilter(self)
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leave the window alone: a filter costs time at every event."""
        self._over.removeEventFilter(self)
        self._back.start()
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep at the lower edge when what is below changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        room = self._over.width() - self.button.sizeHint().width() - 3 * _MARGIN
        metrics = self._label.fontMetrics()
        wanted = metrics.horizontalAdvance(self._text)
        lines = max((self._over.height() - 2 * _MARGIN - self._lift) // metrics.lineSpacing(), 1)
        self._label.setWordWrap(wanted > room)
        self._label.setFixedWidth(max(room, 80) if wanted > room else wanted)
        most = int(lines * max(room, 80) * _FILLED)
        self._label.setText(metrics.elidedText(self._text, Qt.TextElideMode.ElideMiddle, most))
        self.adjustSize()
        left = (self._over.width() - self.width()) // 2
        top = self._over.height() - self.height() - _MARGIN - self._lift
        self.move(left, max(top, 0))

    def _on_pressed(self) -> None:
        self.hide()
        self.acted.emit()
