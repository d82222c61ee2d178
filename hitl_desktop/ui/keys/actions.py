"""The commands of the table as Qt actions: in menus, with shortcuts, enabled or with a reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QHelpEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QMainWindow, QMenu, QToolTip, QWidget

from hitl_desktop.translation import tr
from hitl_desktop.ui.keys.action_table import (
    ACTIONS,
    MENU_TITLES,
    SECTIONS,
    ActionSpec,
    Menu,
    When,
    clash,
    plain,
)


def _fixed(words: str, *keys: str) -> dict[str, ActionSpec]:
    spec = ActionSpec("", words, "", When.IMAGE, Menu.BOX, held=True)
    return dict.fromkeys(keys, spec)


_ARROWS = ("Left", "Right", "Up", "Down")
_OF_THE_CANVAS: Final = _fixed(tr("Give up, select nothing"), "Esc") | _fixed(
    tr("Move or resize the selected box"), *(f"{held}{a}" for held in ("", "Shift+", "Alt+") for a in _ARROWS)
)
"""Keys that the canvas answers itself, whatever the table says."""


_WHY_NOT: Final = "whyNot"


class CommandMenu(QMenu):
    """A menu in which the pointer on a disabled command shows why it is disabled."""

    def event(self, event: QEvent) -> bool:
        """Only disabled commands have a tool tip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            action = self.actionAt(event.pos())
            reason = action.property(_WHY_NOT) if action else ""
            QToolTip.showText(event.globalPos(), reason or "", self)
            return True
        return super().event(event)


