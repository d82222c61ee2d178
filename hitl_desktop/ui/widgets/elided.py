"""A label and a button that shorten their text instead of widening the window."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOptionToolButton, QStylePainter, QToolButton


class ElidedLabel(QLabel):
    """As wide as there is room; the whole text is in its tool tip and its accessible name."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        """Show a text."""
        super().setText(text)
        self.setAccessibleName(text)
        self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """It can be as narrow as it has to."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """As much of the text as there is room for; file names keep their ends."""
        painter = QPainter(self)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        painter.setPen(self.palette().windowText().color())
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)


class ElidedButton(QToolButton):
    """As wide as there is room; the whole text is in its accessible name, and in its tool tip if it has no
    other."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:
        """Show a text."""
        super().setText(text)
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        """It can be as narrow as it has to."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """As much of the text as there is room for."""
        option = QStyleOptionToolButton()
        self.initStyleOption(option)
        metrics, text = self.fontMetrics(), self.text()
        room = self.width() - (self.sizeHint().width() - metrics.horizontalAdvance(text))
        option.text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)  # type: ignore[attr-defined]
        QStylePainter(self).drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
