"""A line in which a person finds a category by a part of its name, or names a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal, SignalInstance
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCompleter, QListView, QWidget

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.field import Field

_MARGIN = 4.0
_WIDTH = 220


class NameField(Field):
    """`Enter` takes the first category that matches, or adds the name; `Ctrl+Enter` adds it in any case.

    Signals:
        entered: the name, and whether it shall be a new one.
        left_empty: `Enter` with nothing typed.
    """

    entered = Signal(str, bool)
    left_empty = Signal()

    def __init__(self, left: SignalInstance, names: Callable[[], Mapping[int, str]]) -> None:
        super().__init__(left)
        self._names = names
        self.setAccessibleName(tr("Find or add a category"))
        self.setPlaceholderText(tr("Find or add a category (C)"))
        self.returnPressed.connect(self._on_return)
        # One completer for good: replacing it while its popup handles Enter crashes Qt.
        self._known = QStringListModel(self)
        completer = QCompleter(self._known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        rows = QListView()
        rows.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        rows.setProperty("rows", "large")  # also for the mouse
        completer.setPopup(rows)
        self.setCompleter(completer)

    def offer(self, names: Sequence[str]) -> None:
        """Complete what is typed to one of these names."""
        self._known.setStringList(names)

    def setPlaceholderText(self, text: str) -> None:
        """What to type, and what the keys do with it."""
        super().setPlaceholderText(text)
        keys = tr("Enter takes the first that matches, or adds the name; Ctrl+Enter adds it in any case.")
        self.setToolTip(f"{text}\n{keys}")

    def _on_return(self) -> None:
        name, names = self.text(), self._names()
        is_new = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier)
        is_known = normalise_name(name) in map(normalise_name, (*names.values(), *self._known.stringList()))
        found = matching(name, names)
        self.clear()
        if not name.strip():
            self.left_empty.emit()
        elif found and not is_known and not is_new:
            self.entered.emit(names[found[0]], False)
        else:
            self.entered.emit(name, is_new)


class NameAtBox(NameField):
    """The name field that stands at a box on the canvas, for as long as it has the keyboard."""

    def __init__(self, left: SignalInstance, names: Callable[[], Mapping[int, str]], canvas: QWidget) -> None:
        super().__init__(left, names)
        self.setParent(canvas)
        self._canvas = canvas
        self.setAccessibleName(tr("Category of this box"))
        self.setPlaceholderText(tr("Name this box, then Enter"))
        self.setToolTip(tr("Esc leaves the box without a name for now"))
        self.hide()

    def show_at(self, box: BBox, text: str = "") -> None:
        """Ask for the name of the box that lies there, in pixels of the canvas; below it if there is room."""
        self.place(box)
        if text:
            self.setText(text)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def place(self, box: BBox) -> None:
        """Stand at the box, inside the canvas."""
        area = self._canvas.rect()
        size = self.sizeHint()
        width, height = min(_WIDTH, area.width()), size.height()
        below, above = box.bottom + _MARGIN, box.y - _MARGIN - height
        y = below if below + height <= area.height() else max(above, 0.0)
        x = min(max(box.x, 0.0), area.width() - width)
        self.setGeometry(round(max(x, 0.0)), round(max(min(y, area.height() - height), 0.0)), width, height)

    def event(self, event: QEvent) -> bool:
        """With nothing typed, undo and redo are those of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and not self.text():
            undoes = event.matches(QKeySequence.StandardKey.Undo) or event.matches(
                QKeySequence.StandardKey.Redo
            )
            if undoes:
                event.ignore()
                return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """It stands there only while something can be typed; what was typed is there the next time."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.hide()


def matching(text: str, names: Mapping[int, str]) -> list[int]:
    """Ids of the categories whose names hold a text, those first that begin with it, then those with such a
    word."""
    wanted = normalise_name(text)
    found = [(normalise_name(name), category_id) for category_id, name in names.items() if wanted]
    ranked = [
        (not name.startswith(wanted), f" {wanted}" not in name, name, category_id)
        for name, category_id in found
        if wanted in name
    ]
    return [category_id for *_, category_id in sorted(ranked)]
