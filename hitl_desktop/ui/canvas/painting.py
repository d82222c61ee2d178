"""How boxes look."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from hitl_desktop.domain.geometry import BBox, Handle
from hitl_desktop.ui.canvas.items import BoxItem, Kind
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.theme.categories import category_colour, mark_path, text_on

HANDLE_SIZE = 8.0
"""Side of a handle in logical pixels, at any zoom."""

_MAP_SIDE = 150.0
_SMALLEST_MARK = 4.0
_HALO = QColor("#202020")
_BESIDE_POINTER = 12.0


def rect_of(box: BBox) -> QRectF:
    """A box as Qt has it."""
    return QRectF(*box)


def outline(colour: QColor, width: float) -> QPen:
    """A line as thick at any zoom; in pixels of the screen, so a scaled screen needs a wider one."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


def box_pen(kind: Kind, colour: QColor, width: float, ratio: float, *, is_open: bool = False) -> QPen:
    """The line of a box: dashed for a proposal or one that waits for its category, thin and dotted for a
    hint."""
    thickness = (max(width * 0.75, 1.0) if kind is Kind.HINT else width) * ratio
    pen = outline(colour, thickness)
    if kind is Kind.HINT:
        return _dashed(pen, 2 * ratio, 3 * ratio)
    return _dashed(pen, 8 * ratio, 6 * ratio) if kind is Kind.PROPOSAL or is_open else pen


def _dashed(pen: QPen, line: float, gap: float) -> QPen:
    pen.setStyle(Qt.PenStyle.CustomDashLine)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([line / pen.widthF(), gap / pen.widthF()])
    return pen


def halo(kind: Kind, ratio: float, *, strong: bool = False) -> QPen:
    """What keeps a line visible on any image; opaque, for blended lines take ten times as long to paint."""
    return outline(_HALO, ((4.0 if kind is Kind.TRUTH else 2.0) + (1.0 if strong else 0.0)) * ratio)


def paint_strong(painter: QPainter, item: BoxItem, box: BBox) -> None:
    """A box under the pointer or in the hand, over what was painted before; `box` in view pixels."""
    colour = category_colour(item.colour)
    kind = item.key.kind
    painter.setBrush(Qt.BrushStyle.NoBrush)
    ratio = painter.device().devicePixelRatioF()
    painter.setPen(halo(kind, ratio, strong=True))
    painter.drawRect(rect_of(box))
    painter.setPen(box_pen(kind, colour, 3.0, ratio, is_open=item.is_open))
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


_WIDEST_LABEL = 240.0
"""A wider label would seldom find a place; the whole name stands in the lists."""


class Occupied:
    """Which parts of the view hold labels already: a bit for each cell, a number for each row of cells."""

    _CELL = 6.0

    def __init__(self, area: QRectF) -> None:
        self._left, self._top = area.left(), area.top()
        self._rows = [0] * (math.ceil(area.height() / self._CELL) + 2)

    def take(self, x: float, y: float, width: float, height: float) -> bool:
        """Take a place, if it is free."""
        left, right = int((x - self._left) / self._CELL), int((x + width - self._left) / self._CELL)
        top, bottom = (y - self._top) / self._CELL, (y + height - self._top) / self._CELL
        rows = range(max(int(top + 0.3), 0), min(int(bottom - 0.3) + 1, len(self._rows)))
        cells = ((1 << (right - left + 1)) - 1) << max(left, 0)
        for row in rows:
            if self._rows[row] & cells:
                return False
        for row in rows:
            self._rows[row] |= cells
        return True


def label_places(size: tuple[float, float], box: BBox, area: QRectF) -> Iterator[tuple[float, float]]:
    """Where a label can go without covering its box: above, below, to the right, to the left; within the
    view."""
    width, height = size
    x, y, w, h = box
    low, high = area.left(), max(area.right() - width, area.left())
    left, right = min(max(x - 1, low), high), min(max(x + w + 1 - width, low), high)
    yield from ((left, y - height), (right, y - height), (left, y + h), (right, y + h))
    lowest = max(area.bottom() - height, area.top())
    upper, lower = min(max(y, area.top()), lowest), min(max(y + h - height, area.top()), lowest)
    yield from ((x + w, upper), (x + w, lower), (x - width, upper), (x - width, lower))


def label_place(
    size: tuple[float, float], box: BBox, area: QRectF, occupied: Occupied | None = None
) -> tuple[float, float] | None:
    """The left upper corner of the first place for a label that lies in the view and is free; None without
    one."""
    width, height = size
    right, bottom = area.right() - width, area.bottom() - height
    for x, y in label_places(size, box, area):
        if (
            area.left() <= x <= right
            and area.top() <= y <= bottom
            and (occupied is None or occupied.take(x, y, width, height))
        ):
            return x, y
    return None


