"""Paints the rows of a `ButtonList`: their ground, their buttons, the line around the one with the keyboard."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hitl_desktop.ui.theme.icons import tinted
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import RADIUS_CHIP, SPACE, Colours
from hitl_desktop.ui.widgets.row_buttons import SIDE, ButtonList, RowButton

Index = QModelIndex | QPersistentModelIndex
_ICON: Final = 16


class RowDelegate(QStyledItemDelegate):
    """Paints the ground of a row and its buttons; what else a row shows, `paint_row` paints."""

    height = SIDE

    def __init__(self, view: ButtonList) -> None:
        super().__init__(view)
        self._view = view
        view.setItemDelegate(self)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        """All rows are equally high."""
        return QSize(120, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        theme = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_chosen:
            painter.fillRect(rect, QColor(theme.selected))
        places = self._view.button_places(index)
        for button, place in places:
            _paint_button(painter, button, place, theme, is_chosen=is_chosen)
        text = QColor(theme.on_selected if is_chosen else theme.text)
        dim = QColor(theme.on_selected_dim if is_chosen else theme.text_dim)
        inner = rect.adjusted(SPACE[0], 0, -SPACE[1], 0)
        tail = inner.adjusted(inner.width() - self._view.tail, 0, 0, 0)
        self.paint_tail(painter, tail, index, dim)
        inner.setRight(places[0][1].left() - SPACE[0] if places else tail.left())
        self.paint_row(painter, inner, index, text, dim)
        painter.setPen(QColor(theme.accent))
        if index == self._view.currentIndex() and self._view.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def paint_tail(self, painter: QPainter, tail: QRect, index: Index, dim: QColor) -> None:
        """Paint what stands at the right of the buttons; nothing as a rule."""

    def paint_row(self, painter: QPainter, inner: QRect, index: Index, text: QColor, dim: QColor) -> None:
        """Paint what a row shows into the room that its buttons leave."""
        raise NotImplementedError


def draw_right(painter: QPainter, inner: QRect, text: str, colour: QColor) -> None:
    """Write something at the right end; what is left of it stays in `inner`."""
    if text:
        painter.setPen(colour)
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        inner.setRight(inner.right() - painter.fontMetrics().horizontalAdvance(text) - SPACE[1])


def draw_name(painter: QPainter, inner: QRect, text: str, colour: QColor) -> None:
    """Write as much of a name as there is room for; its beginning and its end stay."""
    painter.setPen(colour)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, shown)


def _paint_button(
    painter: QPainter, button: RowButton, place: QRect, theme: Colours, *, is_chosen: bool
) -> None:
    colour = theme.on_selected if is_chosen else theme.text
    painter.setPen(QColor(theme.border))
    painter.setBrush(QColor(theme.raised))
    if button.text:
        painter.drawRoundedRect(place.adjusted(1, 2, -1, -2), RADIUS_CHIP, RADIUS_CHIP)
        painter.setPen(QColor(theme.text))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, button.text)
        return
    icon = QRect(0, 0, _ICON, _ICON)
    icon.moveCenter(place.center())
    painter.drawPixmap(icon, tinted(button.icon, colour, _ICON))
