"""What mouse and keys do on a canvas: draw, move, resize, select, pan. It keeps what has not ended yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QCursor

from hitl_desktop.domain.geometry import MIN_SIDE, BBox, Handle, nearest_corner, on_border
from hitl_desktop.ui.canvas.items import BoxKey, Hit, Kind

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from hitl_desktop.ui.canvas.canvas import Canvas

_DRAG_STARTS = 4.0
_BORDER = 4.0
_SNAPS = 5.0
_FIRST_SIDE = 80.0
_PAN_STEP = 20.0
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
    """A press that has not ended: where it began, what it took, and what it does once it moves."""

    start: QPointF
    target: Hit | None
    does: str  # draws, changes, selects, pans or goes (where the small map says)
    moving: bool = False
    follows: bool = False  # without a button, until the next click
    button: Qt.MouseButton = Qt.MouseButton.LeftButton


class PointerTool:
    """The mouse and keys on one canvas.

    `clicks` is how many clicks draw a box: 0 for drags only, 2 for opposite corners, 4 for the outermost
    points of an object (Papadopoulos et al., ICCV 2017). A drag draws in each case, unless `draws` is off: then
    it moves the box it begins on, or selects the boxes it goes around.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.clicks = 0
        self.draws = True
        self.pointer: QPointF | None = None
        self.space_held = False
        self._drag: _Drag | None = None
        self._points: list[tuple[float, float]] = []
        self._draft: BBox | None = None
        self._keyed = False
        self.moved: Mapping[BoxKey, BBox] = {}

    def use(self, name: str) -> None:
        """Take another tool: with `box` drags draw, with `select`, until it is taken again, they move and select."""
        if name == "select" and not self.draws:
            name = "box"
        self.cancel()
        self.draws = name == "box"
        self._canvas.setCursor(self.cursor(None))
        self._canvas.tool_changed.emit(name)
        self._canvas.update()

    @property
    def draft(self) -> BBox | None:
        """The box that is being drawn."""
        if self._points:
            points = self._points if self.pointer is None else [*self._points, self._at(self.pointer)]
            return _around(points).clipped(*self._canvas.image_size)
        drawing = self._drag is not None and self._drag.does == "draws" and self._drag.moving
        return self._draft if drawing or self._keyed else None

    @property
    def band(self) -> BBox | None:
        """The area that is being selected."""
        selecting = self._drag is not None and self._drag.does == "selects" and self._drag.moving
        return self._draft if selecting else None

    @property
    def is_changing(self) -> bool:
        """Whether the selected boxes are being moved or resized."""
        return self._drag is not None and self._drag.does == "changes" and self._drag.moving

    @property
    def shows_cross(self) -> bool:
        """Whether thin lines through the pointer help: when a box is drawn, or could be."""
        return self.draws and self.hovers

    @property
    def hovers(self) -> bool:
        """Whether what lies under the pointer is shown: not while something is moved, selected or panned."""
        return self._drag is None or (self._drag.does == "draws" and self._drag.moving)

    def cancel(self) -> bool:
        """Give up what was begun; tells whether there was anything."""
        begun = self._drag is not None or bool(self._points) or self._keyed
        if self._drag is not None and self._drag.moving:
            self._canvas.out_of_way.emit(False)
        self._drag, self._draft, self._points, self._keyed, self.moved = None, None, [], False, {}
        return begun

    # mouse

    def press(self, event: QMouseEvent) -> None:
        """Take what lies under the pointer."""
        if self._drag is not None and event.button() != self._drag.button:
            return  # a second button changes nothing about what the first one began
        point = event.position()
        if self._drag is not None and self._drag.follows:
            self.move(point)
            return  # the release of this click ends it
        if (there := self._canvas.camera.map_point(point)) is not None:
            self._drag = _Drag(point, None, "goes", button=event.button())
            self._canvas.camera.centre_on(self._canvas.camera.viewport.scale, there.x(), there.y())
        elif event.button() == Qt.MouseButton.MiddleButton or self.space_held:
            self._drag = _Drag(point, None, "pans", button=event.button())
            self._canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._drag = self._begun(point, event.modifiers())

    def _begun(self, point: QPointF, keys: Qt.KeyboardModifier) -> _Drag:
        """What a press of the left button takes, and what it does once it moves."""
        forced = bool(keys & Qt.KeyboardModifier.ControlModifier) or bool(self._points)
        target = None if forced else self._canvas.hit(point)
        if keys & Qt.KeyboardModifier.ShiftModifier:
            does = "selects"
        elif not self.draws and not forced:
            does = self._select_or_move(target)
        else:
            does = "changes" if target is not None and self._takes(target, point) else "draws"
        return _Drag(point, target, does)

    def _select_or_move(self, target: Hit | None) -> str:
        """What a press of the select tool does; a box that it takes is selected at once, so that it moves alone."""
        if target is None:
            return "selects"
        if not self._canvas.selection.has(target.item.key):
            self._canvas.selection.click(target.item.key)
        return "changes"

    def move(self, point: QPointF) -> None:
        """Go on with what was begun."""
        drag, self.pointer = self._drag, point
        if drag is None:
            return
        if drag.does == "pans":
            self._canvas.camera.pan(point - drag.start)
            drag.start = point
        elif drag.does == "goes":
            if (there := self._canvas.camera.map_point(point)) is not None:
                self._canvas.camera.centre_on(self._canvas.camera.viewport.scale, there.x(), there.y())
        elif drag.moving or (point - drag.start).manhattanLength() >= _DRAG_STARTS:
            if not drag.moving:
                self._canvas.out_of_way.emit(True)
            drag.moving = True
            if drag.does == "changes" and drag.target is not None:
                self.moved = self._changed(drag.target, drag.start, point)
            else:
                area = BBox.from_corners(*self._at(drag.start), *self._at(point))
                self._draft = self._fitted(area) if drag.does == "draws" else area

    def release(self, event: QMouseEvent) -> None:
        """End what was begun."""
        drag = self._drag
        if drag is not None and event.button() == drag.button:
            self._end(drag, event.modifiers())

    def _end(self, drag: _Drag, keys: Qt.KeyboardModifier) -> None:
        draft, moved = self._draft, self.moved
        self._drag, self._draft, self.moved = None, None, {}
        if drag.moving:
            self._canvas.out_of_way.emit(False)
        if drag.does in {"pans", "goes"}:
            return
        if not drag.moving:
            self._click(drag, keys)
        elif drag.does == "draws" and draft is not None:
            self._points = []
            if draft.is_valid():
                self._canvas.drawn.emit(draft)
        elif drag.does == "selects" and draft is not None:
            self._canvas.selection.add_area(QRectF(*draft))
        elif moved:
            self._canvas.changed.emit(moved)

    def double_click(self, event: QMouseEvent) -> bool:
        """Select a box and ask for its category; tells whether there was one, and clicks do not draw."""
        found = self._canvas.hit(event.position())
        if found is None or event.button() != Qt.MouseButton.LeftButton or (self.draws and self.clicks):
            return False
        self.cancel()
        self._canvas.selection.click(found.item.key)
        self._canvas.relabel_wanted.emit()
        return True

    def _click(self, drag: _Drag, keys: Qt.KeyboardModifier) -> None:
        canvas = self._canvas
        if self.clicks and drag.does == "draws":
            self._points.append(self._at(drag.start))
            if len(self._points) == self.clicks:
                box, self._points = self._fitted(_around(self._points)), []
                if box.is_valid():
                    canvas.drawn.emit(box)
        elif keys & Qt.KeyboardModifier.ShiftModifier:
            if drag.target is not None:
                canvas.selection.toggle(drag.target.item.key)
        else:
            canvas.selection.click(drag.target.item.key if drag.target else None)

    def _takes(self, found: Hit, point: QPointF) -> bool:
        """Whether a drag from here moves or resizes: from a handle or the border of a selected box, or from
        anywhere inside one that was clicked. All others draw, also those that begin in a box or on a hint."""
        if not self._canvas.selection.has(found.item.key) or found.item.key.kind is Kind.HINT:
            return False
        if found.handle is not None or self._canvas.selection.is_grabbed:
            return True
        x, y = self._at(point)
        return on_border(found.item.bbox, x, y, _BORDER / self._canvas.camera.viewport.scale)

    def draws_from(self, found: Hit | None) -> bool:
        """Whether a drag that begins at the pointer, over what was found there, draws."""
        if not self.draws:
            return False
        return found is None or self.pointer is None or not self._takes(found, self.pointer)

    def cursor(self, found: Hit | None) -> Qt.CursorShape:
        """The pointer's shape over what it would take."""
        if self.space_held:
            return Qt.CursorShape.OpenHandCursor
        if found is not None and found.handle is not None:
            return _CURSORS[found.handle.value]
        if not self.draws and found is None:
            return Qt.CursorShape.ArrowCursor
        return Qt.CursorShape.CrossCursor if self.draws_from(found) else Qt.CursorShape.SizeAllCursor

    def _at(self, point: QPointF) -> tuple[float, float]:
        return self._canvas.camera.viewport.to_image(point.x(), point.y())

    def _fitted(self, box: BBox) -> BBox:
        """Inside the image, and on its border where it almost is."""
        return box.snapped(*self._canvas.image_size, _SNAPS / self._canvas.camera.viewport.scale)

    def _changed(self, target: Hit, start: QPointF, point: QPointF) -> dict[BoxKey, BBox]:
        """The selected boxes as the drag would leave them: all are moved, the one whose handle is held is
        resized."""
        (x1, y1), (x2, y2) = self._at(start), self._at(point)
        if target.handle is not None:
            resized = self._fitted(_resized(target.item.bbox, target.handle, x2 - x1, y2 - y1))
            return _without_same({target.item.key: resized}, {target.item.key: target.item.bbox})
        return self._shifted(x2 - x1, y2 - y1)

    def _shifted(self, dx: float, dy: float) -> dict[BoxKey, BBox]:
        """The selected boxes so far away, kept inside the image as one group."""
        boxes = {item.key: item.bbox for item in self._canvas.selection.items}
        if not boxes:
            return {}
        group = _around([p for b in boxes.values() for p in ((b.x, b.y), (b.right, b.bottom))])
        shifted = group.moved(dx, dy, *self._canvas.image_size)
        dx, dy = shifted.x - group.x, shifted.y - group.y
        return _without_same({k: BBox(b.x + dx, b.y + dy, b.w, b.h) for k, b in boxes.items()}, boxes)

    # keys

    def wants(self, key: int) -> bool:
        """Whether a key belongs to a box being drawn by keys, or to a corner that follows, before all else."""
        follows = self._drag is not None and self._drag.follows
        if follows and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape}:
            return True
        return self._keyed and key in {*_ARROWS, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape}

    def begin_box(self) -> None:
        """Begin a box in the middle of the view; arrows move it, `Alt`+arrows resize it, `Enter` draws it."""
        canvas = self._canvas
        if not canvas.has_image:
            return
        canvas.setFocus()
        x, y = canvas.camera.viewport.to_image(canvas.width() / 2, canvas.height() / 2)
        side = _FIRST_SIDE / canvas.camera.viewport.scale
        self.cancel()
        self._keyed = True
        self._draft = BBox(round(x - side / 2), round(y - side / 2), round(side), round(side)).clipped(
            *canvas.image_size
        )
        canvas.update()

    def grab_corner(self) -> bool:
        """Let the nearest corner, if there is one, follow the pointer until a click."""
        canvas, pointer = self._canvas, _place(self._canvas, self.pointer)
        found = _corner(canvas, pointer) if pointer is not None and self._drag is None else None
        if pointer is None or found is None:
            return False
        canvas.selection.select(found[0].item.key)
        self._drag = _Drag(found[1], found[0], "changes", moving=True, follows=True)
        canvas.out_of_way.emit(True)
        self.move(pointer)
        canvas.update()
        return True

    def key(self, key: int, modifiers: Qt.KeyboardModifier) -> bool:
        """An arrow or the end of a box drawn by keys; tells whether the key was taken."""
        if key in _ARROWS:
            step = 10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = (step * d for d in _ARROWS[Qt.Key(key)])
            return self._arrow(dx, dy, resizes=bool(modifiers & Qt.KeyboardModifier.AltModifier))
        if self._drag is not None and self._drag.follows and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._end(self._drag, Qt.KeyboardModifier.NoModifier)
            return True
        if self._keyed and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            box, self._keyed, self._draft = self._draft, False, None
            if box is not None and box.is_valid():
                self._canvas.drawn.emit(box)
            return True
        return key == Qt.Key.Key_Escape and self.cancel()

    def _arrow(self, dx: int, dy: int, *, resizes: bool) -> bool:
        size = self._canvas.image_size
        if self._keyed and self._draft is not None:
            box = self._draft
            self._draft = _resized_by(box, dx, dy).clipped(*size) if resizes else box.moved(dx, dy, *size)
            return True
        selection = self._canvas.selection.items
        if resizes:
            boxes = {item.key: item.bbox for item in selection}
            changed = _without_same(
                {k: _resized_by(b, dx, dy).clipped(*size) for k, b in boxes.items()}, boxes
            )
        else:
            changed = self._shifted(dx, dy)
        if changed:
            self._canvas.nudged.emit(changed)
        elif not selection and not resizes:
            self._canvas.camera.pan(QPointF(-_PAN_STEP * dx, -_PAN_STEP * dy))
        return bool(selection) or not resizes


