"""What was measured of the loop, a page a tab: the charts of the report, and the boxes behind its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.imaging import RgbImage
from hitl_desktop.translation import tr
from hitl_desktop.ui.model.confusion_matrix import ConfusionMatrix
from hitl_desktop.ui.model.example_wall import MOST_SHOWN, ExampleWall
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.chart import Chart
from hitl_desktop.workflows.quality import effort, report_charts, tuning
from hitl_desktop.workflows.quality.report_charts import Data
from hitl_desktop.workflows.quality.report_crops import words_of
from hitl_desktop.workflows.quality.tuning import Cell, Example, Point, Tuning

MOST_CATEGORIES = 40
_MOST_MISTAKES = 20
_WORDS_WIDTH = 300


class TunePages(QObject):
    """One page for each of the model panel's views, made when it is first shown.

    `chosen` is the cell of the confusion matrix whose boxes are shown, (name, "") for all mistakes about a
    category.

    Signals:
        example_chosen: a box is to be shown on its image.
        crops_asked: crops of these boxes are wanted, for `show_crops`.
        page_asked: this page is to be shown.
    """

    example_chosen = Signal(object)
    crops_asked = Signal(object)
    page_asked = Signal(int)

    def __init__(
        self,
        tuned: Tuning,
        data: Data,
        paths: Mapping[int, str],
        parent: QWidget,
        chosen: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._tuned, self._data, self._paths = tuned, data, paths
        self._cells = {(c.real, c.predicted): c for c in tuned.cells}
        self.chosen = chosen
        self._made: dict[int, QWidget] = {}
        self._makers = (self._learning, self._by_category, self._mixed_up, self._effort)

    def page(self, number: int) -> QWidget:
        """A page by its place."""
        if number not in self._made:
            self._made[number] = self._makers[number]()
        return self._made[number]

    def _learning(self) -> QWidget:
        tuned = self._tuned
        curves = (tuned.curve, tuned.drawn, tuned.held_out_curve)
        draw = partial(report_charts.learning_curve, self._data)
        self.curve = Chart(
            tr("Learning curve"),
            draw if max(map(len, curves)) > 1 else _nothing,
            tr(
                "The learning curve appears here after {images} with suggestions are done.",
                images=counted(tuning.STRETCH + 1, "image"),
            ),
        )
        gap = tr(
            "Overfitting is measured once the model has been trained on {images}.",
            images=counted(2 * tuning.LATEST, "image"),
        )
        words = (
            _curve_words(tuned.curve),
            tuned.gap.words if tuned.gap else gap,
            tuned.held_out.words,
            tuned.stop or tr("Advice on when to stop appears after 20 reviewed images."),
        )
        return _row(self.curve, _column(*words))

    def _by_category(self) -> QWidget:
        rows = self._data["at_first_sight"]
        title = tr("Precision and recall by category")
        self._ranked = [c["name"] for c in report_charts.by_size(rows)[:MOST_CATEGORIES]]
        self.categories = Chart(
            title,
            lambda room: report_charts.precision_and_recall(title, rows, room, MOST_CATEGORIES),
            tr("Precision and recall of each category appear here once an image with suggestions is done."),
            fill=False,
        )
        self.categories.chosen.connect(self._show_mistakes)
        few = tr("Only the {n} categories with the most objects are shown.", n=MOST_CATEGORIES)
        words = sentences(
            tr(
                "Suggestions on the latest {images} as they were before training on them, with 95 % intervals. "
                "Choose a bar to see the mistakes about its category.",
                images=counted(self._tuned.mixed_images, "image"),
            ),
            few if len(rows) > MOST_CATEGORIES else "",
        )
        return _row(_stacked(_label(words), self.categories))

    def _show_mistakes(self, mark: int) -> None:
        name = self._ranked[mark // 2]  # each has a bar of precision and one of recall
        self.chosen = (name, "")
        self.page_asked.emit(self._makers.index(self._mixed_up))
        self._list(name, "")

    def _mixed_up(self) -> QWidget:
        self.matrix = ConfusionMatrix(self._data["mixed_up"])
        self.wall = ExampleWall()
        self.mistakes = QComboBox()
        name_choice(self.mistakes, tr("Most frequent mistakes"))
        self.mistakes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.mistakes.addItem(tr("Most frequent mistakes"))
        wrong = sorted(
            (c for c in self._tuned.cells if c.real != c.predicted), key=lambda c: -len(c.examples)
        )
        for cell in wrong[:_MOST_MISTAKES]:
            words = words_of(cell.real, cell.predicted)
            text = tr("{what} ({boxes})", what=words, boxes=counted(len(cell.examples), "box"))
            self.mistakes.addItem(text, (cell.real, cell.predicted))
        self.mistakes.activated.connect(self._on_mistake)
        self.matrix.opened.connect(self._on_opened)
        self.wall.example_chosen.connect(self.example_chosen)
        self.words = _label(_opening_words(self._tuned.cells))
        left = _stacked(
            _label(
                tr(
                    "The latest {images}. Rows: what people decided. Columns: what was suggested before "
                    "training. Blue and bold is correct, orange a mistake; the stronger, the larger its share "
                    "of the row.",
                    images=counted(self._tuned.mixed_images, "image"),
                )
            ),
            self.matrix,
        )
        top = QHBoxLayout()
        top.addWidget(self.words, 1)
        top.addWidget(self.mistakes, 1)
        right = QWidget()
        layout = QVBoxLayout(right)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.wall, 1)
        first = (wrong[0].real, wrong[0].predicted) if wrong else None
        if chosen := self.chosen or first:
            self._list(*chosen)
        return _row(left, right)

    def _on_mistake(self, row: int) -> None:
        key = self.mistakes.itemData(row)
        if key is not None:
            self.matrix.go_to(key)
            self._list(*key)

    def _on_opened(self, key: tuple[str, str], by_key: bool) -> None:
        self._list(*key)
        if by_key:
            self.wall.setFocus()
            self.wall.setCurrentRow(0)

    def _list(self, real: str, predicted: str) -> None:
        """Show the boxes of a cell, those with the highest scores first."""
        self.chosen = (real, predicted)
        if predicted:
            self.matrix.go_to(self.chosen)
        cell = self._cells.get(self.chosen)
        every = cell.examples if cell else self._mistakes_about(real)
        what = words_of(real, predicted) if predicted else tr("mistakes about {name}", name=real)
        shown = sorted(every, key=lambda e: -(e.score or 0.0))[:MOST_SHOWN]
        boxes = counted(len(every), "box")
        few = tr("{what} ({boxes}, {shown} shown)", what=what, boxes=boxes, shown=len(shown))
        self.words.setText(few if len(shown) < len(every) else tr("{what} ({boxes})", what=what, boxes=boxes))
        self.wall.show_frames(shown, self._paths, what)
        self.crops_asked.emit(shown)

    def show_crops(self, crops: Sequence[RgbImage | None]) -> None:
        """Fill the frames that wait."""
        self.wall.fill(crops)

    def _mistakes_about(self, name: str) -> Sequence[Example]:
        wrong = (c for key, c in self._cells.items() if key[0] != key[1] and name in key)
        return [example for cell in wrong for example in cell.examples]

    def _effort(self) -> QWidget:
        stretches = self._data["effort"]["stretches"]
        images = counted(effort.STRETCH + 1, "image")
        figures: tuple[tuple[str, Callable[..., str], str, str], ...] = (
            (
                tr("Corrections per image"), report_charts.corrections_an_image, "corrections",
                tr("Corrections per image appear here after {images} are done.", images=images),
            ),
            (
                tr("Minutes per image"), report_charts.minutes_an_image, "minutes",
                tr("Minutes per image appear here after {images} are done in this window.", images=images),
            ),
            (
                tr("Effort saved"), report_charts.effort_saved, "saved",
                tr("Effort saved appears here after {images} with boxes are done.", images=images),
            ),
        )  # fmt: skip
        self.effort = [
            Chart(
                name,
                partial(draw, stretches) if sum(s[key] is not None for s in stretches) > 1 else _nothing,
                empty,
            )
            for name, draw, key, empty in figures
        ]
        both = (
            (tr("A random sample of the images"), self._data["effort"]["drawn"]),
            (tr("All other images"), self._data["effort"]["others"]),
        )
        estimated = tr("Estimated from acts: drawing a box 7 s, verifying one 1.6 s, moving one 4 s.")
        words = [_effort_words(name, of) for name, of in both if of["pictures"]]
        return _row(*self.effort, _column(*words, estimated), even=True)


def _nothing(_: object) -> str:
    return ""


def _opening_words(cells: Sequence[Cell]) -> str:
    if not cells:
        return tr("Confusions appear here once an image with suggestions is done.")
    return tr("Choose a cell to see its boxes, and a box to go to its image.")


def _effort_words(name: str, of: Data) -> str:
    return tr(
        "{name} since the first training ({images}). Effort saved: {saved}. Minutes per image: {minutes}.",
        name=name,
        images=counted(of["pictures"], "image"),
        saved=report_charts.figure_words(of, "saved", "{:.0%}"),
        minutes=report_charts.figure_words(of, "minutes", "{:.2f}"),
    )


def _curve_words(points: Sequence[Point]) -> str:
    if not points:
        return tr("Nothing to measure yet: no image with suggestions is done.")
    last = points[-1]
    low, high = last.interval
    return tr(
        "On the last {images}, before training on them: F1 {f1:.2f} (95 %: {low:.2f} to {high:.2f}).",
        images=counted(last.of, "image"),
        f1=last.f1,
        low=low,
        high=high,
    )


def _row(*widgets: QWidget, even: bool = False) -> QWidget:
    """Side by side, the first ones wider unless `even`."""
    page = QWidget()
    layout = QHBoxLayout(page)
    layout.setContentsMargins(SPACE[1], SPACE[0], SPACE[1], SPACE[1])
    layout.setSpacing(SPACE[2])
    for n, widget in enumerate(widgets):
        layout.addWidget(widget, 1 if even or n else 2)
    return page


def _stacked(label: QLabel, widget: QWidget) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(label)
    layout.addWidget(widget, 1)
    return page


def _column(*paragraphs: str) -> QLabel:
    words = _label("\n\n".join(paragraphs))
    words.setMinimumWidth(_WORDS_WIDTH)
    words.setAlignment(Qt.AlignmentFlag.AlignTop)
    return words


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label
