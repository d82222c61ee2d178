"""Opens the window in the pseudo language and prints, as JSON, what people can read in it that was not looked
up in the catalogue."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ["HITL_DESKTOP_LANGUAGE"] = "pseudo"  # before anything is imported that has texts

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QEventLoop,
    QModelIndex,
    QObject,
    Qt,
    QTimer,
)
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabWidget,
    QWidget,
)

from hitl_desktop.inference.model_card import read_card
from hitl_desktop.paths import models_dir
from hitl_desktop.settings import Settings
from hitl_desktop.ui.keys.action_table import ACTIONS
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.conftest import Answers

CLASSES = read_card(models_dir() / "nanodet_g_416.toml").classes
NAMES = {word for name in CLASSES for word in name.split()} | {
    "HITL", "Desktop", "COCO", "ONNX", "JSON", "Ctrl", "Shift", "Alt", "Esc", "Enter", "Return", "Tab", "Space", "Del",
    "Backspace", "PgUp", "PgDown", "Home", "End", "Left", "Right", "Up", "Down", "Ins", "Delete", "Insert", "cat", "jpg",
    "png", "hitl", "pictures", "occluded", "truncated", "difficult", "crowd", "CPU", "Apache", "Apache-2.0",
}  # fmt: skip
"""Names, keys and what the test itself typed."""
OF_LIBRARIES = {
    "Float", "Close", "Scroll Left", "Scroll Right", "OK", "Cancel", "Save", "Press shortcut",
}  # fmt: skip
"""Texts of Qt, which it translates or does not."""


def texts_of(widget: QObject) -> Iterator[str]:
    if isinstance(widget, QWidget):
        yield widget.toolTip()
        yield widget.accessibleName()
        yield widget.windowTitle()
    if isinstance(widget, QAction | QAbstractButton | QLabel):
        yield widget.text()
    if isinstance(widget, QMenu | QGroupBox):
        yield widget.title()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QTabWidget):
        yield from (widget.tabText(i) for i in range(widget.count()))
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(i) for i in range(widget.count()))
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from cells_of(widget.model())


def cells_of(model: QAbstractItemModel) -> Iterator[str]:
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())
    for column in range(columns):
        yield str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        for row in range(min(model.rowCount(QModelIndex()), 200)):
            for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
                yield str(model.data(model.index(row, column), role) or "")


def missing_in(text: str) -> list[str]:
    """The words of a text that are in no catalogue: those outside of its brackets."""
    text = re.sub(r"<b>[^<]*</b>&nbsp;", " ", text)  # keys, of which one is a bracket
    text = re.sub(r"<[^>]*>|&nbsp;|\S+\.(png|jpg|hitl)|\w+_\w+", " ", text)  # names of files and models
    while (shorter := re.sub(r"\[[^\[\]]*\]", " ", text)) != text:
        text = shorter
    return [w for w in re.findall(r"[A-Za-z]{2,}", text.replace("&", "")) if w not in NAMES]


class Reader:
    """Reads all texts of the program again and again, and closes each dialog once it was read."""

    def __init__(self, window: MainWindow) -> None:
        self.found: dict[str, str] = {}
        self.act = "welcome"
        self._window = window
        self._timer = QTimer(window, interval=20)
        self._timer.timeout.connect(self.close_dialogs)
        self._timer.start()

    def read(self) -> None:
        window = self._window
        for widget in [*window.findChildren(QObject), *QApplication.topLevelWidgets()]:
            for text in texts_of(widget):
                self._note(text)
        self._note(window.news.text())

    def _note(self, text: str) -> None:
        if text and text not in OF_LIBRARIES and missing_in(text):
            self.found.setdefault(text, self.act)

    def close_dialogs(self) -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, QDialog | QMenu) and dialog.isVisible():
                self.read()
                dialog.close()

    def settle(self) -> None:
        """Let what was started end."""
        loop = QEventLoop()
        QTimer.singleShot(30, loop.quit)
        loop.exec()
        while self._window.runner.jobs:
            QTimer.singleShot(20, loop.quit)
            loop.exec()
        self.close_dialogs()


def main() -> None:
    app = QApplication([])
    window = MainWindow(Settings(), automatic=False, ask=lambda _: Answers())
    window.resize(1280, 720)
    window.show()
    reader = Reader(window)
    reader.read()
    window.open_path(Path(sys.argv[1]))
    reader.settle()
    window.session.project_acts.add_category("cat")
    reader.act = "open"
    reader.read()
    for spec in ACTIONS:
        if spec.id in {"quit", "open_sample"} or spec.held or not window.actions_[spec.id].isEnabled():
            continue
        reader.act = spec.id
        window.actions_[spec.id].trigger()
        reader.settle()
        reader.read()
    window.close()
    app.processEvents()
    print(json.dumps(reader.found))


if __name__ == "__main__":
    main()