def _place(canvas: Canvas, last: QPointF | None) -> QPointF | None:
    """Where the pointer is, also over a bar that lies on the canvas, of which the canvas is not told."""
    at = canvas.mapFromGlobal(QCursor.pos())
    return QPointF(at) if canvas.childAt(at) is not None else last


def _corner(canvas: Canvas, pointer: QPointF) -> tuple[Hit, QPointF] | None:
    """The corner nearest to the pointer of the selected box, or else of that under it, and where it is in the
    view."""
    selected = canvas.selection.items if canvas.has_image else []
    found = Hit(selected[0]) if len(selected) == 1 else canvas.hit(pointer)
    if found is None:
        return None
    handle = nearest_corner(found.item.bbox, *canvas.camera.to_image(pointer))
    return Hit(found.item, handle), QPointF(*canvas.camera.viewport.to_view(*handle.point(found.item.bbox)))


def _around(points: list[tuple[float, float]]) -> BBox:
    """The smallest box around points."""
    xs, ys = zip(*points, strict=True)
    return BBox.from_corners(min(xs), min(ys), max(xs), max(ys))


def _resized_by(box: BBox, dx: float, dy: float) -> BBox:
    """The box with its right and lower edge so much further."""
    return BBox(box.x, box.y, max(box.w + dx, MIN_SIDE), max(box.h + dy, MIN_SIDE))


def _resized(box: BBox, handle: Handle, dx: float, dy: float) -> BBox:
    """The box after its handle moved by so much; at least `MIN_SIDE` wide and high."""
    x, y = handle.point(box)
    resized = handle.resize(box, x + dx, y + dy)
    return BBox(resized.x, resized.y, max(resized.w, MIN_SIDE), max(resized.h, MIN_SIDE))


def _without_same(changed: dict[BoxKey, BBox], before: Mapping[BoxKey, BBox]) -> dict[BoxKey, BBox]:
    return {key: box for key, box in changed.items() if box != before[key]}
