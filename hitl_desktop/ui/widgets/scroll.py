"""What scrolls where there is too little room for it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class Scroll(QScrollArea):
    """Scrolls a widget up and down, and sideways only where that is wanted; otherwise it is never narrower
    than the widget can be."""

    def __init__(self, widget: QWidget | None = None, *, sideways: bool = False) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if not sideways:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._sideways, self._least = sideways, 0
        if widget is not None:
            self._least = widget.minimumWidth()
            widget.setMinimumWidth(0)  # the scroll bar may take some of it
            self.setWidget(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The widget may need more room, or less, than before."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """All of the widget."""
        widget = self.widget()
        return super().sizeHint() if widget is None else widget.sizeHint()

    def hasHeightForWidth(self) -> bool:
        """Whether the widget has a height of its own at each width, as wrapped texts do."""
        widget = self.widget()
        return widget is not None and widget.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        """All of the widget."""
        widget = self.widget()
        return -1 if widget is None else widget.heightForWidth(width)

    def minimumSizeHint(self) -> QSize:
        """Some lines of it."""
        least, widget = super().minimumSizeHint(), self.widget()
        if widget is None or self._sideways:
            return least
        width = widget.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(max(width, self._least), least.height())
