"""The canvas and its boxes for assistive technology: a list, with a child for each box.

Nothing here is made before somebody asks: with 5,000 boxes and no screen reader, none is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QTimer
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleEvent,
    QAccessibleInterface,
    QWindow,
)
from PySide6.QtWidgets import QAccessibleWidget
from shiboken6 import VoidPtr, getCppPointer, isValid

from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.canvas.painting import rect_of
from hitl_desktop.ui.widgets.announce import announce

if TYPE_CHECKING:
    from hitl_desktop.ui.canvas.canvas import Canvas

_NO_BOX: Final = QRect()


def spoken(item: BoxItem) -> str:
    """What a box is called: its category, what kind of box it is, and how sure the model is of it."""
    if item.is_open:
        return tr("Box without a category")
    name = item.name or item.label
    if item.outcome is not None:
        return name
    match item.key.kind:
        case Kind.TRUTH:
            return tr("{name}, box", name=name) if name else tr("Box")
        case Kind.PROPOSAL | Kind.COMPARED:
            kind = tr("suggestion")
        case Kind.HINT:
            kind = tr("hint, not one of your categories")
    score = f"{item.score:.2f}" if item.score is not None else ""
    return ", ".join(filter(None, (name, kind, score)))


def place_of(item: BoxItem) -> str:
    """Where a box lies on the image, and how large it is."""
    box = item.bbox
    return tr("left {x:.0f}, top {y:.0f}, {w:.0f} by {h:.0f} pixels", x=box.x, y=box.y, w=box.w, h=box.h)


class BoxActions(QAccessibleActionInterface):
    """What assistive technology can do with a box: select it, as a click would."""

    def __init__(self, select: Callable[[], None]) -> None:
        super().__init__()
        self._select = select

    def actionNames(self) -> list[str]:
        """Pressing it, and giving it the keyboard, are the same."""
        return [self.pressAction(), self.setFocusAction()]

    def doAction(self, actionName: str) -> None:  # noqa: N803 - as Qt calls it
        """Select the box."""
        if actionName in self.actionNames():
            self._select()

    def keyBindingsForAction(self, actionName: str) -> list[str]:  # noqa: ARG002, N803 - as Qt calls it
        """No key belongs to one box."""
        return []


class BoxInterface(QAccessibleInterface):
    """One box, by its key: it stays the same while boxes come and go around it."""

    def __init__(self, canvas: CanvasInterface, key: BoxKey) -> None:
        super().__init__()
        self._canvas, self.key = canvas, key
        self._actions = BoxActions(partial(canvas.select, key))

    @property
    def _item(self) -> BoxItem | None:
        return self._canvas.item_of(self.key) if isValid(self._canvas) else None

    def isValid(self) -> bool:
        """Whether the box is still there."""
        return self._item is not None

    def object(self) -> QObject:
        """No object of Qt is behind it."""
        return None  # type: ignore[return-value]

    def window(self) -> QWindow:
        """The window of the canvas."""
        return self._canvas.window()

    def parent(self) -> QAccessibleInterface:
        """The canvas."""
        return self._canvas

    def child(self, index: int) -> QAccessibleInterface:  # noqa: ARG002
        """Boxes have no parts."""
        return None  # type: ignore[return-value]

    def childAt(self, x: int, y: int) -> QAccessibleInterface:  # noqa: ARG002
        """Boxes have no parts."""
        return None  # type: ignore[return-value]

    def childCount(self) -> int:
        """Boxes have no parts."""
        return 0

    def indexOfChild(self, child: QAccessibleInterface) -> int:  # noqa: ARG002
        """Boxes have no parts."""
        return -1

    def role(self) -> QAccessible.Role:
        """An item of a list: screen readers tell its number and whether it is selected."""
        return QAccessible.Role.ListItem

    def text(self, t: QAccessible.Text) -> str:
        """Its name, and where it lies: AT-SPI hands on the description, UI Automation the value."""
        item = self._item
        if item is None:
            return ""
        if t is QAccessible.Text.Name:
            return spoken(item)
        return place_of(item) if t in {QAccessible.Text.Description, QAccessible.Text.Value} else ""

    def interface_cast(self, t: QAccessible.InterfaceType) -> int:
        """Its actions, as a pointer: an `int` or None would be taken for the address of the Python object."""
        is_asked = t is QAccessible.InterfaceType.ActionInterface
        return VoidPtr(getCppPointer(self._actions)[0] if is_asked else 0)  # type: ignore[return-value]

    def setText(self, t: QAccessible.Text, text: str) -> None:
        """Categories are given by keys, not here."""

    def rect(self) -> QRect:
        """Where it lies on the screen."""
        item = self._item
        return self._canvas.rect_of_box(item) if item is not None else _NO_BOX

    def state(self) -> QAccessible.State:
        """Whether it is selected, has the keyboard, and is in view."""
        state = QAccessible.State()
        item = self._item
        if item is None:
            state.invalid = True
            return state
        self._canvas.describe(item, state)
        return state


class CanvasInterface(QAccessibleWidget):
    """The canvas: what it is called is said by whoever shows an image on it."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas, QAccessible.Role.List)
        self._canvas = canvas
        self._boxes: dict[BoxKey, BoxInterface] = {}
        self._items: list[BoxItem] = []
        self._places: dict[BoxKey, int] = {}
        canvas.destroyed.connect(partial(_delete, self._boxes))

    def _look(self) -> None:
        """See which boxes there are now, once after each change."""
        if self._canvas.items is self._items:
            return
        self._items = self._canvas.items
        self._places = {item.key: n for n, item in enumerate(self._items)}

    def give_back(self) -> None:
        """Delete the children whose boxes are gone; never while Qt asks one of them something.

        Nobody is told of them: that took 1 to 2 ms a box, and clients ask for the children anew without it.
        """
        self._look()
        gone = {key: box for key, box in self._boxes.items() if key not in self._places}
        for key in gone:
            del self._boxes[key]
        _delete(gone)

    def item_of(self, key: BoxKey) -> BoxItem | None:
        """The box with this key, if it is there."""
        self._look()
        place = self._places.get(key)
        return self._items[place] if place is not None else None

    def box(self, key: BoxKey) -> BoxInterface | None:
        """The child for a box."""
        self._look()
        if key not in self._places:
            return None
        if key not in self._boxes:
            self._boxes[key] = BoxInterface(self, key)
            QAccessible.registerAccessibleInterface(self._boxes[key])
        return self._boxes[key]

    def select(self, key: BoxKey) -> None:
        """Select a box, and give it the keyboard."""
        self._canvas.setFocus()
        self._canvas.selection.select(key)
        item = self.item_of(key)
        if item is not None:
            self._canvas.camera.bring_into_view(item.bbox)

    def childCount(self) -> int:
        """As many as there are boxes."""
        return len(self._canvas.items)

    def child(self, index: int) -> QAccessibleInterface:
        """A box, in the order in which they are painted."""
        items = self._canvas.items
        return self.box(items[index].key) if 0 <= index < len(items) else None  # type: ignore[return-value]

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        """The place of a box among its siblings."""
        self._look()
        return self._places.get(child.key, -1) if isinstance(child, BoxInterface) else -1

    def childAt(self, x: int, y: int) -> QAccessibleInterface:
        """What a click on this point of the screen would take."""
        hit = self._canvas.hit(QPointF(self._canvas.mapFromGlobal(QPoint(x, y))))
        return self.box(hit.item.key) if hit is not None else None  # type: ignore[return-value]

    def focusChild(self) -> QAccessibleInterface:
        """The box that was selected last, while the canvas has the keyboard."""
        last = self._canvas.selection.last if self._canvas.hasFocus() else None
        return self.box(last.key) if last is not None else None  # type: ignore[return-value]

    def state(self) -> QAccessible.State:
        """Several boxes can be selected."""
        state = super().state()
        state.multiSelectable = True
        return state

    def rect_of_box(self, item: BoxItem) -> QRect:
        """Where a box lies on the screen."""
        there = rect_of(self._canvas.camera.viewport.box_to_view(item.bbox)).toAlignedRect()
        return QRect(self._canvas.mapToGlobal(there.topLeft()), there.size())

    def describe(self, item: BoxItem, state: QAccessible.State) -> None:
        """Note how it stands with a box."""
        canvas = self._canvas
        state.selectable = state.focusable = state.multiSelectable = True
        state.selected = canvas.selection.has(item.key)
        state.focused = canvas.hasFocus() and canvas.selection.last is item
        state.invisible = not canvas.isVisible() or not canvas.has_image
        there = rect_of(canvas.camera.viewport.box_to_view(item.bbox))
        state.offscreen = not there.toAlignedRect().intersects(canvas.rect())


