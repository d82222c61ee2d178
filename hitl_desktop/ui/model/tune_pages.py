"""Tune: is it learning, does it memorise, what does it mix up, what did it save. Figures open the boxes
behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from hitl_desktop.domain.words import counted
from hitl_desktop.learning.metrics import Interval
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.plots import SECOND_COLOUR, THIRD_COLOUR, add_curve, new_plot
from hitl_desktop.ui.widgets.tables import read_only_table
from hitl_desktop.workflows.quality.effort import Effort
from hitl_desktop.workflows.quality.tuning import (
    LATEST,
    NOTHING,
    Cell,
    Example,
    Point,
    Tuning,
    UnseenCategoryResult,
)

_EXAMPLE = Qt.ItemDataRole.UserRole


class TunePages(QObject):
    """One page for each of the model panel's views, made when it is first shown; `example_chosen` is a box to
    be shown.

    `chosen` is the cell of the confusion matrix, or the category, whose boxes are listed.
    """

    example_chosen = Signal(object)

    def __init__(
        self, tuning: Tuning, paths: Mapping[int, str], parent: QWidget, chosen: tuple[str, str] | None = None
    ) -> None:
        super().__init__(parent)
        self._parent = parent
        self._paths = dict(paths)
        self._cells = {(c.real, c.predicted): c for c in tuning.cells}
        self.chosen = chosen
        self._tuning = tuning
        self._made: dict[int, QWidget] = {}

    def page(self, number: int) -> QWidget:
        """A page by its place."""
        if number not in self._made:
            self._made[number] = (self._learning, self._mixed_up, self._effort)[number](self._tuning)
        return self._made[number]

    def _learning(self, tuning: Tuning) -> QWidget:
        page = QWidget()
        layout = QHBoxLayout(page)
        layout.setContentsMargins(8, 4, 8, 4)
        self.curve = new_plot(
            self._parent, tr("Learning curve"), tr("decided images"), tr("F1 on unseen images")
        )
        self.curve.addLegend(offset=(-10, -10), labelTextColor=self._parent.palette().text().color())
        every = (*tuning.curve, *tuning.held_out_curve)
        self.curve.setRange(xRange=(0, max((p.pictures for p in every), default=1) + 1), yRange=(0, 1))
        highlight = self._parent.palette().highlight().color()
        for points, colour, name, symbol in (
            (tuning.curve, highlight, tr("all images at first sight"), "o"),
            (tuning.drawn, SECOND_COLOUR, tr("a random sample of them"), "t"),
            (tuning.held_out_curve, THIRD_COLOUR, tr("names by the latest versions, held out"), "s"),
        ):
            add_curve(
                self.curve, colour, [p.pictures for p in points], [p.f1 for p in points],
                [p.interval for p in points], name, symbol=symbol,
            )  # fmt: skip
        self.gap = _label(
            tuning.gap.words
            if tuning.gap
            else tr("Overfitting is measured after {latest} decided images.", latest=2 * LATEST)
        )
        self.held_out = _label(tuning.held_out.words)
        self.stop = _label(tuning.stop or tr("Advice on when to stop appears after 20 reviewed images."))
        first = _label(_curve_words(tuning.curve))
        words = QVBoxLayout()
        for label in (first, self.gap, self.held_out, self.stop):
            words.addWidget(label)
        words.addStretch(1)
        layout.addWidget(self.curve, 3)
        layout.addLayout(words, 2)
        return page

    def _confusion_matrix(self, tuning: Tuning) -> QTableWidget:
        """What boxes are, in rows, against what they were called, in columns."""
        reals = sorted({c.real for c in tuning.cells} - {NOTHING})
        predictions = sorted({c.predicted for c in tuning.cells} - {NOTHING})
        rows, columns = [*reals, NOTHING], [*predictions, NOTHING]
        headings = [tr("called {c}", c=c) if c != NOTHING else tr("not found") for c in columns]
        matrix = read_only_table(tr("Confusion matrix: a cell shows its boxes"), headings, len(rows))
        matrix.setVerticalHeaderLabels([r if r != NOTHING else tr("no object") for r in rows])
        matrix.verticalHeader().show()
        for r, real in enumerate(rows):
            for c, predicted in enumerate(columns):
                cell = self._cells.get((real, predicted))
                if cell is None:
                    continue
                item = QTableWidgetItem(str(len(cell.examples)))
                item.setData(_EXAMPLE, cell)
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                if real == predicted:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                matrix.setItem(r, c, item)
        return matrix

    def _per_category(self, tuning: Tuning) -> QTableWidget:
        """Precision and recall of each category."""
        headings = (tr("Category"), tr("Right of those shown"), tr("Found of those there"))
        categories = read_only_table(
            tr("Precision and recall per category"), headings, len(tuning.categories)
        )
        for row, category in enumerate(tuning.categories):
            for column, text in enumerate(_row(category)):
                item = QTableWidgetItem(text)
                item.setData(_EXAMPLE, self._wrong_of(category.name))
                categories.setItem(row, column, item)
        return categories

    def _mixed_up(self, tuning: Tuning) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 4, 8, 4)
        self.matrix, self.categories = self._confusion_matrix(tuning), self._per_category(tuning)
        self.examples = read_only_table(tr("Boxes behind the chosen figure"), ("Image", "Box"), 0)
        self.words = _label(
            tr(
                "Suggestions as they were before training on their image. Choose a cell to "
                "see its boxes, a box to go there; a category's row shows what was wrong "
                "with it."
            )
        )
        for table in (self.matrix, self.categories):
            table.itemClicked.connect(self._open)
            table.itemActivated.connect(self._open)
        self.examples.itemActivated.connect(self._go)
        self.examples.itemClicked.connect(self._go)
        tables = QHBoxLayout()
        for table, stretch in ((self.matrix, 3), (self.categories, 3), (self.examples, 2)):
            tables.addWidget(table, stretch)
        layout.addWidget(self.words)
        layout.addLayout(tables, 1)
        if self.chosen is not None:
            self._list(self._cells.get(self.chosen) or self._wrong_of(self.chosen[0]))
        return page

    def _effort(self, tuning: Tuning) -> QWidget:
        page = QWidget()
        layout = QHBoxLayout(page)
        layout.setContentsMargins(8, 4, 8, 4)
        stretches = tuning.effort.stretches
        saved = [(e.saved, e.saved_interval) for e in stretches]
        minutes = [(e.minutes, e.minutes_interval) for e in stretches]
        self.effort = self._over_time(
            tr("Effort saved over time"), tr("effort saved"), stretches, saved, highest=1.0
        )
        self.minutes = self._over_time(
            tr("Minutes an image over time"), tr("minutes an image"), stretches, minutes
        )
        name = tr("Effort of a random sample of the images, and of all others")
        self.arms = read_only_table(name, (tr("Images"), tr("Effort saved"), tr("Minutes an image")), 2)
        for row, (name, effort) in enumerate(
            ((tr("a random sample"), tuning.effort.drawn), (tr("all others"), tuning.effort.others))
        ):
            for column, text in enumerate((f"{name} ({effort.pictures})", *_effort_row(effort))):
                self.arms.setItem(row, column, QTableWidgetItem(text))
        estimates = QVBoxLayout()
        estimates.addWidget(
            _label(tr("Estimated from acts: drawing a box 7 s, verifying one 1.6 s, moving one 4 s."))
        )
        estimates.addWidget(self.arms, 1)
        for plot in (self.effort, self.minutes):
            layout.addWidget(plot, 2)
        layout.addLayout(estimates, 3)
        return page

    def _over_time(
        self,
        name: str,
        left: str,
        stretches: Sequence[Effort],
        values: Sequence[tuple[float | None, Interval | None]],
        *,
        highest: float = 0.0,
    ) -> Any:
        """A value of each stretch of images, with its interval, where it was measured."""
        plot = new_plot(self._parent, name, tr("decided images"), left)
        ends = list(accumulate(e.pictures for e in stretches))
        known = [(end, v, i or (v, v)) for end, (v, i) in zip(ends, values, strict=True) if v is not None]
        low = min((i[0] for _, _, i in known), default=0.0)
        high = max((i[1] for _, _, i in known), default=1.0)
        plot.setRange(
            xRange=(0, max([1, *ends])), yRange=(min(low, 0.0), max(highest, high))
        )  # proposals may cost more than they save
        if known:
            ends, middle, intervals = zip(*known, strict=True)
            add_curve(plot, self._parent.palette().highlight().color(), ends, middle, intervals, left)
        return plot

    def _wrong_of(self, name: str) -> Cell:
        """All boxes that were wrong about a category."""
        wrong = [
            c
            for (real, predicted), c in self._cells.items()
            if real != predicted and name in (real, predicted)
        ]
        return Cell(name, "", tuple(example for cell in wrong for example in cell.examples))

    def _open(self, item: QTableWidgetItem) -> None:
        self._list(item.data(_EXAMPLE))

    def _list(self, cell: Cell) -> None:
        self.chosen = (cell.real, cell.predicted)
        self.examples.setRowCount(len(cell.examples))
        for row, example in enumerate(cell.examples):
            x, y, w, h = example.bbox
            for column, text in enumerate(
                (
                    self._paths.get(example.image_id, ""),
                    tr("{w:.0f} x {h:.0f} at {x:.0f}, {y:.0f}", w=w, h=h, x=x, y=y),
                )
            ):
                shown = QTableWidgetItem(text)
                shown.setData(_EXAMPLE, example)
                self.examples.setItem(row, column, shown)

    def _go(self, item: QTableWidgetItem) -> None:
        example: Example = item.data(_EXAMPLE)
        self.example_chosen.emit(example)


def _curve_words(points: Sequence[Point]) -> str:
    if not points:
        return tr("Nothing to measure yet: no image with suggestions has been decided.")
    last = points[-1]
    low, high = last.interval
    return tr(
        "On the last {images}, before training on them: F1 {f1:.2f} (95 %: {low:.2f} to {high:.2f}).",
        images=counted(last.of, "image"),
        f1=last.f1,
        low=low,
        high=high,
    )


def _row(c: UnseenCategoryResult) -> tuple[str, str, str]:
    def share(part: int, of: int, interval: tuple[float, float]) -> str:
        return (
            tr(
                "{part} of {of}: {part_2:.0%} (95 %: {interval:.0%} to {interval_2:.0%})",
                part=part,
                of=of,
                part_2=part / of,
                interval=interval[0],
                interval_2=interval[1],
            )
            if of
            else "none"
        )

    return (
        c.name, share(c.right, c.shown, c.precision_interval), share(c.right, c.objects, c.recall_interval),
    )  # fmt: skip


def _effort_row(e: Effort) -> tuple[str, str]:
    saved = minutes = tr("too few images")
    if e.saved is not None and e.saved_interval is not None:
        low, high = e.saved_interval
        saved = tr(
            "{saved:.0%} (95 %: {low:.0%} to {high:.0%}; {boxes})",
            saved=e.saved,
            low=low,
            high=high,
            boxes=counted(e.boxes, "box"),
        )
    if e.minutes is not None and e.minutes_interval is not None:
        low, high = e.minutes_interval
        minutes = tr("{minutes:.2f} (95 %: {low:.2f} to {high:.2f})", minutes=e.minutes, low=low, high=high)
    return saved, minutes


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
