"""The keys of categories beyond the digits, which stand in the table of acts: they belong to the project."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from hitl_desktop.service.project.session import Session


class CategoryKeys(QObject):
    """Shortcuts on the canvas that follow the categories."""

    def __init__(
        self,
        session: Session,
        canvas: QWidget,
        use: Callable[[str], None],
        reserve: Callable[[set[str]], None],
    ) -> None:
        super().__init__()
        self._session, self._canvas, self._use, self._reserve = session, canvas, use, reserve
        self._shortcuts: dict[str, QShortcut] = {}
        session.opened.connect(self._refresh)
        session.changed.connect(self._refresh)

    def _refresh(self, _changes: object = None) -> None:
        wanted = {key for key in self._session.known.hotkeys.values() if not key.isdigit()}
        self._reserve(wanted)
        for key in set(self._shortcuts) - wanted:
            shortcut = self._shortcuts.pop(key)
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        for key in wanted - set(self._shortcuts):
            shortcut = QShortcut(QKeySequence(key), self._canvas)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(partial(self._use, key))
            self._shortcuts[key] = shortcut
