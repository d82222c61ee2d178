"""Every act by its words: type some of them, then Enter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.dialog_size import open_within_screen

_PASSED_ON = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


def match(typed: str, name: str) -> int | None:
    """How well a command's name matches what was typed, 0 best; None if some typed word is not in it.

    Best is a name that begins with it, then one that has its words at the beginnings of words and in order,
    then in any order, then anywhere.
    """
    name, words = name.casefold(), typed.casefold().split()
    if not all(word in name for word in words):
        return None
    if name.startswith(" ".join(words)):
        return 0
    if re.search(".*".join(rf"\b{re.escape(word)}" for word in words), name):
        return 1
    return 2 if all(re.search(rf"\b{re.escape(word)}", name) for word in words) else 3


class Palette(QDialog):
    """A list of acts that can be done now; `chosen` is the one to do once the palette is closed.

    Equally good matches are in order of use, the acts that were chosen last (`recent`, the latest first)
    before others.
    """

    def __init__(self, actions: Sequence[QAction], parent: QWidget, recent: Sequence[QAction] = ()) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Commands"))
        open_within_screen(self, 460, 420)
        self.chosen: QAction | None = None
        others = (action for action in actions if action not in recent)
        self._actions = [action for action in (*recent, *others) if action.isEnabled()]
        self.text = QLineEdit()
        self.text.setPlaceholderText(tr("Type some letters of a command"))
        self.text.setAccessibleName(tr("Find a command"))
        self.text.textChanged.connect(self._filter)
        self.text.returnPressed.connect(self._choose)
        self.text.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Commands"))
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(self.list)
        self._filter("")

    def _filter(self, typed: str) -> None:
        self.list.clear()
        ranks = {action: match(typed, name_of(action)) for action in self._actions}
        found = {action: rank for action, rank in ranks.items() if rank is not None}
        for action in sorted(found, key=lambda action: found[action]):
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(f"{name_of(action)}   ({keys})" if keys else name_of(action))
            item.setData(Qt.ItemDataRole.UserRole, action)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _choose(self) -> None:
        if self.list.currentRow() >= 0:
            self.chosen = self.list.currentItem().data(Qt.ItemDataRole.UserRole)
            self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move through the list while the field has the keyboard."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in _PASSED_ON
        ):
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)


def name_of(action: QAction) -> str:
    """What an action is called, without the marks of its menu."""
    return action.text().replace("&", "").rstrip(".")
