"""A picture of an audit: looked at without boxes first, then with its labels, then judged by key."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hitl_desktop.domain.audits import Error, Verdict
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxItem
from hitl_desktop.ui.image_loader import ImageLoader, Loaded
from hitl_desktop.ui.session import IDLE_SECONDS


class AuditDialog(QDialog):
    """Shows one picture after the other; `judged` tells the verdict on the one shown, and whoever listens goes on."""

    judged = Signal(object)
    save_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Audit")
        self.resize(980, 760)
        self._loader = ImageLoader()
        self._loader.loaded.connect(self._on_loaded)
        self._image_id = 0
        self._items: list[BoxItem] = []
        self._seconds, self._since = 0.0, time.monotonic()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.canvas = Canvas()
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.installEventFilter(self)
        self.errors = {error: QCheckBox(f"&{number}  {error.value}") for number, error in enumerate(Error, start=1)}
        self.reveal = QPushButton("Show the labels (Space)")
        self.done_button = QPushButton("Judged, next (Enter)")
        self.save = QPushButton("Save the report...")
        row = QHBoxLayout()
        for widget in (self.reveal, *self.errors.values(), self.done_button, self.save):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addWidget(self.words)
        layout.addWidget(self.canvas, 1)
        layout.addLayout(row)
        self.reveal.clicked.connect(self._reveal)
        self.done_button.clicked.connect(self._judge)
        self.save.clicked.connect(self.save_asked)

    @property
    def is_revealed(self) -> bool:
        """Whether the labels are shown."""
        return not self.reveal.isEnabled()

    def show_picture(self, image_id: int, path: Path, items: Sequence[BoxItem], words: str) -> None:
        """Show a picture without its labels, which wait to be revealed."""
        self._image_id, self._items = image_id, list(items)
        self._seconds, self._since = 0.0, time.monotonic()
        self.words.setText(f"{words} Look for yourself first; then show the labels and say what is wrong, if anything.")
        for box in self.errors.values():
            box.setChecked(False)
            box.setEnabled(False)
        self.reveal.setEnabled(True)
        self.done_button.setEnabled(False)
        self.save.hide()
        self.canvas.placeholder = "The picture is still being read."
        self.canvas.show_picture((), (0, 0))
        self.canvas.show_items(())
        found = self._loader.want(image_id, path)
        if found is not None:
            self._on_loaded(image_id, found)

    def show_result(self, words: str) -> None:
        """All were judged: say what that proves."""
        self.words.setText(words)
        self.canvas.placeholder = "All pictures of this audit are judged."
        self.canvas.show_picture((), (0, 0))
        self.canvas.show_items(())
        for widget in (self.reveal, self.done_button, *self.errors.values()):
            widget.setEnabled(False)
        self.save.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space reveals, digits name what is wrong, Enter is the verdict."""
        self._touch()
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            return
        if key is Qt.Key.Key_Space and not self.is_revealed:
            self._reveal()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.done_button.isEnabled():
                self._judge()
        elif (number := key - Qt.Key.Key_1) in range(len(self.errors)):
            box = list(self.errors.values())[number]
            if box.isEnabled():
                box.toggle()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Nothing is drawn or moved here; wheel and middle button look around."""
        if isinstance(event, QMouseEvent):
            self._touch()
            pressed = event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
            if pressed and event.button() is Qt.MouseButton.LeftButton:
                return True
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """What was judged is kept; the rest waits."""
        self._end()
        super().closeEvent(event)

    def reject(self) -> None:
        """Escape ends it, too."""
        self._end()
        super().reject()

    def _end(self) -> None:
        self._loader.close()
        self.canvas.show_picture((), (0, 0))

    def _on_loaded(self, image_id: int, picture: Loaded) -> None:
        if image_id == self._image_id:
            self.canvas.placeholder = picture.problem
            self.canvas.show_picture(picture.levels, picture.size, picture.pyramid)

    def _reveal(self) -> None:
        self._touch()
        self.canvas.show_items(self._items)
        self.reveal.setEnabled(False)
        self.done_button.setEnabled(True)
        for box in self.errors.values():
            box.setEnabled(True)

    def _judge(self) -> None:
        self._touch()
        wrong = frozenset(error for error, box in self.errors.items() if box.isChecked())
        self.judged.emit(Verdict(self._image_id, wrong, round(self._seconds, 1)))

    def _touch(self) -> None:
        now = time.monotonic()
        self._seconds += min(now - self._since, IDLE_SECONDS)
        self._since = now
