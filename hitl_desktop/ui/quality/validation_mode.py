"""Validation only: the proposals of an image, a verdict for each by key, nothing to draw with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QMenu, QPushButton

from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.validation import JudgedBox, Judgement, Validated
from hitl_desktop.domain.words import counted
from hitl_desktop.texts import JUDGEMENT_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.review.crop_list import CropList, Entry
from hitl_desktop.ui.review.image_mode import ImageMode
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.theme.categories import NEW_NAME_COLOUR
from hitl_desktop.ui.widgets.once import once

_MARKS = {
    Judgement.CORRECT: "✓",
    Judgement.CATEGORY: "≠",
    Judgement.PLACE: "↔",
    Judgement.FALSE: "✗",
    Judgement.MISSED: "+",
}
_KEYS = tr("1 correct, 2 wrong category, 3 badly placed, 4 nothing there, 5 something missed")


class ValidationMode(ImageMode):
    """The proposals of an image are its queue. One that nobody judged is correct: Enter confirms that a person
    looked at all of them. Backspace goes back.

    Signals:
        judged: the verdicts on the image shown; whoever listens shows the next one.
    """

    judged = Signal(object)
    back_asked = Signal()
    report_asked = Signal()
    promote_asked = Signal()

    def __init__(self, queue: CropList) -> None:
        super().__init__(ReviewKind.VALIDATION, tr("Validation only: nothing is learned from this"), queue)
        self._list = queue
        self._proposals: list[Proposal] = []
        self._judgements: dict[int, tuple[Judgement, int | None]] = {}
        self._missed: list[int | None] = []
        self._names: dict[int, str] = {}
        self._head_id: int | None = None
        self._is_waiting = False
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.buttons = {j: QPushButton(f"{n} {JUDGEMENT_TEXT[j]}") for n, j in enumerate(Judgement, start=1)}
        self.done_button = QPushButton(tr("All judged, next (Enter)"))
        self.report = QPushButton(tr("Report..."))
        self.promote = QPushButton(tr("Use as labels..."))
        self.promote.setToolTip(tr("Until you do this, verdicts are not used for training"))
        self.heading.insertWidget(2, self.state, 1)  # below the title it would take height from the image
        self.add_row(*self.buttons.values(), self.done_button, self.report, self.promote)
        queue.row_clicked.connect(self._select)
        self.canvas.selection_changed.connect(self._mark_row)
        for judgement, button in self.buttons.items():
            button.clicked.connect(lambda _=False, j=judgement: self.judge(j))
        self.done_button.clicked.connect(self._done)
        self.report.clicked.connect(self.report_asked)
        self.promote.clicked.connect(self.promote_asked)

    def show_proposals(
        self,
        image_id: int,
        path: Path,
        proposals: Sequence[Proposal],
        names: Mapping[int, str],
        head_id: int | None,
        words: str,
    ) -> None:
        """Show an image with what is proposed on it."""
        self._proposals, self._names, self._head_id = list(proposals), dict(names), head_id
        self._is_waiting = False
        self._judgements, self._missed = {}, []
        self.words.setText(
            tr(
                "{words} Tab goes to the next box. {keys}; Enter: the rest is correct, next image.",
                words=words,
                keys=_KEYS,
            )
        )
        self.load_image(image_id, path)
        self._show()
        self.canvas.select_next()
        self._enable(True)

    def wait(self) -> None:
        """The head is looking at the next image."""
        self.clear(tr("The model is processing the next image."))
        self._proposals, self._is_waiting = [], True
        self._list.show_entries(())
        self._enable(False)

    def show_end(self, words: str) -> None:
        """There is nothing more to judge."""
        self.words.setText(words)
        self.clear(tr("Every unseen image has been judged."))
        self.state.clear()
        self._proposals, self._is_waiting = [], False
        self._list.show_entries(())
        self._enable(False)

    def _enable(self, enabled: bool) -> None:
        for button in (*self.buttons.values(), self.done_button):
            button.setEnabled(enabled)

    def _show(self) -> None:
        items = [self._item(p) for p in self._proposals]
        self._list.show_entries(
            [
                Entry(p.prediction_id, p.image_id, p.bbox, item.label)
                for p, item in zip(self._proposals, items, strict=True)
            ]
        )
        self.canvas.show_items(items)
        self._mark_row()
        judgements = [judgement for judgement, _ in self._judgements.values()]
        parts = [counted(len(self._proposals), "box")]
        parts += [f"{judgements.count(j)} {JUDGEMENT_TEXT[j]}" for j in Judgement if judgements.count(j)]
        missed = ", ".join(self._names.get(c or 0, tr("of no category")) for c in self._missed)
        self.state.setText("; ".join([*parts, *([f"missed: {missed}"] if missed else [])]))

    def _item(self, p: Proposal) -> BoxItem:
        judgement, category_id = self._judgements.get(p.prediction_id, (None, None))
        mark = f" {_MARKS[judgement]}" if judgement else ""
        real = f" {self._names[category_id]}" if category_id in self._names else ""
        colour = p.category_id if p.category_id is not None else NEW_NAME_COLOUR
        doubt = 1 - float(abs(2 * p.score - 1))
        return BoxItem(
            BoxKey(Kind.PROPOSAL, p.prediction_id),
            p.bbox,
            f"{p.name} {p.score:.2f}{mark}{real}",
            colour,
            doubt,
        )

    def _select(self, row: int) -> None:
        self.canvas.selection.select(BoxKey(Kind.PROPOSAL, self._proposals[row].prediction_id))
        self.canvas.camera.bring_into_view(self._proposals[row].bbox)

    def _mark_row(self) -> None:
        """The row of the selected box."""
        last = self.canvas.selection.last
        ids = [p.prediction_id for p in self._proposals]
        row = ids.index(last.key.id) if last is not None and last.key.id in ids else -1
        self._list.setCurrentRow(row)

    def judge(self, judgement: Judgement) -> None:
        """A verdict on the selected box; what was missed needs none."""
        self.touch()
        if not self.done_button.isEnabled():
            return
        if judgement is Judgement.MISSED:
            wanted, category_id = self.ask_category(tr("What was missed?"))
            if wanted:
                self._missed.append(category_id)
            self._show()
            return
        selected = self.canvas.selection.last
        if selected is None:
            self.state.setText(tr("Select a box first: Tab, or a click."))
            return
        category_id = None
        if judgement is Judgement.CATEGORY:
            wanted, category_id = self.ask_category(tr("What is it really?"))
            if not wanted:
                return
        self._judgements[selected.key.id] = (judgement, category_id)
        self._show()
        self.canvas.select_next()

    def ask_category(self, title: str) -> tuple[bool, int | None]:
        """Whether it was said, and which category; None for none of them."""
        menu = QMenu(title, self)
        menu.addAction(title).setEnabled(False)
        menu.addSeparator()
        keys = "123456789"
        of = {
            menu.addAction(f"&{keys[n]}  {name}" if n < len(keys) else name): category_id
            for n, (category_id, name) in enumerate(self._names.items())
        }
        none = menu.addAction(tr("&0  none of these"))
        of_all: dict[object, int | None] = {**of, none: None}
        with once(menu):
            chosen: object = menu.exec(self._place_of_menu())
            return chosen in of_all, of_all.get(chosen)

    def _place_of_menu(self) -> QPoint:
        """Below the selected box, on the screen."""
        selected = self.canvas.selection.last
        if selected is None:
            return self.mapToGlobal(self.rect().center())
        box = self.canvas.camera.viewport.box_to_view(selected.bbox)
        return self.canvas.mapToGlobal(QPoint(round(box.x), round(box.bottom)))

    def on_click(self, event: QMouseEvent) -> None:
        """A click selects."""
        hit = self.canvas.hit(QPointF(event.position()))
        self.canvas.selection.select(hit.item.key if hit else None)

    def event(self, event: QEvent) -> bool:
        """Tab goes through the boxes, not through the buttons."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = Qt.Key(event.key())
            if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self.touch()
                self.canvas.select_next(1 if key is Qt.Key.Key_Tab else -1)
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits judge, Enter is done, Backspace goes back."""
        self.touch()
        key = Qt.Key(event.key())
        if event.isAutoRepeat():
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._done()
        elif self.takes_back(event):
            if self.done_button.isEnabled() or not self._is_waiting:
                self.back_asked.emit()
        elif (number := key - Qt.Key.Key_1) in range(len(Judgement)):
            self.judge(list(Judgement)[number])
        else:
            super().keyPressEvent(event)

    def _done(self) -> None:
        if not self.done_button.isEnabled() or self.passes_over() or not self.canvas.has_image:
            return
        boxes = [
            JudgedBox(judgement, p.category_id, p.name, p.bbox, p.score, category_id)
            for p in self._proposals
            for judgement, category_id in [self._judgements.get(p.prediction_id, (Judgement.CORRECT, None))]
        ]
        boxes += [JudgedBox(Judgement.MISSED, true_category_id=category_id) for category_id in self._missed]
        self.judged.emit(Validated(self.image_id, self._head_id, self.seconds, tuple(boxes)))
