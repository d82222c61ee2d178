"""Everything of a category from a score up: seen as a wall of crops, then accepted at once; and the sample of
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QPushButton,
    QSlider,
)

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.crop_wall import CropWall
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.quality.score_histogram import ScoreHistogram
from hitl_desktop.ui.review.crop_list import CropList, Entry
from hitl_desktop.ui.review.image_mode import ImageMode
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.flow import FlowLayout
from hitl_desktop.workflows.prediction.bulk_accept import Preview

_SLIDER = 120
_PREVIEW_AFTER_MS = 250
"""A preview follows a change of category or score after this pause."""


class BulkAcceptMode(ReviewMode):
    """Who accepts wants the last preview without those taken `out`.

    Signals:
        preview_asked: (name, score) of the wall that is wanted, at once and after each change.
        accept_asked: what is previewed is to be accepted.
    """

    preview_asked = Signal(str, float)
    accept_asked = Signal()

    def __init__(self, names: Sequence[str], thresholds: Mapping[str, float]) -> None:
        super().__init__(ReviewKind.BULK, tr("Accept many at once"))
        self.preview: Preview | None = None
        self._thresholds = dict(thresholds)
        self.name = QComboBox()
        name_choice(self.name, tr("Category"))
        self.name.addItems(list(names))
        self.score = QDoubleSpinBox()
        self.score.setRange(0.05, 1.0)
        self.score.setSingleStep(0.05)
        self.score.setPrefix(tr("score from "))
        self.score.setAccessibleName(tr("Accept from this score up"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(5, 100)
        self.slider.setPageStep(5)
        self.slider.setFixedWidth(_SLIDER)
        self.slider.setAccessibleName(tr("Accept from this score up"))
        self.slider.valueChanged.connect(self._on_slider)
        self.histogram = ScoreHistogram()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PREVIEW_AFTER_MS)
        self._soon.timeout.connect(self._ask_for_preview)
        self.crops = CropWall(tr("A random part of what would be accepted"))
        self.accept_button = QPushButton(tr("&Accept all"))
        self.accept_button.setProperty("primary", "true")
        self.accept_button.setEnabled(False)
        self.accept_button.clicked.connect(self.accept_asked)
        row = FlowLayout()
        for widget in (self.name, self.histogram, self.slider, self.score, self.accept_button):
            row.addWidget(widget)
        self.body.insertLayout(1, row)
        self.body.addWidget(self.crops, 1)
        self.setFocusProxy(self.name)
        self.name.currentTextChanged.connect(self._on_name)
        self.score.valueChanged.connect(self._forget)
        self.crops.itemSelectionChanged.connect(self._show_text)
        self._on_name(self.name.currentText())

    def _on_name(self, name: str) -> None:
        self.histogram.show_scores(())
        self.score.setValue(self._thresholds.get(name, 0.9))
        self._forget()

    def _on_slider(self, value: int) -> None:
        self.score.setValue(value / 100)

    def _forget(self) -> None:
        """The wall shows what was asked for before."""
        self.slider.setValue(round(100 * self.score.value()))
        self.histogram.show_threshold(self.score.value())
        self.preview = None
        self.crops.clear()
        self.accept_button.setEnabled(False)
        self.words.setText(tr("Looking at what that would accept."))
        self._soon.start()

    def _ask_for_preview(self) -> None:
        self._soon.stop()
        self.preview_asked.emit(self.name.currentText(), self.score.value())

    def show_progress(self, done: int, total: int) -> None:
        """Show how many images were looked at."""
        if self.preview is None and total:
            self.words.setText(
                tr(
                    "Looking at what that would accept: {done} of {images}.",
                    done=done,
                    images=counted(total, "image"),
                )
            )

    def show_preview(self, preview: Preview) -> None:
        """Show what would be accepted, if it is still what is asked for."""
        if (preview.name, round(preview.threshold, 2)) != (
            self.name.currentText(),
            round(self.score.value(), 2),
        ):
            return
        self._forget()
        self._soon.stop()
        self.preview = preview
        self.histogram.show_scores(preview.scores)
        for _, pixels in preview.shown:
            self.crops.add(pixels)
        self.crops.selectAll()
        self._show_text()

    def show_problem(self, words: str) -> None:
        """Nothing can be previewed, and why."""
        self._forget()
        self._soon.stop()
        self.words.setText(words)

    @property
    def out(self) -> list[int]:
        """The predictions that were taken out of the wall."""
        chosen = {index.row() for index in self.crops.selectedIndexes()}
        shown = self.preview.shown if self.preview else []
        return [p.prediction_id for row, (p, _) in enumerate(shown) if row not in chosen]

    def _images_left(self) -> int:
        """On how many images there are boxes that were not taken out."""
        proposals, out = self.preview.proposals if self.preview else [], set(self.out)
        return len({p.image_id for p in proposals if p.prediction_id not in out})

    def _show_text(self) -> None:
        if self.preview is None:
            return
        boxes, out = len(self.preview.proposals), len(self.out)
        part = (
            tr("all")
            if len(self.preview.shown) == boxes
            else tr("{shown} drawn at random", shown=len(self.preview.shown))
        )
        blind = self.preview.not_examined
        ahead = (
            tr(
                "On {images} the trained model has not run yet; only the detector's boxes count there.",
                images=counted(blind, "image"),
            )
            if blind
            else ""
        )
        self.words.setText(
            sentences(
                tr(
                    "{boxes} on {images}; {part} are shown, a click takes one out. The "
                    "images stay on the to-do list; a random sample is set aside for you to check.",
                    boxes=counted(boxes - out, "box"),
                    images=counted(self._images_left(), "image"),
                    part=part,
                ),
                ahead,
            )
        )
        self.accept_button.setEnabled(boxes > out)


class BulkSampleMode(ImageMode):
    """One box of the sample after the other, which the list shows with the verdicts; Backspace takes the last
    one back.

    Signals:
        judged: whether the box shown is wrong.
        back_asked: the latest verdict is to be taken back.
    """

    judged = Signal(bool)
    back_asked = Signal()

    def __init__(self, queue: CropList) -> None:
        super().__init__(ReviewKind.BULK, tr("Sample of what was accepted at once"), queue)
        self._list = queue
        self.right, self.wrong = (
            QPushButton(tr("Right (1 or Enter)")),
            QPushButton(tr("Wrong: delete it (2 or X)")),
        )
        self.take_back = QPushButton(tr("Take back the last answer (Ctrl+Z)"))
        self.take_back.clicked.connect(self.back_asked)
        self.add_row(self.right, self.wrong, self.take_back)
        self.right.clicked.connect(lambda: self._judge(is_wrong=False))
        self.wrong.clicked.connect(lambda: self._judge(is_wrong=True))

    def show_sample(self, entries: Sequence[Entry], row: int) -> None:
        """List the boxes of the sample, of which one is at hand."""
        self._list.show_entries(entries, row)

    def show_box(self, image_id: int, path: Path, bbox: BBox, name: str, colour: int, words: str) -> None:
        """Show a box on its image."""
        self.words.setText(words)
        if image_id != self.image_id or not self.canvas.has_image:
            self.load_image(image_id, path)
        item = BoxItem(BoxKey(Kind.TRUTH, 1), bbox, name, colour)
        self.canvas.show_items([item])
        self.canvas.selection.select(item.key)
        self.canvas.camera.zoom_to_box(bbox)
        for button in (self.right, self.wrong):
            button.setEnabled(True)

    def show_result(self, words: str) -> None:
        """All were looked at."""
        self.words.setText(words)
        self.clear(tr("The whole sample has been reviewed."))
        for button in (self.right, self.wrong):
            button.setEnabled(False)

    def _judge(self, *, is_wrong: bool) -> None:
        if self.right.isEnabled() and not self.passes_over() and self.canvas.has_image:
            self.judged.emit(is_wrong)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys judge."""
        self.touch()
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            return
        if key in (Qt.Key.Key_1, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._judge(is_wrong=False)
        elif self.takes_back(event):
            self.back_asked.emit()
        elif key in (Qt.Key.Key_2, Qt.Key.Key_X, Qt.Key.Key_Delete):
            self._judge(is_wrong=True)
        else:
            super().keyPressEvent(event)
