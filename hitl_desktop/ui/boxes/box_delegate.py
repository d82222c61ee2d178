"""The rows of the list of boxes as they are painted."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from hitl_desktop.ui.boxes.box_model import BoxModel, detail_of, key_of, words_of
from hitl_desktop.ui.boxes.box_order import Box, BoxGroup
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.theme.categories import swatch
from hitl_desktop.ui.theme.icons import tinted
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.row_delegate import RowDelegate, draw_name, draw_right

Index = QModelIndex | QPersistentModelIndex
_CHEVRON, _MARK = 12, 14
_LINES = {
    Kind.TRUTH: Qt.PenStyle.SolidLine,
    Kind.PROPOSAL: Qt.PenStyle.DashLine,
    Kind.HINT: Qt.PenStyle.DotLine,
}


class BoxDelegate(RowDelegate):
    """A group: chevron, mark, name, how many own boxes and suggestions; a box: its outline as on the canvas,
    where it is from, a number."""

    def paint_row(self, painter: QPainter, inner: QRect, index: Index, text: QColor, dim: QColor) -> None:
        """Paint what a row shows."""
        model = cast("BoxModel", index.model())
        row = model.row(index.row())
        if isinstance(row, BoxGroup):
            self._paint_group(painter, inner, row, (text, dim), is_folded=model.is_folded(row))
        elif row is not None:
            self._paint_box(painter, inner, row, detail_of(row, model.order), (text, dim))

    def _paint_group(
        self,
        painter: QPainter,
        inner: QRect,
        group: BoxGroup,
        pens: tuple[QColor, QColor],
        *,
        is_folded: bool,
    ) -> None:
        middle = inner.center().y() + 1
        chevron = tinted("chevron-right" if is_folded else "chevron-down", pens[1].name(), _CHEVRON)
        painter.drawPixmap(inner.left(), middle - _CHEVRON // 2, chevron)
        inner.setLeft(inner.left() + _CHEVRON + SPACE[0])
        if group.category_id is not None:
            place = QRect(inner.left(), middle - _MARK // 2, _MARK, _MARK)
            swatch(group.category_id).paint(painter, place)
            inner.setLeft(inner.left() + _MARK + SPACE[1])
        if group.others:
            draw_right(painter, inner, str(group.others), pens[1])
            _draw_outline(painter, inner.right() - _MARK, inner, key_of(group.boxes[-1]).kind, pens[1])
            inner.setRight(inner.right() - _MARK - SPACE[1])
        if group.own:
            draw_right(painter, inner, str(group.own), pens[1])
            if group.others:
                _draw_outline(painter, inner.right() - _MARK, inner, Kind.TRUTH, pens[1])
                inner.setRight(inner.right() - _MARK - SPACE[1])
        font = painter.font()
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        draw_name(painter, inner, group.name, pens[0])

    def _paint_box(
        self, painter: QPainter, inner: QRect, box: Box, detail: str, pens: tuple[QColor, QColor]
    ) -> None:
        inner.setLeft(inner.left() + SPACE[1])
        _draw_outline(painter, inner.left(), inner, key_of(box).kind, pens[1])
        inner.setLeft(inner.left() + _MARK + SPACE[0])
        draw_right(painter, inner, detail, pens[1])
        draw_name(painter, inner, words_of(box), pens[0])


def _draw_outline(painter: QPainter, left: int, row: QRect, kind: Kind, colour: QColor) -> None:
    """A small box with the line that such boxes have on the canvas."""
    painter.setPen(QPen(colour, 1.5, _LINES[kind]))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(left + 1, row.center().y() - 3.5, 11, 9))
