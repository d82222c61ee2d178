"""Keeps commands up to date with the project: enabled or not, their texts, their check marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.attributes import COMMON
from hitl_desktop.domain.edits import Changes
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.attribute_panel import value_of
from hitl_desktop.ui.boxes.controller import Controller
from hitl_desktop.ui.boxes.inspector import Inspector
from hitl_desktop.ui.keys.action_table import Menu
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.review.modes import ReviewModes

OF_CATEGORY: Final = (
    *("rename_category", "recolour_category", "choose_category_key", "show_from", "general_threshold"),
    *("merge_category", "retire_category"),
)
"""The commands about the current category."""
_DIGITS = range(1, 10)
_DECISIONS = ("accept_picture", "mark_empty", "skip")
_WAYS_TO_DRAW = ("draw_by_drag", "draw_by_corners", "draw_by_extremes")


class ActStates:
    """Updates commands; numbered ones without a category, attribute or tag are left out of menus."""

    def __init__(
        self,
        session: Session,
        actions: Actions,
        controller: Controller,
        inspector: Inspector,
        window: QWidget,
    ) -> None:
        self._session, self._actions = session, actions
        self._controller, self._inspector = controller, inspector
        for attribute in COMMON:
            actions[f"say_{attribute.name}"].setCheckable(True)
        choose_one(actions, _WAYS_TO_DRAW, _WAYS_TO_DRAW[0], window)
        session.opened.connect(self.refresh)
        session.opened.connect(self.enable_versions)
        session.changed.connect(self._on_changed)
        session.names_changed.connect(self.refresh)
        session.category_changed.connect(self.refresh)
        for menu in (Menu.ATTRIBUTE, Menu.BOX, Menu.CATEGORY):
            actions.menu(menu).aboutToShow.connect(self.refresh)
        self.refresh()

    def _on_changed(self, changes: Changes) -> None:
        if changes.head:
            self.enable_versions()

    def enable(self, modes: ReviewModes) -> None:
        """Enable what is available now."""
        session = self._session
        back_first = tr("Go back to labelling first")
        reviews = back_first if modes.is_in_the_middle else ""
        for act in _DECISIONS:
            self._actions.block(act, back_first if modes.is_beside else "")
        is_decided = session.is_open and session.image_list.count("decided") > 0
        self._actions.block("learn", "" if is_decided else tr("No image is done yet"))
        no_project = reviews or ("" if session.is_open else tr("Open a project first"))
        no_image = no_project or ("" if session.image is not None else tr("No image is open"))
        self._actions.enable(project=no_project, image=no_image)

    def enable_versions(self) -> None:
        """Enable the use of another version if there is one to use."""
        has_newer, has_older = self._session.views.other_versions()
        self._actions.block("use_waiting", "" if has_newer else tr("No new version waits"))
        self._actions.block("go_back_a_head", "" if has_older else tr("No earlier version was used"))

    def enable_undo(self) -> None:
        """Enable undo and redo if there is something to undo or redo."""
        history = self._session.history
        self._actions.block("undo", "" if history.can_undo else tr("Nothing to undo"))
        self._actions.block("redo", "" if history.can_redo else tr("Nothing to redo"))

    def refresh(self) -> None:
        """Update texts and check marks from the project and the selection."""
        session, known = self._session, self._session.known
        category = known.offered.get(session.category_id) if session.category_id is not None else None
        of_digit = {key: known.of.get(i) for i, key in known.hotkeys.items()}
        tags = list(session.views.tags().values()) if session.is_open else []
        attributes = [attribute.name for attribute in self._inspector.free_attributes]
        words = _of_category(category or tr("the current category"))
        for n in _DIGITS:
            name = of_digit.get(str(n))
            words[f"category_{n}"] = tr("Category &{n}: {name}", n=n, name=_escaped(name)) if name else None
        words |= _numbered("tag", tags) | _numbered("attribute", attributes)
        self._actions.name(words)
        boxes = self._controller.in_hand() if session.is_open else []
        for attribute in COMMON:
            has_it = bool(boxes) and all(value_of(box, attribute.name) for box in boxes)
            self._actions[f"say_{attribute.name}"].setChecked(has_it)


def choose_one(actions: Actions, ids: Iterable[str], chosen: str, owner: QWidget) -> None:
    """Make these commands checkable, exactly one at a time; `chosen` is checked first."""
    group = QActionGroup(owner)
    for action_id in ids:
        actions[action_id].setCheckable(True)
        group.addAction(actions[action_id])
    actions[chosen].setChecked(True)


def _of_category(name: str) -> dict[str, str | None]:
    name = _escaped(name)
    return {
        "rename_category": tr("&Rename {name}...", name=name),
        "recolour_category": tr("&Colour of {name}...", name=name),
        "choose_category_key": tr("&Key of {name}...", name=name),
        "show_from": tr("&Show {name} from...", name=name),
        "general_threshold": tr("Use the &general threshold for {name}", name=name),
        "merge_category": tr("&Merge {name} into another category...", name=name),
        "retire_category": tr("Re&tire {name}...", name=name),
    }


def _numbered(kind: str, names: list[str]) -> dict[str, str | None]:
    shown = dict(zip(_DIGITS, map(_escaped, names), strict=False))
    return {f"{kind}_{n}": shown.get(n) for n in _DIGITS}


def _escaped(name: str) -> str:
    return name.replace("&", "&&")
