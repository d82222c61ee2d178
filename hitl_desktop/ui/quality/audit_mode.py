"""An image of an audit: looked at without boxes first, then with its labels, then judged by key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QPushButton

from hitl_desktop.domain.audits import Error, Verdict
from hitl_desktop.texts import AUDIT_ERROR_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.items import BoxItem
from hitl_desktop.ui.review.crop_list import CropList
from hitl_desktop.ui.review.image_mode import ImageMode
from hitl_desktop.ui.review.kinds import ReviewKind


class AuditMode(ImageMode):
    """Shows one image after the other, with a list of those of the audit.

    Signals:
        judged: the verdict on the image shown.
        back_asked: the one before is to be judged anew.
        again_asked: a judged one (its place in the list) is to be judged anew.
        correction_asked: the same, once all are judged: its labels are to be corrected.
        save_asked: the report is to be written.
    """

    judged = Signal(object)
    back_asked = Signal()
    again_asked = Signal(int)
    correction_asked = Signal(int)
    save_asked = Signal()

    def __init__(self, queue: CropList) -> None:
        super().__init__(ReviewKind.AUDIT, tr("Audit"), queue)
        self._items: list[BoxItem] = []
        queue.row_clicked.connect(self._on_row)
        self.errors = {
            error: QCheckBox(f"&{number}  {AUDIT_ERROR_TEXT[error]}")
            for number, error in enumerate((e for e in Error if e.is_visible_error), start=1)
        }
        self.reveal = QPushButton(tr("Show the labels (Space)"))
        self.done_button = QPushButton(tr("Judged, next (Enter)"))
        self.save = QPushButton(tr("Save the report..."))
        self.add_row(self.reveal, *self.errors.values(), self.done_button, self.save)
        self.reveal.clicked.connect(self._reveal)
        self.done_button.clicked.connect(self._judge)
        self.save.clicked.connect(self.save_asked)

    def _on_row(self, row: int) -> None:
        (self.correction_asked if self.save.isVisible() else self.again_asked).emit(row)

    @property
    def is_revealed(self) -> bool:
        """Whether the labels are shown."""
        return not self.reveal.isEnabled()

    def show_image(self, image_id: int, path: Path, items: Sequence[BoxItem], words: str) -> None:
        """Show an image without its labels, which wait to be revealed."""
        self._items = list(items)
        self.words.setText(
            tr(
                "{words} Look at the image first; then show the labels and mark what is wrong, if anything.",
                words=words,
            )
        )
        for box in self.errors.values():
            box.setChecked(False)
            box.setEnabled(False)
        self.reveal.setEnabled(True)
        self.done_button.setEnabled(False)
        self.save.hide()
        self.load_image(image_id, path)

    def show_result(self, words: str) -> None:
        """All were judged: say what that proves."""
        self.words.setText(words)
        self.clear(tr("All images of this audit are judged. Click one in the list to correct its labels."))
        for widget in (self.reveal, self.done_button, *self.errors.values()):
            widget.setEnabled(False)
        self.save.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space reveals, digits name what is wrong, Enter is the verdict."""
        self.touch()
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            return
        if key is Qt.Key.Key_Space and not self.is_revealed:
            self._reveal()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.done_button.isEnabled():
                self._judge()
            elif self.reveal.isEnabled():
                self.passes_over()
        elif self.takes_back(event):
            self.back_asked.emit()
        elif (number := key - Qt.Key.Key_1) in range(len(self.errors)):
            box = list(self.errors.values())[number]
            if box.isEnabled():
                box.toggle()
        else:
            super().keyPressEvent(event)

    def _reveal(self) -> None:
        self.touch()
        if self.passes_over() or not self.canvas.has_image:
            return
        self.canvas.show_items(self._items)
        self.reveal.setEnabled(False)
        self.done_button.setEnabled(True)
        for box in self.errors.values():
            box.setEnabled(True)

    def _judge(self) -> None:
        wrong = frozenset(error for error, box in self.errors.items() if box.isChecked())
        self.judged.emit(Verdict(self.image_id, wrong, self.seconds))