def _delete(boxes: dict[BoxKey, BoxInterface], _canvas: QObject | None = None) -> None:
    """Give children back: Qt keeps what is registered until it is told, and then deletes it itself."""
    for box in boxes.values():
        QAccessible.deleteAccessibleInterface(QAccessible.uniqueId(box))
    boxes.clear()


_made: list[CanvasInterface] = []
"""Qt keeps pointers to these without owning their Python part."""


def _interface_of(_class_name: str, thing: QObject) -> QAccessibleInterface | None:
    from hitl_desktop.ui.canvas.canvas import Canvas  # noqa: PLC0415 - it imports this module

    if not isinstance(thing, Canvas):
        return None
    _made[:] = [interface for interface in _made if isValid(interface)]
    _made.append(CanvasInterface(thing))
    return _made[-1]


def make_accessible() -> None:
    """From now on canvases have children for assistive technology; called as often as one likes."""
    if not _installed:
        _installed.append(True)
        QAccessible.installFactory(_interface_of)


_installed: list[bool] = []


def tell_items(canvas: Canvas) -> None:
    """Other boxes are shown."""
    for interface in _made:
        if isValid(interface) and interface.object() is canvas:
            interface.give_back()


def _refocus(canvas: Canvas) -> None:
    """No box has the keyboard any longer, for the one that was read out last may be gone."""
    if canvas.hasFocus() and not canvas.selection.keys:
        QAccessible.updateAccessibility(QAccessibleEvent(canvas, QAccessible.Event.Focus))


def tell_selection(canvas: Canvas) -> None:
    """Other boxes are selected: one is read out as if it had the keyboard, of several their number is."""
    if not QAccessible.isActive():
        return
    QAccessible.updateAccessibility(QAccessibleEvent(canvas, QAccessible.Event.SelectionWithin))
    selected = canvas.selection.keys
    if len(selected) > 1:
        announce(canvas, tr("{boxes} selected", boxes=counted(len(selected), "box")))
        return
    interface = QAccessible.queryAccessibleInterface(canvas)
    last = canvas.selection.last
    if last is None:
        QTimer.singleShot(0, canvas, partial(_refocus, canvas))  # another box may be selected at once
    if last is None or not isinstance(interface, CanvasInterface):
        return
    box = interface.box(last.key)
    if box is not None:
        QAccessible.updateAccessibility(QAccessibleEvent(box, QAccessible.Event.Selection))
        if canvas.hasFocus():
            QAccessible.updateAccessibility(QAccessibleEvent(box, QAccessible.Event.Focus))
        else:  # keys act on it all the same; what has the keyboard keeps it
            announce(canvas, spoken(last))
