"""A category in its list: key, mark, name, and at the right how many boxes it has."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import CONTROL, SPACE

COUNT = Qt.ItemDataRole.UserRole + 1
"""Key, name and number of boxes of a category."""
_KEY_WIDTH = 26


class CategoryDelegate(QStyledItemDelegate):
    """Numbers stand below each other; a long name is shortened, never the number."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        """All rows are equally high."""
        return QSize(120, CONTROL)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one row."""
        known = cast("tuple[str, str, int] | None", index.data(COUNT))
        if known is None:
            super().paint(painter, option, index)
            return
        key, name, count = known
        rect: QRect = option.rect  # type: ignore[attr-defined]
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        theme = colours()
        painter.save()
        if is_chosen:
            painter.fillRect(rect, QColor(theme.selected))
        dim = QColor(theme.on_selected_dim if is_chosen else theme.text_dim)
        inner = rect.adjusted(SPACE[0], 0, -SPACE[1], 0)
        swatch: QIcon = index.data(Qt.ItemDataRole.DecorationRole)
        swatch.paint(painter, QRect(inner.left(), inner.center().y() - 7, 14, 14))
        metrics = painter.fontMetrics()
        number = str(count)
        width = metrics.horizontalAdvance(number)
        painter.setPen(dim)
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
        inner.setLeft(inner.left() + 14 + SPACE[1])
        painter.drawText(
            QRect(inner.left(), inner.top(), _KEY_WIDTH, inner.height()), Qt.AlignmentFlag.AlignVCenter, key
        )
        painter.setPen(QColor(theme.on_selected if is_chosen else theme.text))
        inner.setLeft(inner.left() + (_KEY_WIDTH if key else 0))
        inner.setRight(inner.right() - width - SPACE[1])
        text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
