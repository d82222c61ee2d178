"""The canvas: shows an image and its boxes, and lets hands at them. It knows nothing of projects."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
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

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.pyramid import Pyramid
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.accessible import make_accessible, tell_items, tell_selection
from hitl_desktop.ui.canvas.camera import Camera
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.canvas.eased_zoom import EasedZoom
from hitl_desktop.ui.canvas.held_keys import HeldKeys
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Hit
from hitl_desktop.ui.canvas.layer import BoxLayer
from hitl_desktop.ui.canvas.overlay import paint_draft, paint_pointer, paint_selected
from hitl_desktop.ui.canvas.painting import (
    HANDLE_SIZE,
    paint_grid,
    paint_map,
    paint_place,
    paint_read_out,
)
from hitl_desktop.ui.canvas.pixels import Pixels
from hitl_desktop.ui.canvas.pointer_tool import PointerTool
from hitl_desktop.ui.canvas.selection import Selection
from hitl_desktop.ui.canvas.still import Still
from hitl_desktop.ui.theme.categories import NEW_NAME_COLOUR
from hitl_desktop.ui.theme.style import colours

_WHEEL_STEP = 1.2
_GRID_FROM = 8.0
_CENTRED = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value


class Canvas(QWidget):
    """An image with boxes.

    What mouse and keys do is in `PointerTool`; the wheel zooms at the pointer.

    Signals:
        drawn: a new box was drawn.
        changed: {key: box} of boxes that were moved or resized.
        nudged: the same by arrow keys, a step at a time.
        selection_changed: other boxes are selected, or none.
        view_changed: another part of the image is in view, or it is larger or smaller.
        relabel_wanted: a box was double-clicked; it is selected. tool_changed: another tool is in use, by name.
        items_changed: other boxes are shown, or the same ones elsewhere.
        menu_wanted: the menu of what lies at a point, or of what is selected (None).
        out_of_way: what lies over the image shall go (True), for a drag or while boxes are hidden, or may come back.
        escaped: `Escape` was pressed and there was nothing to give up.
    """

    drawn = Signal(BBox)
    changed = Signal(object)
    nudged = Signal(object)
    selection_changed = Signal()
    view_changed = Signal()
    relabel_wanted, items_changed = Signal(), Signal()
    tool_changed = Signal(str)
    menu_wanted = Signal(object)
    out_of_way = Signal(bool)
    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        make_accessible()
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(120, 30)
        self.setAccessibleName(tr("Image"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.camera = Camera(lambda: (self.width(), self.height()), self.view_changed.emit)
        self.view_changed.connect(self.update)
        self.eased_zoom = EasedZoom(self.camera)
        self.selection = Selection(self._on_selection)
        self.pointer_tool = PointerTool(self)
        self.held_keys = HeldKeys()
        self.display = Display()
        self.next_label = ""
        self.next_colour = 0
        self.placeholder = ""
        self._pixels = Pixels(self._on_tile)
        self._layer = BoxLayer()
        self._still = Still()
        self._hovered: BoxItem | None = None
        self._draws_here = True
        self._suggestion: tuple[BBox, str] | None = None
        self._hidden = False

    def _on_selection(self) -> None:
        self.selection_changed.emit()
        tell_selection(self)
        self.update()

    # what is shown

    @property
    def image_size(self) -> tuple[int, int]:
        """Width and height of the image, 0 when there is none."""
        return self.camera.image

    @property
    def items(self) -> list[BoxItem]:
        """The boxes that are shown."""
        return self._layer.items

    @property
    def has_image(self) -> bool:
        """Whether pixels are shown."""
        return bool(self._pixels.levels)

    has_picture = has_image
    """The name under which existing scripts ask for it."""

    @property
    def is_sharp(self) -> bool:
        """Whether the pixels that are shown are those of the image, not of a reduced one."""
        return self._pixels.is_sharp(self.image_size)

    def show_image(
        self, levels: Sequence[QImage], size: tuple[int, int], pyramid: Pyramid | None = None
    ) -> None:
        """Show an image: the same pixels at full size, half, quarter ...; no levels show the placeholder
        text.

        Of a huge one, a small view and the tiles that are to be painted over it.
        """
        self._pixels.use(levels, pyramid)
        self._still.forget()
        self._hovered = None
        self.pointer_tool.cancel()
        self.eased_zoom.stop()
        self.camera.show(size, is_there=self.has_image)

    def refine(self, levels: Sequence[QImage], pyramid: Pyramid | None = None) -> None:
        """The same image in more pixels; what the hands are at goes on."""
        self._pixels.use(levels, pyramid)
        self._on_tile()

    def _on_tile(self) -> None:
        self._still.forget()
        self.update()

    def show_items(self, items: Sequence[BoxItem]) -> None:
        """Show these boxes; what is still among them stays selected."""
        self._layer = BoxLayer(items)
        self._hovered = None
        tell_items(self)
        self.selection.use(self._layer)
        self.items_changed.emit()
        self.update()

    def show_suggestion(self, box: BBox | None, words: str = "") -> None:
        """Show where something rather should be, and in words why, until another or None is shown."""
        self._suggestion = (box, words) if box is not None else None
        self.update()

    def set_hidden(self, hidden: bool) -> None:
        """Hide all boxes, or show them again."""
        self._hidden = hidden
        self.out_of_way.emit(hidden)
        self.update()

    def select_next(self, step: int = 1) -> None:
        """Select the next proposal, the most doubtful first, or the next box under the pointer after a
        click."""
        pointer = self.pointer_tool.pointer
        self.selection.select_next(step, self.camera.to_image(pointer) if pointer is not None else None)
        if self.selection.last is not None:
            self.camera.bring_into_view(self.selection.last.bbox)

    def show_as(self, display: Display) -> None:
        """Show the pixels brighter, with more contrast ..."""
        self.display = display
        self.update()

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take what lies under the pointer."""
        if self.has_image:
            self.eased_zoom.stop()
            self.pointer_tool.press(event)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with what was begun; else tell what would be taken."""
        self.pointer_tool.move(event.position())
        if self.pointer_tool.hovers:
            self._hover(event.position())
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End what was begun."""
        self.pointer_tool.release(event)
        self._hover(event.position())
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Give a box another category; elsewhere two clicks are two clicks."""
        if not self.has_image or not self.pointer_tool.double_click(event):
            self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        steps = event.angleDelta().y() / 120
        if steps and self.has_image:
            self.eased_zoom.zoom(_WHEEL_STEP**steps, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Take keys of a box that is drawn by keys, and held keys, before they are shortcuts; ask for menus."""
        if isinstance(event, QContextMenuEvent):
            self.menu_wanted.emit(event.pos() if event.reason() == event.Reason.Mouse else None)
            return True
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyRelease:
                self.held_keys.note_release(event)
            elif event.type() == QEvent.Type.ShortcutOverride and (
                self.pointer_tool.wants(event.key()) or self.held_keys.is_repeating(event)
            ):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """One key held pans, one hides, arrows nudge, `Escape` gives up what was begun, or the selection."""
        if self.held_keys.is_key_of("pan_held", event) and not event.isAutoRepeat():
            self.pointer_tool.space_held = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.held_keys.is_key_of("hide_boxes", event):
            self.set_hidden(True)
        elif self.pointer_tool.key(event.key(), event.modifiers()):
            self.update()
        elif event.key() == Qt.Key.Key_Escape:
            self.selection.select(None) if self.selection.items else self.escaped.emit()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End of a key that was held."""
        if self.held_keys.is_key_of("pan_held", event) and not event.isAutoRepeat():
            self.pointer_tool.space_held = False
            self.unsetCursor()
        elif self.held_keys.is_key_of("hide_boxes", event) and not event.isAutoRepeat():
            self.set_hidden(False)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys held down are let go."""
        self.pointer_tool.space_held = False
        self.set_hidden(False)
        super().focusOutEvent(event)

    def leaveEvent(self, event: object) -> None:  # noqa: ARG002
        """No crosshair outside."""
        self.pointer_tool.pointer = None
        self._hovered = None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Another theme: paint anew."""
        if event.type() == QEvent.Type.PaletteChange:
            self._still.forget()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep a fitted image fitted."""
        super().resizeEvent(event)
        self.camera.on_resize()

    def hit(self, point: QPointF) -> Hit | None:
        """What a press at a point of the view would take."""
        if self._hidden or not self.has_image:
            return None
        reach = HANDLE_SIZE / self.camera.viewport.scale
        return self._layer.hit(self.selection.items, *self.camera.to_image(point), reach)

    def _hover(self, point: QPointF) -> None:
        found = self.hit(point)
        self._hovered = found.item if found else None
        self._draws_here = self.pointer_tool.draws_from(found)
        tip = self._hovered.tip if self._hovered is not None else ""
        if tip != self.toolTip():  # Qt sends an event even if it is the same
            self.setToolTip(tip)
        self.setCursor(self.pointer_tool.cursor(found))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Image, boxes, what is being drawn."""
        painter = QPainter(self)
        if not self.has_image:
            painter.fillRect(self.rect(), QColor(colours().canvas))
            painter.setPen(QColor("#FFFFFF"))
            painter.drawText(self.rect().adjusted(24, 24, -24, -24), _CENTRED, self.placeholder)
            return
        area, viewport, highlight = QRectF(self.rect()), self.camera.viewport, QColor(colours().accent)
        painter.drawPixmap(0, 0, self._still_part())
        if not self._hidden:
            paint_selected(painter, viewport, area, self.selection, self.pointer_tool, self._hovered)
        paint_draft(painter, viewport, area, self.pointer_tool, self.next_label, self.next_colour)
        paint_pointer(
            painter, viewport, area, self.pointer_tool, self.next_label, self.next_colour, highlight,
            draws_here=self._draws_here,
        )  # fmt: skip
        if self._suggestion is not None:
            box, words = self._suggestion
            view = viewport.box_to_view(box)
            paint_place(painter, view, highlight)
            paint_read_out(painter, words, NEW_NAME_COLOUR, view, area)
        if not self.camera.is_fitted:
            paint_map(painter, self._pixels.levels[-1], self.camera.viewport, self.image_size, area)

    def _still_part(self) -> QPixmap:
        """Image and boxes as they are while the pointer only moves."""
        taken = self.selection.keys if self.pointer_tool.is_changing else frozenset[BoxKey]()
        viewport, area = self.camera.viewport, QRectF(self.rect())

        def paint_image(painter: QPainter) -> None:
            self._pixels.paint(painter, self.camera, self.size(), self.devicePixelRatioF(), self.display)
            if viewport.scale >= _GRID_FROM:
                paint_grid(painter, viewport, self.image_size, area)

        def paint_boxes(painter: QPainter) -> None:
            if not self._hidden:
                self._layer.paint(painter, viewport, area, without=taken)

        view, boxes = (viewport, self.display), (self._layer, self._hidden, taken)
        return self._still.pixmap(
            self.size(), self.devicePixelRatioF(), view, boxes, paint_image, paint_boxes
        )
