"""How boxes look."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from hitl_desktop.domain.geometry import BBox, Handle
from hitl_desktop.ui.canvas.items import BoxItem, Kind
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.theme import category_colour, text_on

HANDLE_SIZE = 8.0
"""Side of a handle in logical pixels, at any zoom."""

_MAP_SIDE = 150.0
_HALO = QColor("#202020")


def rect_of(box: BBox) -> QRectF:
    """A box as Qt has it."""
    return QRectF(*box)


def outline(colour: QColor, width: float) -> QPen:
    """A line as thick at any zoom."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


def dashed(pen: QPen) -> QPen:
    """The line of a proposal."""
    pen.setStyle(Qt.PenStyle.CustomDashLine)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([8 / pen.widthF(), 6 / pen.widthF()])
    return pen


def halo(kind: Kind, *, strong: bool = False) -> QPen:
    """What keeps a line visible on any picture; opaque, for blended lines take ten times as long to paint."""
    return outline(_HALO, (4.0 if kind is Kind.TRUTH else 2.0) + (1.0 if strong else 0.0))


def paint_strong(painter: QPainter, item: BoxItem, box: BBox) -> None:
    """A box under the pointer or in the hand, over what was painted before; `box` in view pixels."""
    colour = category_colour(item.colour)
    kind = item.key.kind
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(halo(kind, strong=True))
    painter.drawRect(rect_of(box))
    pen = outline(colour, 3.0)
    painter.setPen(dashed(pen) if kind is Kind.PROPOSAL else pen)
    painter.drawRect(rect_of(box))
    tint = QColor(colour)
    tint.setAlpha(36)
    painter.fillRect(rect_of(box), tint)


def paint_handles(painter: QPainter, box: BBox, colour: QColor) -> None:
    """The eight points by which a box is resized."""
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


@lru_cache(maxsize=1000)
def label_pixmap(text: str, colour: str, ratio: float) -> QPixmap:
    """A word on a patch of its category's colour, for a screen with so many pixels to the point."""
    font = QFont()
    font.setPointSizeF(9.0)
    font.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    size = QSizeF(metrics.horizontalAdvance(text) + 8, metrics.height() + 2)
    pixmap = QPixmap((size * ratio).toSize())
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    background = QColor(colour)
    background.setAlpha(225)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(background)
    rect = QRectF(QPointF(0, 0), size)
    painter.drawRoundedRect(rect, 2, 2)
    painter.setFont(font)
    painter.setPen(text_on(QColor(colour)))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return pixmap


def paint_label(painter: QPainter, text: str, colour: QColor, box: BBox, area: QRectF) -> None:
    """The label of a box given in view pixels."""
    if text:
        pixmap = label_pixmap(text, colour.name(), painter.device().devicePixelRatioF())
        size = pixmap.deviceIndependentSize()
        painter.drawPixmap(label_rect((size.width(), size.height()), box, area).topLeft(), pixmap)


def paint_cross(painter: QPainter, point: QPointF, area: QRectF) -> None:
    """Thin lines through the pointer, for drawing to the pixel."""
    painter.setPen(QPen(QColor(255, 255, 255, 90), 1))
    painter.drawLine(QPointF(point.x(), area.top()), QPointF(point.x(), area.bottom()))
    painter.drawLine(QPointF(area.left(), point.y()), QPointF(area.right(), point.y()))


def paint_band(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    """The area that is being selected."""
    tint = QColor(colour)
    tint.setAlpha(40)
    painter.fillRect(rect, tint)
    painter.setPen(QPen(colour, 1, Qt.PenStyle.DotLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect)


def paint_grid(painter: QPainter, viewport: Viewport, picture: tuple[int, int], area: QRectF) -> None:
    """Lines between the picture's pixels."""
    left, top = (max(int(v), 0) for v in viewport.to_picture(area.left(), area.top()))
    right, bottom = viewport.to_picture(area.right(), area.bottom())
    right, bottom = min(int(right) + 1, picture[0]), min(int(bottom) + 1, picture[1])
    (x1, y1), (x2, y2) = viewport.to_view(left, top), viewport.to_view(right, bottom)
    painter.save()
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)  # seen on any colour
    painter.setPen(QPen(QColor(50, 50, 50), 1))
    painter.drawLines([QLineF(x, y1, x, y2) for x in (viewport.to_view(n, 0)[0] for n in range(left, right + 1))])
    painter.drawLines([QLineF(x1, y, x2, y) for y in (viewport.to_view(0, n)[1] for n in range(top, bottom + 1))])
    painter.restore()


def paint_map(painter: QPainter, picture: QImage, viewport: Viewport, size: tuple[int, int], area: QRectF) -> None:
    """The whole picture, small, in the lower right corner, with the part in view marked; nothing if all is in view."""
    left, top = viewport.to_picture(area.left(), area.top())
    right, bottom = viewport.to_picture(area.right(), area.bottom())
    if left <= 0 and top <= 0 and right >= size[0] and bottom >= size[1]:
        return
    scale = _MAP_SIDE / max(size)
    width, height = size[0] * scale, size[1] * scale
    place = QRectF(area.right() - width - 10, area.bottom() - height - 10, width, height)
    painter.save()
    painter.setOpacity(0.85)
    painter.drawImage(place, picture)
    painter.setOpacity(1.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)  # the handles' brush would paint the map over
    painter.setPen(QPen(QColor("#202020"), 1))
    painter.drawRect(place)
    part = QRectF(place.x() + left * scale, place.y() + top * scale, (right - left) * scale, (bottom - top) * scale)
    painter.setPen(QPen(QColor("#FFFFFF"), 1.5))
    painter.drawRect(part.intersected(place))
    painter.restore()
