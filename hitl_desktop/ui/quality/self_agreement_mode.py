"""Label an image once more, without seeing its labels: draw, name, done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QPushButton

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.reannotation import LabelledBox
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.review.image_mode import ImageMode
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.widgets.announce import name_choice


class ReannotationMode(ImageMode):
    """`labelled` gives the boxes that were drawn."""

    labelled = Signal(object)

    def __init__(self) -> None:
        super().__init__(
            ReviewKind.BLIND, tr("Consistency check: label again without your labels"), draws=True
        )
        self._boxes: dict[int, LabelledBox] = {}
        self._names: dict[int, str] = {}
        self.category = QComboBox()
        name_choice(self.category, tr("Category of the next box, or of the selected one"))
        self.done_button = QPushButton(tr("Done (Enter)"))
        self.add_row(self.category, self.done_button)
        self.canvas.drawn.connect(self._on_drawn)
        self.canvas.changed.connect(self._on_changed)
        self.category.activated.connect(self._on_category)
        self.done_button.clicked.connect(self._finish)

    def show_image(self, image_id: int, path: Path, names: Mapping[int, str], words: str) -> None:
        """Show an image without its labels."""
        self._boxes, self._names = {}, dict(names)
        now = self.category.currentData()
        self.category.clear()
        for number, (category_id, name) in enumerate(names.items(), start=1):
            self.category.addItem(f"{number}  {name}" if number < 10 else name, category_id)
        self.category.setCurrentIndex(max(self.category.findData(now), 0))
        if not names:
            words = tr(
                "{words} There is no category yet, so it can only be marked as empty (Enter).", words=words
            )
        self.words.setText(
            tr(
                "{words} Draw every box as if you saw it for the first time; digits choose "
                "the category, X takes the selected box away. What you draw changes no "
                "label: it measures how far you agree with yourself.",
                words=words,
            )
        )
        self.load_image(image_id, path)
        self.done_button.setEnabled(True)

    def show_result(self, words: str) -> None:
        """Nothing more is due."""
        self.words.setText(words)
        self.clear(tr("No more images are due to be labelled again."))
        self.done_button.setEnabled(False)

    def _show(self, selected: int | None = None) -> None:
        self.canvas.show_items(
            [
                BoxItem(
                    BoxKey(Kind.TRUTH, number),
                    box.bbox,
                    self._names.get(box.category_id, ""),
                    box.category_id,
                )
                for number, box in self._boxes.items()
            ]
        )
        self.canvas.selection.select(BoxKey(Kind.TRUTH, selected) if selected is not None else None)

    def _on_drawn(self, bbox: BBox) -> None:
        category_id = self.category.currentData()
        if category_id is not None and self.done_button.isEnabled():
            number = max(self._boxes, default=0) + 1
            self._boxes[number] = LabelledBox(category_id, bbox)
            self._show(number)

    def _on_changed(self, changed: Mapping[BoxKey, BBox]) -> None:
        for key, bbox in changed.items():
            self._boxes[key.id] = LabelledBox(self._boxes[key.id].category_id, bbox)
        self._show(next(iter(changed)).id)

    def _on_category(self) -> None:
        selected, category_id = self.canvas.selection.last, self.category.currentData()
        if selected is not None and category_id is not None:
            self._boxes[selected.key.id] = LabelledBox(category_id, selected.bbox)
            self._show(selected.key.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits choose, X removes, Enter is done."""
        self.touch()
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif key in (Qt.Key.Key_X, Qt.Key.Key_Delete):
            for item in self.canvas.selection.items:
                del self._boxes[item.key.id]
            self._show()
        elif (number := key - Qt.Key.Key_1) in range(self.category.count()):
            self.category.setCurrentIndex(number)
            self._on_category()
        else:
            super().keyPressEvent(event)

    def _finish(self) -> None:
        if self.done_button.isEnabled() and not self.passes_over() and self.canvas.has_image:
            self.labelled.emit(list(self._boxes.values()))