@lru_cache(maxsize=1000)
def label_pixmap(text: str, category: int, colour: str, ratio: float) -> QPixmap:
    """A word and its category's mark on a patch of its colour, for a screen with so many pixels to the
    point."""
    font = QFont()
    font.setPointSizeF(9.0)
    font.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, _WIDEST_LABEL)
    mark = metrics.height() * 0.6
    size = QSizeF(metrics.horizontalAdvance(text) + mark + 12, metrics.height() + 2)
    pixmap = QPixmap((size * ratio).toSize())
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    background = QColor(colour)
    background.setAlpha(235)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(background)
    painter.drawRoundedRect(QRectF(QPointF(0, 0), size), 2, 2)
    ink = text_on(QColor(colour))
    painter.fillPath(mark_path(category, QRectF(4, (size.height() - mark) / 2, mark, mark)), ink)
    painter.setFont(font)
    painter.setPen(ink)
    rest = QRectF(mark + 8, 0, size.width() - mark - 8, size.height())
    painter.drawText(rest, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
    painter.end()
    return pixmap


def paint_label(
    painter: QPainter,
    text: str,
    category: int,
    box: BBox,
    area: QRectF,
    occupied: Occupied | None = None,
    colour: QColor | None = None,
) -> bool:
    """The label of a box given in view pixels, if it finds a place; what it names is not covered."""
    if not text:
        return True
    ground = colour or category_colour(category)
    pixmap = label_pixmap(text, category, ground.name(), painter.device().devicePixelRatioF())
    size = pixmap.deviceIndependentSize()
    place = label_place((size.width(), size.height()), box, area, occupied)
    if place is not None:
        painter.drawPixmap(QPointF(*place), pixmap)
    return place is not None


def paint_read_out(painter: QPainter, text: str, category: int, box: BBox, area: QRectF) -> None:
    """The size of a box that is being drawn or changed; inside of it if there is no room elsewhere."""
    if not paint_label(painter, text, category, box, area):
        inner = QRectF(*box).intersected(area).adjusted(4, 4, -4, -4)
        paint_label(painter, text, category, BBox(inner.x(), inner.y(), inner.width(), 0), area)


def paint_cross(painter: QPainter, point: QPointF, area: QRectF, text: str, category: int) -> None:
    """Thin lines through the pointer in the colour of the next box, with its category, for drawing to the
    pixel."""
    colour = category_colour(category)
    colour.setAlpha(150)
    painter.fillRect(QRectF(point.x(), area.top(), 1, area.height()), colour)  # a third of the time of a line
    painter.fillRect(QRectF(area.left(), point.y(), area.width(), 1), colour)
    if text:
        pixmap = label_pixmap(
            f"+ {text}", category, category_colour(category).name(), painter.device().devicePixelRatioF()
        )
        size = pixmap.deviceIndependentSize()
        x = min(point.x() + _BESIDE_POINTER, area.right() - size.width())
        y = min(point.y() + _BESIDE_POINTER, area.bottom() - size.height())
        painter.drawPixmap(QPointF(x, y), pixmap)


def paint_band(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    """The area that is being selected."""
    tint = QColor(colour)
    tint.setAlpha(40)
    painter.fillRect(rect, tint)
    painter.setPen(QPen(colour, 1, Qt.PenStyle.DotLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect)


def paint_place(painter: QPainter, view: BBox, colour: QColor) -> None:
    """Where something rather should be: seen on any image, and unlike a box that is there."""
    ratio = painter.device().devicePixelRatioF()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(outline(_HALO, 4 * ratio))
    painter.drawRect(rect_of(view))
    painter.setPen(_dashed(outline(colour.lighter(140), 2 * ratio), 4 * ratio, 4 * ratio))
    painter.drawRect(rect_of(view))


def paint_grid(painter: QPainter, viewport: Viewport, image: tuple[int, int], area: QRectF) -> None:
    """Lines between the image's pixels."""
    left, top = (max(int(v), 0) for v in viewport.to_image(area.left(), area.top()))
    right, bottom = viewport.to_image(area.right(), area.bottom())
    right, bottom = min(int(right) + 1, image[0]), min(int(bottom) + 1, image[1])
    (x1, y1), (x2, y2) = viewport.to_view(left, top), viewport.to_view(right, bottom)
    painter.save()
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)  # seen on any colour
    painter.setPen(QPen(QColor(50, 50, 50), 1))
    painter.drawLines(
        [QLineF(x, y1, x, y2) for x in (viewport.to_view(n, 0)[0] for n in range(left, right + 1))]
    )
    painter.drawLines(
        [QLineF(x1, y, x2, y) for y in (viewport.to_view(0, n)[1] for n in range(top, bottom + 1))]
    )
    painter.restore()


def map_place(viewport: Viewport, size: tuple[int, int], area: QRectF) -> QRectF | None:
    """Where the small map lies in a view: its lower right corner; None if the whole image is in view."""
    left, top = viewport.to_image(area.left(), area.top())
    right, bottom = viewport.to_image(area.right(), area.bottom())
    if left <= 0 and top <= 0 and right >= size[0] and bottom >= size[1]:
        return None
    scale = _MAP_SIDE / max(size)
    width, height = size[0] * scale, size[1] * scale
    return QRectF(area.right() - width - 10, area.bottom() - height - 10, width, height)


def paint_map(
    painter: QPainter, image: QImage, viewport: Viewport, size: tuple[int, int], area: QRectF
) -> None:
    """The whole image, small, with the part in view marked, however small it is; nothing if all is in
    view."""
    place = map_place(viewport, size, area)
    if place is None:
        return
    left, top = viewport.to_image(area.left(), area.top())
    right, bottom = viewport.to_image(area.right(), area.bottom())
    scale = place.width() / size[0]
    painter.save()
    painter.setOpacity(0.85)
    painter.drawImage(place, image)
    painter.setOpacity(1.0)
    painter.setBrush(Qt.BrushStyle.NoBrush)  # the handles' brush would paint the map over
    painter.setPen(QPen(QColor("#202020"), 1))
    painter.drawRect(place)
    part = QRectF(
        place.x() + left * scale, place.y() + top * scale, (right - left) * scale, (bottom - top) * scale
    )
    painter.setPen(QPen(QColor("#FFFFFF"), 1.5))
    part = part.intersected(place)
    if min(part.width(), part.height()) < _SMALLEST_MARK:
        half = _SMALLEST_MARK / 2
        part = QRectF(part.center() - QPointF(half, half), QSizeF(2 * half, 2 * half))
    painter.drawRect(part)
    painter.restore()