class Actions:
    """The table as Qt actions in the menus of a window."""

    def __init__(
        self, window: QMainWindow, canvas: QWidget, handlers: Mapping[str, Callable[[], object]]
    ) -> None:
        self._chosen: dict[str, str] = {}
        self._reserved: frozenset[str] = frozenset()
        self._why_not: dict[When, str] = {}
        self._blocked: dict[str, str] = {}
        self._unlisted: set[str] = set()
        self._words: dict[str, str] = {}
        self._actions: dict[str, QAction] = {}
        self._held: dict[str, QAction] = {}
        self._more: dict[Menu, list[QAction]] = {}
        self._menus = {
            menu: CommandMenu(MENU_TITLES[menu], window)
            for menu in dict.fromkeys(spec.menu for spec in ACTIONS)
        }
        for spec in ACTIONS:
            action = QAction(spec.text, window)
            action.setAutoRepeat(False)  # a key held down must not decide images that nobody saw
            if spec.held:  # the canvas answers it; the menu only says so
                action.setEnabled(False)
                self._held[spec.id] = action
                continue
            if spec.on_canvas:
                action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
                canvas.addAction(action)
            else:
                window.addAction(action)  # its key counts in the whole window, whatever shows it
            action.triggered.connect(_without_argument(handlers[spec.id]))
            self._actions[spec.id] = action
        for menu in self._menus:
            self._fill(menu)
        self.load({})

    def _fill(self, menu: Menu) -> None:
        """Fill a menu with its listed commands, with a separator before each section."""
        shown = self._menus[menu]
        shown.clear()
        begins = False
        for spec in ACTIONS:
            if spec.menu is not menu:
                continue
            begins = begins or spec.id in SECTIONS
            if spec.id not in self._unlisted:
                if begins and shown.actions():
                    shown.addSeparator()
                shown.addAction(self._held.get(spec.id) or self._actions[spec.id])
                begins = False
        if menu in self._more:
            shown.addSeparator()
            shown.addActions(self._more[menu])

    def load(self, chosen: Mapping[str, str]) -> None:
        """Take the keys that a person chose, by act; all others have those they were delivered with."""
        self._chosen = {i: key for i, key in chosen.items() if i in self._actions or i in self._held}
        for spec in ACTIONS:
            if spec.id in self._held:
                self._held[spec.id].setText("\t".join((spec.text, *self.keys_of(spec.id))))
            if spec.id in self._actions:
                self._actions[spec.id].setShortcuts([QKeySequence(key) for key in self.keys_of(spec.id)])

    @property
    def chosen(self) -> dict[str, str]:
        """The keys that differ from those delivered, by act."""
        return dict(self._chosen)

    def keys_of(self, action_id: str) -> tuple[str, ...]:
        """The keys of an act now."""
        if action_id in self._chosen:
            key = self._chosen[action_id]
            return (key,) if key else ()
        # perhaps before this act was new
        chosen = [*self._reserved, *(key for other, key in self._chosen.items() if other != action_id)]
        delivered = next(spec.keys for spec in ACTIONS if spec.id == action_id)
        return tuple(key for key in delivered if not any(clash(key, other) for other in chosen))

    def reserve(self, keys: Iterable[str]) -> None:
        """Leave keys to the categories of the project, also those that an act was delivered with later."""
        if (reserved := frozenset(keys)) != self._reserved:
            self._reserved = reserved
            self.load(self._chosen)

    def owner_of(self, key: str, *, other_than: str = "") -> ActionSpec | None:
        """The act that a key, or its beginning, belongs to."""
        for spec in ACTIONS:
            keys = self.keys_of(spec.id)
            if spec.id != other_than and any(clash(key, its) for its in keys):
                return spec
        return next((spec for its, spec in _OF_THE_CANVAS.items() if clash(key, its)), None)

    def rebind(self, action_id: str, key: str) -> ActionSpec | None:
        """Give an act another key, or none; if another act has that key, nothing changes and it is
        returned."""
        taken = self.owner_of(key, other_than=action_id) if key else None
        if taken is None:
            delivered = next(spec.shortcut for spec in ACTIONS if spec.id == action_id)
            chosen = {i: k for i, k in self._chosen.items() if i != action_id}
            self.load(chosen if key == delivered else chosen | {action_id: key})
        return taken

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def menu(self, menu: Menu) -> QMenu:
        """One of the menus."""
        return self._menus[menu]

    @property
    def menus(self) -> list[QMenu]:
        """The menus, in their order."""
        return list(self._menus.values())

    def add_to_menu(self, menu: Menu, actions: list[QAction]) -> None:
        """Put what Qt made itself, such as the switches of docks, at the end of a menu."""
        self._more[menu] = actions
        self._fill(menu)

    @property
    def listed(self) -> list[ActionSpec]:
        """The commands that exist now, in the order of the table: there may be no fifth tag."""
        return [spec for spec in ACTIONS if spec.id not in self._unlisted]

    def words_of(self, spec: ActionSpec) -> str:
        """The text of a command, perhaps with a name from the project."""
        return self._words.get(spec.id, spec.words)

    def of_menu(self, menu: Menu) -> list[QAction]:
        """The acts of a menu, for the same menu elsewhere."""
        return [self._actions[spec.id] for spec in ACTIONS if spec.menu == menu and spec.id in self._actions]

    def name(self, words: Mapping[str, str | None]) -> None:
        """Rename commands (with `&` for mnemonics); those renamed to None are not listed, and keep their
        shortcuts."""
        unlisted = self._unlisted
        self._unlisted = {i for i in unlisted if i not in words} | {
            i for i, its in words.items() if its is None
        }
        for action_id, its in words.items():
            if its is not None:
                self._words[action_id] = plain(its)
                self._actions[action_id].setText(its)
        if unlisted != self._unlisted:
            for menu in {spec.menu for spec in ACTIONS if spec.id in unlisted ^ self._unlisted}:
                self._fill(menu)

    def enable(self, *, project: str, image: str) -> None:
        """Disable what is unavailable: each argument is the reason, or empty while there is none."""
        why_not = {When.ALWAYS: "", When.PROJECT: project, When.IMAGE: image}
        if self._why_not != why_not:  # it is asked after each act
            self._why_not = why_not
            for spec in ACTIONS:
                self._enable(spec)

    def block(self, action_id: str, why: str) -> None:
        """Disable one command for this reason; an empty reason enables it again."""
        if self._blocked.get(action_id, "") != why:
            self._blocked[action_id] = why
            self._enable(next(spec for spec in ACTIONS if spec.id == action_id))

    def why_not(self, spec: ActionSpec) -> str:
        """Why a command is disabled; empty if it is not."""
        return self._why_not.get(spec.when, "") or self._blocked.get(spec.id, "")

    def bind(self, action_id: str, button: QAbstractButton) -> None:
        """Let a button do what a command does; while it is disabled its tool tip gives the reason."""
        action, tip = self._actions[action_id], button.toolTip()
        spec = next(spec for spec in ACTIONS if spec.id == action_id)

        def follow() -> None:
            button.setEnabled(action.isEnabled())
            button.setToolTip(self.why_not(spec) or tip)

        button.clicked.connect(action.trigger)
        action.changed.connect(follow)
        follow()

    def _enable(self, spec: ActionSpec) -> None:
        if spec.id in self._actions:
            action, why_not = self._actions[spec.id], self.why_not(spec)
            action.setEnabled(not why_not)
            action.setProperty(_WHY_NOT, why_not)


def _without_argument(handler: Callable[[], object]) -> Callable[[bool], object]:
    return lambda _checked: handler()
