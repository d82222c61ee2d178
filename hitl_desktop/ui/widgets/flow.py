"""Controls in a row that goes on in the next line where the window is narrow."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QLayout, QLayoutItem

from hitl_desktop.ui.theme.tokens import SPACE

_LEAST_TEXT = 240


class FlowLayout(QLayout):
    """Lines of widgets from left to right, each as wide as it wants to be."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(SPACE[1])

    def addItem(self, item: QLayoutItem) -> None:
        """Add one at the end."""
        self._items.append(item)

    def count(self) -> int:
        """How many there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """One of them."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """Take one out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Nothing grows."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """More lines where it is narrow."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all lines."""
        return self._place(QRect(0, 0, width, 0), moves=False)

    def sizeHint(self) -> QSize:
        """One line."""
        shown = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in shown) + self.spacing() * max(len(shown) - 1, 0)
        return QSize(width, max((size.height() for size in shown), default=0))

    def minimumSize(self) -> QSize:
        """The widest of them."""
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def setGeometry(self, rect: QRect) -> None:
        """Put them there."""
        super().setGeometry(rect)
        self._place(rect, moves=True)

    def _place(self, rect: QRect, *, moves: bool) -> int:
        """Put them into lines of a width, each in the middle of its line, and return the height that takes."""
        x, y, line = rect.x(), rect.y(), list[tuple[QLayoutItem, QRect]]()
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            size.setWidth(min(size.width(), max(rect.width(), item.minimumSize().width())))
            if line and x + size.width() > rect.right() + 1:
                y += _end_line(line, moves=moves) + self.spacing()
                x, line = rect.x(), []
            line.append((item, QRect(QPoint(x, y), size)))
            x += size.width() + self.spacing()
        return y + _end_line(line, moves=moves) - rect.y()


def _end_line(line: list[tuple[QLayoutItem, QRect]], *, moves: bool) -> int:
    """Put the items of a line in its middle, and return its height."""
    height = max((place.height() for _, place in line), default=0)
    for item, place in line if moves else ():
        item.setGeometry(place.translated(0, (height - place.height()) // 2))
    return height


def stack_where_narrow(row: QBoxLayout, width: int) -> None:
    """Put what stands beside a text, the first of the row, below it where the text would have little room."""
    beside = [
        item for n in range(1, row.count()) if (item := row.itemAt(n)) is not None and not item.isEmpty()
    ]
    margins = row.contentsMargins()
    room = width - margins.left() - margins.right()
    room -= sum(item.sizeHint().width() + row.spacing() for item in beside)
    is_narrow = room < _LEAST_TEXT
    row.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)
    owner = row.parentWidget()
    if owner is not None:
        owner.setMinimumHeight(row.totalHeightForWidth(width))
