"""Every act by its words: type some of them, then Enter."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

_PASSED_ON = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}


class Palette(QDialog):
    """A list of acts that can be done now; `chosen` is the one to do once the palette is closed."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.resize(460, 420)
        self.chosen: QAction | None = None
        self._actions = [action for action in actions if action.isEnabled()]
        self.text = QLineEdit()
        self.text.setPlaceholderText("Type some letters of a command")
        self.text.setAccessibleName("Find a command")
        self.text.textChanged.connect(self._filter)
        self.text.returnPressed.connect(self._choose)
        self.text.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(self.list)
        self._filter("")

    def _filter(self, typed: str) -> None:
        self.list.clear()
        words = typed.casefold().split()
        for action in self._actions:
            name = action.text().replace("&", "").rstrip(".")
            if all(word in name.casefold() for word in words):
                keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                item = QListWidgetItem(f"{name}   ({keys})" if keys else name)
                item.setData(Qt.ItemDataRole.UserRole, action)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _choose(self) -> None:
        if self.list.currentRow() >= 0:
            self.chosen = self.list.currentItem().data(Qt.ItemDataRole.UserRole)
            self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move through the list while the field has the keyboard."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _PASSED_ON:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)
