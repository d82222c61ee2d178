"""Acts on the table of commands itself: find one, see all keys, choose other keys."""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from hitl_desktop.service.project.session import Session
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.keys.cheat_sheet import CheatSheet
from hitl_desktop.ui.keys.keys_editor import KeysEditor
from hitl_desktop.ui.keys.palette import Palette
from hitl_desktop.ui.widgets.once import once


class KeyActs:
    """`actions` are the commands of the window; afterwards `canvas` has the keyboard again.

    Before they are listed, `refresh` gives them the words that they have now.
    """

    def __init__(
        self, session: Session, canvas: QWidget, window: QWidget, refresh: Callable[[], None]
    ) -> None:
        self._session, self._canvas, self._window, self._refresh = session, canvas, window, refresh
        self._recent: list[str] = []

    def edit_keys(self, actions: Actions) -> None:
        """Choose other keys, and keep them."""
        names = self._session.known.of
        chords = {
            key: names[i]
            for i, key in self._session.known.hotkeys.items()
            if not key.isdigit() and i in names
        }
        with once(KeysEditor(actions, self._window, chords)) as editor:
            editor.exec()
        self._session.keep("keys", json.dumps(actions.chosen))

    def show_keys(self, actions: Actions) -> None:
        """Show all keys."""
        self._refresh()
        with once(CheatSheet(actions, self._window)) as sheet:
            sheet.exec()

    def find_command(self, actions: Actions) -> None:
        """Find a command by a part of its name, and run it; those run lately come first."""
        self._refresh()
        with once(Palette(actions, self._window, self._recent)) as palette:
            palette.exec()
        self._canvas.setFocus()
        chosen = palette.chosen
        if chosen is not None:
            self._recent = [chosen, *(action_id for action_id in self._recent if action_id != chosen)]
            actions[chosen].trigger()
