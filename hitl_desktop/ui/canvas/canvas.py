"""The canvas: shows a picture and its boxes, and lets hands at them. It knows nothing of projects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.pyramid import Pyramid
from hitl_desktop.ui.canvas.display import Display, adjust
from hitl_desktop.ui.canvas.hands import Hands
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Hit, Kind, in_order_of_doubt
from hitl_desktop.ui.canvas.layer import BoxLayer
from hitl_desktop.ui.canvas.painting import (
    HANDLE_SIZE,
    map_place,
    paint_band,
    paint_cross,
    paint_grid,
    paint_handles,
    paint_label,
    paint_map,
    paint_read_out,
    paint_strong,
    rect_of,
)
from hitl_desktop.ui.canvas.physical_keys import us_key
from hitl_desktop.ui.canvas.tiles import Tiles
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.widgets.theme import category_colour

_WHEEL_STEP = 1.2
_REPEATS_WITHIN_MS = 8
_GRID_FROM = 8.0
_HELD = {"pan_held": ("Space",), "hide_boxes": ("H",)}
_CENTRED = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value


class Canvas(QWidget):
    """A picture with boxes.

    A drag draws a box, unless it starts on a handle or the border of a selected box (resizes, moves), or
    inside one that was clicked (moves); a click selects, with `Shift` more than one. The wheel zooms at the
    pointer, the middle button or `Space` pans.

    Signals:
        drawn: a new box was drawn.
        changed: {key: box} of boxes that were moved or resized.
        nudged: the same by arrow keys, a step at a time.
        selection_changed: other boxes are selected, or none.
        view_changed: another part of the picture is in view, or it is larger or smaller.
    """

    drawn = Signal(BBox)
    changed = Signal(object)
    nudged = Signal(object)
    selection_changed = Signal()
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 240)
        self.setAccessibleName("Picture")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport = Viewport()
        self.hands = Hands(self)
        self.next_label = ""
        self.next_colour = 0
        self.placeholder = ""
        self._layer = BoxLayer()
        self._still: tuple[object, QPixmap] | None = None
        self._levels: list[QImage] = []
        self._tiles: Tiles | None = None
        self._size = (0, 0)
        self._selection: list[BoxKey] = []
        self.is_grabbed = False
        self._digs = False
        self._hovered: BoxItem | None = None
        self._draws_here = True
        self._suggestion: tuple[BBox, str] | None = None
        self._hidden = False
        self.display = Display()
        self._fitted = True
        self._released = (0, 0)
        self.held_keys: Callable[[str], tuple[str, ...]] = _HELD.__getitem__

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

    @property
    def is_sharp(self) -> bool:
        """Whether the pixels that are shown are those of the picture, not of a reduced one."""
        if self._tiles is not None:
            return self._tiles.is_complete
        return self.has_picture and (self._levels[0].width(), self._levels[0].height()) == self._size

    def show_picture(
        self, levels: Sequence[QImage], size: tuple[int, int], pyramid: Pyramid | None = None
    ) -> None:
        """Show a picture: the same pixels at full size, half, quarter ...; no levels show the placeholder
        text.

        Of a huge one, a small view and the tiles that are to be painted over it.
        """
        self._levels, self._size = list(levels), size
        self._use_tiles(pyramid)
        self._still = self._hovered = None
        self.hands.let_go()
        self.fit()
        self.update()

    def refine(self, levels: Sequence[QImage], pyramid: Pyramid | None = None) -> None:
        """The same picture in more pixels; what the hands are at goes on."""
        self._levels, self._still = list(levels), None
        self._use_tiles(pyramid)
        self.update()

    def _use_tiles(self, pyramid: Pyramid | None) -> None:
        if self._tiles is not None:
            self._tiles.close()
        self._tiles = Tiles(pyramid) if pyramid is not None else None
        if self._tiles is not None:
            self._tiles.ready.connect(self._on_tile)

    def _on_tile(self) -> None:
        self._still = None
        self.update()

    def show_items(self, items: Sequence[BoxItem]) -> None:
        """Show these boxes; what is still among them stays selected."""
        self._layer = BoxLayer(items)
        self._hovered = None
        self._set_selection([key for key in self._selection if self._layer.get(key)], grabbed=self.is_grabbed)
        self.update()

    def show_suggestion(self, box: BBox | None, words: str = "") -> None:
        """Show where something rather should be, and in words why, until another or None is shown."""
        self._suggestion = (box, words) if box is not None else None
        self.update()

    def set_hidden(self, hidden: bool) -> None:
        """Hide all boxes, or show them again."""
        self._hidden = hidden
        self.update()

    # selection

    @property
    def selection(self) -> list[BoxItem]:
        """The selected boxes, in the order in which they were taken."""
        return [item for key in self._selection if (item := self._layer.get(key))]

    @property
    def selected(self) -> BoxItem | None:
        """The selected box; of several the last."""
        return self._layer.get(self._selection[-1]) if self._selection else None

    def is_selected(self, key: BoxKey) -> bool:
        """Whether a box is among the selected."""
        return key in self._selection

    def _set_selection(self, keys: list[BoxKey], *, grabbed: bool) -> None:
        """`grabbed` is what was selected by the pointer: a drag inside moves it."""
        self.is_grabbed = grabbed and bool(keys)
        if keys != self._selection:
            self._selection = keys
            self._digs = False
            self.selection_changed.emit()
            self.update()

    def select(self, key: BoxKey | None) -> None:
        """Select one box, or none; a drag inside it still draws."""
        self._set_selection([key] if key is not None else [], grabbed=False)

    def select_all(self, keys: Iterable[BoxKey], *, grabbed: bool = True) -> None:
        """Select several boxes, by default so that a drag inside one moves them all."""
        self._set_selection(list(keys), grabbed=grabbed)

    def select_area(self, area: QRectF) -> None:
        """Add the boxes that lie whole in an area of the picture."""
        more = [item.key for item in self._layer.inside(area) if item.key not in self._selection]
        self._set_selection([*self._selection, *more], grabbed=True)

    def toggle(self, key: BoxKey) -> None:
        """Take a box into the selection, or out of it."""
        rest = [k for k in self._selection if k != key]
        self._set_selection(rest if len(rest) < len(self._selection) else [*rest, key], grabbed=True)

    def select_by_pointer(self, key: BoxKey | None) -> None:
        """Select what was clicked; `Tab` digs down from there."""
        self.select_all([key] if key is not None else [])
        self._digs = key is not None

    def select_next(self, step: int = 1) -> None:
        """Select the next proposal, the most doubtful first, or box if there are none.

        After a click, go down through what lies under the pointer.
        """
        under = self._under_pointer() if self._digs else []
        order = under if len(under) > 1 else in_order_of_doubt(self._open_items())
        if not order:
            return
        keys = [item.key for item in order]
        current = keys.index(self._selection[-1]) if self._selection and self._selection[-1] in keys else None
        place = (0 if step > 0 else len(keys) - 1) if current is None else (current + step) % len(keys)
        self.select(keys[place])
        self._digs = order is under
        self._bring_into_view()

    def _open_items(self) -> list[BoxItem]:
        """The proposals, while there are any: `Tab`, `X` must not remove what was accepted a moment ago."""
        by_kind = {kind: [item for item in self.items if item.key.kind is kind] for kind in Kind}
        return by_kind[Kind.PROPOSAL] or by_kind[Kind.TRUTH]

    def _under_pointer(self) -> list[BoxItem]:
        if self.hands.pointer is None:
            return []
        found = self._layer.around(*self._picture_point(self.hands.pointer))
        return found if any(self.is_selected(item.key) for item in found) else []

    # view

    def map_point(self, point: QPointF) -> QPointF | None:
        """What a point of the small map stands for in the picture; None outside of the map."""
        place = None if self._fitted else map_place(self.viewport, self._size, QRectF(self.rect()))
        if place is None or not place.contains(point):
            return None
        scale = self._size[0] / place.width()
        return QPointF((point.x() - place.x()) * scale, (point.y() - place.y()) * scale)

    def fit(self) -> None:
        """Show the whole picture."""
        self.viewport = Viewport.fitting(self._size, (self.width(), self.height()))
        self._fitted = True
        self.update()
        self.view_changed.emit()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom at a point of the view, its centre by default."""
        point = at or QPointF(self.width() / 2, self.height() / 2)
        whole = Viewport.fitting(self._size, (self.width(), self.height()))
        self.viewport = self.viewport.zoomed(factor, point.x(), point.y(), farthest=min(whole.scale / 2, 1.0))
        self._fitted = False
        self.update()
        self.view_changed.emit()

    def zoom_to_pixels(self) -> None:
        """One picture pixel to one logical pixel, around the centre."""
        self.zoom(1.0 / self.viewport.scale)

    def looked_at(self) -> tuple[float, float, float] | None:
        """Scale and the picture's point in the middle of the view; None while the whole picture is shown."""
        if self._fitted or not self.has_picture:
            return None
        return (self.viewport.scale, *self.viewport.to_picture(self.width() / 2, self.height() / 2))

    def look_at(self, scale: float, x: float, y: float) -> None:
        """Show a part of the picture as it was looked at before."""
        self.zoom(scale / self.viewport.scale)
        left, top = self.viewport.to_view(x, y)
        self.pan(QPointF(self.width() / 2 - left, self.height() / 2 - top))

    def show_as(self, display: Display) -> None:
        """Show the pixels brighter, with more contrast ..."""
        self.display = display
        self.update()

    def pan(self, delta: QPointF) -> None:
        """Move the picture by so many pixels of the view."""
        self.viewport = self.viewport.moved(delta.x(), delta.y())
        self._fitted = False
        self.update()
        self.view_changed.emit()

    def _bring_into_view(self) -> None:
        item = self.selected
        if item is None:
            return
        box = self.viewport.box_to_view(item.bbox)
        if not QRectF(self.rect()).intersects(rect_of(box)):
            self.pan(QPointF(self.width() / 2 - box.x - box.w / 2, self.height() / 2 - box.y - box.h / 2))

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take what lies under the pointer."""
        if self.has_picture:
            self.hands.press(event)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what was begun; else tell what would be taken."""
        self.hands.move(event.position())
        if self.hands.shows_cross:
            self._hover(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what was begun."""
        self.hands.release(event)
        self._hover(event.position())
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        steps = event.angleDelta().y() / 120
        if steps and self.has_picture:
            self.zoom(_WHEEL_STEP**steps, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Keys of a box that is drawn by keys come here before they are shortcuts, and so do keys that are
        held."""
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyRelease:
                self._released = (event.key(), event.timestamp())
            elif event.type() == QEvent.Type.ShortcutOverride and (
                self.hands.wants(event.key()) or self._is_held(event)
            ):
                event.accept()
                return True
        return super().event(event)

    def _is_held(self, event: QKeyEvent) -> bool:
        """Whether a key repeats by itself: X11 lets it go and presses it at once, and Qt does not always
        notice."""
        key, when = self._released
        return event.key() == key and when > 0 and event.timestamp() - when < _REPEATS_WITHIN_MS

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """One key held pans, one hides, arrows nudge, `Escape` gives up what was begun, then the
        selection."""
        if self._is_key(event, "pan_held") and not event.isAutoRepeat():
            self.hands.space_held = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._is_key(event, "hide_boxes"):
            self.set_hidden(True)
        elif self.hands.key(event.key(), event.modifiers()):
            self.update()
        elif event.key() == Qt.Key.Key_Escape:
            self.select(None)
        else:
            super().keyPressEvent(event)

    def _is_key(self, event: QKeyEvent, action_id: str) -> bool:
        """Whether it is the key of what goes on while it is held; let go, whatever else is held.

        Where the layout has no Latin letter on a key, its place counts.
        """
        pressed = event.type() == QEvent.Type.KeyPress
        texts = [QKeySequence(event.keyCombination() if pressed else event.key()).toString()]
        if place := us_key(event):
            held = QKeySequence(event.modifiers().value).toString() if pressed else ""
            texts.append(f"{held}{place}")
        keys = self.held_keys(action_id)
        return any(text == key if pressed else key.endswith(text) for key in keys for text in texts if text)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End of a key that was held."""
        if self._is_key(event, "pan_held") and not event.isAutoRepeat():
            self.hands.space_held = False
            self.unsetCursor()
        elif self._is_key(event, "hide_boxes") and not event.isAutoRepeat():
            self.set_hidden(False)
        else:
            super().keyReleaseEvent(event)

    def begin_box(self) -> None:
        """Begin a box by keys, in the middle of the view."""
        if self.has_picture:
            self.setFocus()
            self.hands.begin_box()
            self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys held down are let go."""
        self.hands.space_held = False
        self.set_hidden(False)
        super().focusOutEvent(event)

    def leaveEvent(self, event: object) -> None:  # noqa: ARG002
        """No crosshair outside."""
        self.hands.pointer = None
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
        else:
            self.view_changed.emit()

    def _picture_point(self, point: QPointF) -> tuple[float, float]:
        return self.viewport.to_picture(point.x(), point.y())

    def hit(self, point: QPointF) -> Hit | None:
        """What a press at a point of the view would take."""
        if self._hidden or not self.has_picture:
            return None
        return self._layer.hit(self.selection, *self._picture_point(point), HANDLE_SIZE / self.viewport.scale)

    def _hover(self, point: QPointF) -> None:
        found = self.hit(point)
        self._hovered = found.item if found else None
        self._draws_here = self.hands.draws_from(found)
        tip = self._hovered.tip if self._hovered is not None else ""
        if tip != self.toolTip():  # Qt sends an event even if it is the same
            self.setToolTip(tip)
        self.setCursor(self.hands.cursor(found))

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
        if self._suggestion is not None:
            box, words = self._suggestion
            view = self.viewport.box_to_view(box)
            paint_band(painter, rect_of(view), self.palette().highlight().color())
            paint_read_out(painter, words, self.next_colour, view, area)
        if not self._fitted:
            paint_map(painter, self._levels[-1], self.viewport, self._size, area)

    def _still_part(self) -> QPixmap:
        """Picture and boxes as they are while the pointer only moves: painted once, kept until one of them
        changes."""
        taken = frozenset(self._selection) if self.hands.is_changing else frozenset[BoxKey]()
        ratio = self.devicePixelRatioF()
        key = (self._layer, self.viewport, self.size(), ratio, self._hidden, taken, self.display)
        if self._still is not None and self._still[0] == key:
            return self._still[1]
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self.palette().shadow().color())
        painter = QPainter(pixmap)
        if self.display.is_plain:
            self._paint_picture(painter)
        else:
            painter.drawImage(0, 0, self._adjusted(ratio))
        if self.viewport.scale >= _GRID_FROM:
            paint_grid(painter, self.viewport, self._size, QRectF(self.rect()))
        if not self._hidden:
            self._layer.paint(painter, self.viewport, QRectF(self.rect()), without=taken)
        painter.end()
        self._still = (key, pixmap)
        return pixmap

    def _adjusted(self, ratio: float) -> QImage:
        """The picture as it is in view, with the display's brightness and so on; what lies around it stays
        clear."""
        image = QImage(self.size() * ratio, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self._paint_picture(painter)
        painter.end()
        adjust(image, self.display)
        return image

    def _paint_in_hand(self, painter: QPainter, area: QRectF) -> None:
        """The box under the pointer, and the selected ones; one that is selected alone has handles."""
        hovered, selection = self._hovered, self.selection
        if hovered is not None and not self.is_selected(hovered.key):
            paint_strong(painter, hovered, self.viewport.box_to_view(hovered.bbox))
        for item in selection:
            bbox = self.hands.moved.get(item.key, item.bbox)
            box, colour = self.viewport.box_to_view(bbox), category_colour(item.colour)
            paint_strong(painter, item, box)
            if item.key in self.hands.moved:
                paint_read_out(painter, f"{item.label}  {bbox.w:.0f} x {bbox.h:.0f}", item.colour, box, area)
            else:
                paint_label(painter, item.label, item.colour, box, area)
            if len(selection) == 1:
                paint_handles(painter, box, colour)

    def _paint_picture(self, painter: QPainter) -> None:
        """The smallest level that is still sharp, only the part in view; nearest pixels from 200 % up."""
        wanted = self.viewport.scale * self.devicePixelRatioF()
        enough = [level for level in self._levels if level.width() >= wanted * self._size[0]]
        image = enough[-1] if enough else self._levels[0]
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
        if self._tiles is not None:
            self._tiles.paint(painter, self.viewport, QRectF(self.rect()), wanted, sx)

    def _paint_draft(self, painter: QPainter, area: QRectF) -> None:
        box = self.hands.draft
        if box is not None:
            view = self.viewport.box_to_view(box)
            colour = category_colour(self.next_colour)
            painter.setPen(colour)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect_of(view))
            label = f"{self.next_label or 'new'}  {box.w:.0f} x {box.h:.0f}"
            paint_read_out(painter, label, self.next_colour, view, area)
        if self.hands.band is not None:
            paint_band(
                painter,
                rect_of(self.viewport.box_to_view(self.hands.band)),
                self.palette().highlight().color(),
            )
        if self.hands.pointer is not None and self._draws_here and self.hands.shows_cross:
            text = "" if box is not None else self.next_label
            paint_cross(painter, self.hands.pointer, area, text, self.next_colour)
