"""The canvas: shows a picture and its boxes, and turns hands into boxes. It knows nothing of projects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QCursor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.geometry import MIN_SIDE, BBox, Handle
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Hit, in_order_of_doubt
from hitl_desktop.ui.canvas.layer import BoxLayer
from hitl_desktop.ui.canvas.painting import (
    HANDLE_SIZE,
    paint_cross,
    paint_handles,
    paint_label,
    paint_strong,
    rect_of,
)
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.theme import category_colour

_DRAG_STARTS = 4.0
_WHEEL_STEP = 1.2
_CENTRED = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_CURSORS = {
    (0, -1): Qt.CursorShape.SizeVerCursor,
    (0, 1): Qt.CursorShape.SizeVerCursor,
    (-1, 0): Qt.CursorShape.SizeHorCursor,
    (1, 0): Qt.CursorShape.SizeHorCursor,
    (-1, -1): Qt.CursorShape.SizeFDiagCursor,
    (1, 1): Qt.CursorShape.SizeFDiagCursor,
    (1, -1): Qt.CursorShape.SizeBDiagCursor,
    (-1, 1): Qt.CursorShape.SizeBDiagCursor,
}


@dataclass(slots=True)
class _Drag:
    """A press that has not ended: where it began, what it took, and whether it has become a drag."""

    start: QPointF
    target: Hit | None
    draws: bool
    pans: bool = False
    moving: bool = False


class Canvas(QWidget):
    """A picture with boxes.

    A drag draws a box, unless it starts on the selected box (moves it) or on one of its handles (resizes it); a click
    selects. The wheel zooms at the pointer, the middle button or `Space` pans.

    Signals:
        drawn: a new box was drawn.
        changed: the box with this key was moved or resized.
        selection_changed: another box is selected, or none.
    """

    drawn = Signal(BBox)
    changed = Signal(BoxKey, BBox)
    selection_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 240)
        self.setAccessibleName("Picture")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport = Viewport()
        self._layer = BoxLayer()
        self._still: tuple[object, QPixmap] | None = None
        self.next_label = ""
        self.next_colour = 0
        self.placeholder = ""
        self._levels: list[QImage] = []
        self._size = (0, 0)
        self._selected: BoxKey | None = None
        self._hovered: BoxItem | None = None
        self._drag: _Drag | None = None
        self._draft: BBox | None = None
        self._pending: BBox | None = None
        self._pointer: QPointF | None = None
        self._space_held = False
        self._hidden = False
        self._fitted = True

    # what is shown

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of the picture, 0 when there is none."""
        return self._size

    @property
    def items(self) -> list[BoxItem]:
        """The boxes, in the order in which they are painted."""
        return self._layer.items

    @property
    def has_picture(self) -> bool:
        """Whether pixels are shown."""
        return bool(self._levels)

    def show_picture(self, levels: Sequence[QImage], size: tuple[int, int]) -> None:
        """Show a picture: the same pixels at full size, half, quarter ...; no levels show the placeholder text."""
        self._levels, self._size = list(levels), size
        self._still = None
        self._drag = self._draft = self._pending = self._hovered = None
        self.fit()
        self.update()

    def show_items(self, items: Sequence[BoxItem]) -> None:
        """Show these boxes; the selection stays if its box is still among them."""
        self._layer = BoxLayer(items)
        self._hovered = None
        if self._selected is not None and self.selected is None:
            self._selected = None
            self.selection_changed.emit()
        self.update()

    def show_pending(self, box: BBox | None) -> None:
        """Show a drawn box that still waits for its name."""
        self._pending = box
        self.update()

    @property
    def selected(self) -> BoxItem | None:
        """The selected box."""
        return self._layer.get(self._selected)

    def select(self, key: BoxKey | None) -> None:
        """Select a box."""
        if key != self._selected:
            self._selected = key
            self.selection_changed.emit()
            self.update()

    def select_next(self, step: int = 1) -> None:
        """Select the next box, the most doubtful first; also boxes buried under others."""
        order = in_order_of_doubt(self.items)
        if not order:
            return
        keys = [item.key for item in order]
        current = (
            keys.index(self._selected)
            if self._selected is not None and self._selected in keys
            else (-1 if step > 0 else 0)
        )
        self.select(keys[(current + step) % len(keys)])
        self._bring_into_view()

    def set_hidden(self, hidden: bool) -> None:
        """Hide all boxes, or show them again."""
        self._hidden = hidden
        self.update()

    # view

    def fit(self) -> None:
        """Show the whole picture."""
        self.viewport = Viewport.fitting(self._size, (self.width(), self.height()))
        self._fitted = True
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom at a point of the view, its centre by default."""
        point = at or QPointF(self.width() / 2, self.height() / 2)
        whole = Viewport.fitting(self._size, (self.width(), self.height()))
        self.viewport = self.viewport.zoomed(factor, point.x(), point.y(), farthest=min(whole.scale / 2, 1.0))
        self._fitted = False
        self.update()

    def zoom_to_pixels(self) -> None:
        """One picture pixel to one logical pixel, around the centre."""
        self.zoom(1.0 / self.viewport.scale)

    def _bring_into_view(self) -> None:
        item = self.selected
        if item is None:
            return
        box = self.viewport.box_to_view(item.bbox)
        if not QRectF(self.rect()).intersects(rect_of(box)):
            self.viewport = self.viewport.moved(
                self.width() / 2 - box.x - box.w / 2, self.height() / 2 - box.y - box.h / 2
            )
            self._fitted = False

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take what lies under the pointer."""
        point = event.position()
        if not self.has_picture:
            return
        if event.button() == Qt.MouseButton.MiddleButton or self._space_held:
            self._drag = _Drag(point, None, draws=False, pans=True)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            forced = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            target = None if forced else self._hit(point)
            selected = self.selected
            takes = target is not None and selected is not None and target.item.key == selected.key
            self._drag = _Drag(point, target, draws=not takes)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on drawing, moving, resizing or panning; else tell what would be taken."""
        point = event.position()
        drag = self._drag
        if drag is None:
            self._pointer = point
            self._hover(point)
            self.update()
            return
        if drag.pans:
            delta = point - drag.start
            self.viewport = self.viewport.moved(delta.x(), delta.y())
            self._fitted = False
            drag.start = point
        elif drag.moving or (point - drag.start).manhattanLength() >= _DRAG_STARTS:
            drag.moving = True
            self._draft = self._drafted(drag, point)
        self._pointer = point
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what was begun: a box drawn, changed, or a selection."""
        drag, draft = self._drag, self._draft
        self._drag = self._draft = None
        if drag is None:
            return
        if drag.pans:
            self._show_cursor(event.position())
        elif not drag.moving:
            self.select(drag.target.item.key if drag.target else None)
        elif draft is not None and draft.is_valid():
            if drag.draws:
                self.drawn.emit(draft)
            elif drag.target is not None and draft != drag.target.item.bbox:
                self.changed.emit(drag.target.item.key, draft)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        steps = event.angleDelta().y() / 120
        if steps and self.has_picture:
            self.zoom(_WHEEL_STEP**steps, event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Space` held pans, `H` held hides, arrows nudge, `Escape` gives up a drag or the selection."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif event.key() == Qt.Key.Key_H and not event.modifiers():
            self.set_hidden(True)
        elif event.key() in _ARROWS and self.selected is not None:
            self._nudge(*_ARROWS[Qt.Key(event.key())], event.modifiers())
        elif event.key() == Qt.Key.Key_Escape:
            if self._drag is not None:
                self._drag = self._draft = None
                self.update()
            else:
                self.select(None)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End of `Space` or `H`."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space_held = False
            self.unsetCursor()
        elif event.key() == Qt.Key.Key_H and not event.isAutoRepeat():
            self.set_hidden(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys held down are let go."""
        self._space_held = False
        self.set_hidden(False)
        super().focusOutEvent(event)

    def _nudge(self, dx: int, dy: int, modifiers: Qt.KeyboardModifier) -> None:
        """Move the selected box by one pixel, with Shift by ten."""
        item, step = self.selected, 10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
        if item is not None:
            moved = item.bbox.moved(dx * step, dy * step, *self._size)
            if moved != item.bbox:
                self.changed.emit(item.key, moved)

    def leaveEvent(self, event: object) -> None:  # noqa: ARG002
        """No crosshair outside."""
        self._pointer = None
        self._hovered = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: paint anew."""
        if event.type() == QEvent.Type.PaletteChange:
            self._still = None
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted picture fitted."""
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def _picture_point(self, point: QPointF) -> tuple[float, float]:
        return self.viewport.to_picture(point.x(), point.y())

    def _hit(self, point: QPointF) -> Hit | None:
        if self._hidden:
            return None
        x, y = self._picture_point(point)
        return self._layer.hit(self.selected, x, y, HANDLE_SIZE / self.viewport.scale)

    def _hover(self, point: QPointF) -> None:
        found = self._hit(point) if self.has_picture else None
        self._hovered = found.item if found else None
        self._show_cursor(point, found)

    def _show_cursor(self, point: QPointF, found: Hit | None = None) -> None:
        found = found or (self._hit(point) if self.has_picture else None)
        if self._space_held:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif found is not None and found.handle is not None:
            self.setCursor(QCursor(_CURSORS[found.handle.value]))
        elif found is not None and found.item.key == self._selected:
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)

    def _drafted(self, drag: _Drag, point: QPointF) -> BBox:
        """The box as the drag would leave it, clipped to the picture."""
        (x1, y1), (x2, y2) = self._picture_point(drag.start), self._picture_point(point)
        width, height = self._size
        if drag.draws or drag.target is None:
            return BBox.from_corners(x1, y1, x2, y2).clipped(width, height)
        box, handle = drag.target.item.bbox, drag.target.handle
        if handle is None:
            return box.moved(x2 - x1, y2 - y1, width, height)
        return _resized(box, handle, x2 - x1, y2 - y1).clipped(width, height)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Picture, boxes, what is being drawn."""
        painter = QPainter(self)
        if not self.has_picture:
            painter.fillRect(self.rect(), self.palette().dark())
            painter.setPen(self.palette().brightText().color())
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), _CENTRED, self.placeholder)
            return
        area = QRectF(self.rect())
        painter.drawPixmap(0, 0, self._still_part())
        if not self._hidden:
            self._paint_in_hand(painter, area)
        self._paint_draft(painter, area)

    def _still_part(self) -> QPixmap:
        """Picture and boxes as they are while the pointer only moves: painted once, kept until one of them changes."""
        changes = self._drag is not None and self._drag.moving and not self._drag.draws
        taken = self._selected if changes else None
        ratio = self.devicePixelRatioF()
        key = (self._layer, self.viewport, self.size(), ratio, self._hidden, taken)
        if self._still is not None and self._still[0] == key:
            return self._still[1]
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self.palette().shadow().color())
        painter = QPainter(pixmap)
        self._paint_picture(painter)
        if not self._hidden:
            self._layer.paint(painter, self.viewport, QRectF(self.rect()), without=taken)
        painter.end()
        self._still = (key, pixmap)
        return pixmap

    def _paint_in_hand(self, painter: QPainter, area: QRectF) -> None:
        """The box under the pointer, and the selected one with its handles."""
        selected, hovered = self.selected, self._hovered
        if hovered is not None and (selected is None or hovered.key != selected.key):
            paint_strong(painter, hovered, self.viewport.box_to_view(hovered.bbox))
        if selected is not None:
            if self._draft is not None and self._drag is not None and not self._drag.draws:
                selected = selected._replace(bbox=self._draft)
            box, colour = self.viewport.box_to_view(selected.bbox), category_colour(selected.colour)
            paint_strong(painter, selected, box)
            paint_label(painter, selected.label, colour, box, area)
            paint_handles(painter, box, colour)

    def _paint_picture(self, painter: QPainter) -> None:
        """The smallest level that is still sharp, only the part in view; nearest pixels from 200 % up."""
        wanted = self.viewport.scale * self.devicePixelRatioF()
        level = 0
        while level + 1 < len(self._levels) and wanted <= 0.5 ** (level + 1):
            level += 1
        image = self._levels[level]
        left, top = self.viewport.to_picture(0, 0)
        right, bottom = self.viewport.to_picture(self.width(), self.height())
        part = QRectF(QPointF(left, top), QPointF(right, bottom)).intersected(QRectF(0, 0, *self._size))
        if part.isEmpty():
            return
        x, y = self.viewport.to_view(part.x(), part.y())
        target = QRectF(x, y, part.width() * self.viewport.scale, part.height() * self.viewport.scale)
        sx, sy = image.width() / self._size[0], image.height() / self._size[1]
        source = QRectF(part.x() * sx, part.y() * sy, part.width() * sx, part.height() * sy)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, wanted < 2.0)
        painter.drawImage(target, image, source)

    def _paint_draft(self, painter: QPainter, area: QRectF) -> None:
        drawing = self._drag is not None and self._drag.draws and self._drag.moving
        box = self._draft if drawing else self._pending
        if box is not None:
            view = self.viewport.box_to_view(box)
            colour = category_colour(self.next_colour)
            painter.setPen(colour)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect_of(view))
            paint_label(painter, f"{self.next_label or 'new'}  {box.w:.0f} x {box.h:.0f}", colour, view, area)
        if self._pointer is not None and self._hovered is None and (self._drag is None or drawing):
            paint_cross(painter, self._pointer, area)


def _resized(box: BBox, handle: Handle, dx: float, dy: float) -> BBox:
    """The box after its handle moved by so much; at least `MIN_SIDE` wide and high."""
    x, y = handle.point(box)
    resized = handle.resize(box, x + dx, y + dy)
    return BBox(resized.x, resized.y, max(resized.w, MIN_SIDE), max(resized.h, MIN_SIDE))
