"""How boxes look."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from hitl_desktop.domain.geometry import BBox, Handle
from hitl_desktop.ui.canvas.items import BoxItem, Kind
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.theme import category_colour, text_on

HANDLE_SIZE = 8.0
"""Side of a handle in logical pixels, at any zoom."""

_SMALLEST_WITH_LABEL = 18.0
_MOST_LABELS = 300
_HALO = QColor(0, 0, 0, 150)


def rect_of(box: BBox) -> QRectF:
    """A box as Qt has it."""
    return QRectF(*box)


def paint_boxes(
    painter: QPainter,
    items: Sequence[BoxItem],
    viewport: Viewport,
    area: QRectF,
    *,
    selected: BoxItem | None,
    hovered: BoxItem | None,
    labels: bool = True,
) -> None:
    """Boxes in view, then their labels, then the selected box with its handles on top."""
    visible = [
        (item, box)
        for item in items
        if rect_of(box := viewport.box_to_view(item.bbox)).adjusted(-1, -1, 1, 1).intersects(area)
    ]
    for item, box in visible:
        if selected is None or item.key != selected.key:
            _paint_outline(painter, item, box, strong=hovered is not None and item.key == hovered.key)
    if labels:
        big = [(i, b) for i, b in visible if min(b.w, b.h) >= _SMALLEST_WITH_LABEL]
        for item, box in big[:_MOST_LABELS]:
            paint_label(painter, item.label, category_colour(item.colour), box, area)
    if selected is not None:
        box = viewport.box_to_view(selected.bbox)
        _paint_outline(painter, selected, box, strong=True)
        paint_label(painter, selected.label, category_colour(selected.colour), box, area)
        _paint_handles(painter, box, category_colour(selected.colour))


def _paint_outline(painter: QPainter, item: BoxItem, box: BBox, *, strong: bool) -> None:
    colour = category_colour(item.colour)
    width = 3.0 if strong else 2.0
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if item.key.kind is Kind.TRUTH:
        painter.setPen(QPen(_HALO, width + 2))
        painter.drawRect(rect_of(box))
        painter.setPen(QPen(colour, width))
    else:
        painter.setPen(QPen(_HALO, width))
        painter.drawRect(rect_of(box))
        painter.setPen(QPen(colour, width, Qt.PenStyle.CustomDashLine))
        pen = painter.pen()
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
    painter.drawRect(rect_of(box))
    if strong:
        tint = QColor(colour)
        tint.setAlpha(36)
        painter.fillRect(rect_of(box), tint)


def _paint_handles(painter: QPainter, box: BBox, colour: QColor) -> None:
    painter.setPen(QPen(QColor("#101010"), 1))
    painter.setBrush(colour)
    for handle in Handle:
        x, y = handle.point(box)
        painter.drawRect(QRectF(x - HANDLE_SIZE / 2, y - HANDLE_SIZE / 2, HANDLE_SIZE, HANDLE_SIZE))


def label_rect(size: tuple[float, float], box: BBox, area: QRectF) -> QRectF:
    """Where a label goes: above its box, else below it, else inside its top; never beyond the view."""
    width, height = size
    left = min(max(box.x - 1, area.left()), max(area.right() - width, area.left()))
    if box.y - height >= area.top():
        top = box.y - height
    elif box.bottom + height <= area.bottom():
        top = box.bottom
    else:
        top = max(box.y, area.top())
    return QRectF(left, top, width, height)


def paint_label(painter: QPainter, text: str, colour: QColor, box: BBox, area: QRectF) -> None:
    """A word on a patch of its category's colour."""
    if not text:
        return
    font = QFont(painter.font())
    font.setPointSizeF(9.0)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    rect = label_rect((metrics.horizontalAdvance(text) + 8, metrics.height() + 2), box, area)
    background = QColor(colour)
    background.setAlpha(225)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(background)
    painter.drawRoundedRect(rect, 2, 2)
    painter.setPen(text_on(colour))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def paint_cross(painter: QPainter, point: QPointF, area: QRectF) -> None:
    """Thin lines through the pointer, for drawing to the pixel."""
    painter.setPen(QPen(QColor(255, 255, 255, 90), 1))
    painter.drawLine(QPointF(point.x(), area.top()), QPointF(point.x(), area.bottom()))
    painter.drawLine(QPointF(area.left(), point.y()), QPointF(area.right(), point.y()))
