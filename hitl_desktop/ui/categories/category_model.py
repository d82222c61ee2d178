"""The categories as rows: key, name, number of boxes, and whether they are suggested by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from hitl_desktop.domain.words import counted
from hitl_desktop.learning.metrics import Interval
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.row_buttons import BUTTONS, RowButton
from hitl_desktop.workflows.quality.tuning import UnseenCategoryResult

Index = QModelIndex | QPersistentModelIndex
THRESHOLD: Final = "threshold"


class Learned(StrEnum):
    """How far a category has come."""

    SUGGESTED = "suggested"
    LEARNING = "learning"
    NOTHING = "nothing"


_STATE_WORDS: Final = MappingProxyType(
    {
        Learned.SUGGESTED: tr("suggested automatically"),
        Learned.LEARNING: tr("still learning"),
        Learned.NOTHING: tr("no examples"),
    }
)


class CategoryRow(NamedTuple):
    """What a row shows; `is_trained` is by boxes of this project, not by a class of the detector alone."""

    category_id: int
    key: str
    name: str
    boxes: int
    learned: Learned
    is_trained: bool


class CategoryModel(QAbstractListModel):
    """The categories that are offered, in the order of their keys.

    Attributes:
        rows: What they show.
        figures: How suggestions of each category did before training on their images, by name; None while
            that was not measured.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.rows: list[CategoryRow] = []
        self.figures: Mapping[str, UnseenCategoryResult] | None = None

    def rowCount(self, parent: Index | None = None) -> int:
        """How many categories there are."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Their thresholds can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def row(self, number: int) -> CategoryRow | None:
        """What a row shows."""
        return self.rows[number] if 0 <= number < len(self.rows) else None

    def row_of(self, category_id: int | None) -> int:
        """The row of a category; -1 if it is not offered."""
        return next((n for n, row in enumerate(self.rows) if row.category_id == category_id), -1)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What is asked about a category."""
        row = self.row(index.row())
        if row is None:
            return None
        answers: dict[int, Callable[[CategoryRow], object]] = {
            Qt.ItemDataRole.DisplayRole: lambda row: row.name,
            BUTTONS: lambda row: (self._threshold_button(row),),
            Qt.ItemDataRole.ToolTipRole: self._tip,
            Qt.ItemDataRole.AccessibleTextRole: _in_words,
            Qt.ItemDataRole.AccessibleDescriptionRole: self._tip,
        }
        return answers[role](row) if role in answers else None

    def reload(self) -> None:
        """Read the categories; rows that stay the same are not touched."""
        rows, before = self._read(), self.rows
        if [row.category_id for row in rows] == [row.category_id for row in before]:
            self.rows = rows
            for number, (now, then) in enumerate(zip(rows, before, strict=True)):
                if now != then:  # after most acts one count is another, of perhaps hundreds
                    self.dataChanged.emit(self.index(number, 0), self.index(number, 0))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def _read(self) -> list[CategoryRow]:
        session = self._session
        if not session.is_open:
            return []
        known, counts, scorer = session.known, session.views.boxes_by_category(), session.known.scorer
        trained = set(scorer.category_ids[: scorer.trained_count]) if scorer else set[int | None]()
        of_detector = (
            {scorer.category_ids[c] for c in scorer.class_column.tolist()} if scorer else set[int | None]()
        )
        rows: list[CategoryRow] = []
        for category_id, name in known.offered.items():
            is_trained, boxes = category_id in trained, counts.get(category_id, 0)
            is_suggested = is_trained or category_id in of_detector
            learned = Learned.SUGGESTED if is_suggested else Learned.LEARNING if boxes else Learned.NOTHING
            key = known.hotkeys.get(category_id, "").replace(", ", " ")
            rows.append(CategoryRow(category_id, key, name, boxes, learned, is_trained))
        return rows

    def _threshold_button(self, row: CategoryRow) -> RowButton:
        thresholds = self._session.thresholds
        value = thresholds.of(row.category_id)
        tip = (
            tr("Suggestions of this category are shown from {value:.2f} up. Click to change it.", value=value)
            if row.category_id in thresholds.own
            else tr("The general threshold, {value:.2f}. Click to set one for this category.", value=value)
        )
        return RowButton(THRESHOLD, "", tip, f"≥{value:.2f}")

    def _tip(self, row: CategoryRow) -> str:
        """The state in words, then how right suggestions were."""
        return "\n".join([row.name, self._state_words(row), *self._figure_words(row)])

    def _state_words(self, row: CategoryRow) -> str:
        if row.learned is Learned.SUGGESTED:
            return (
                tr("Suggested automatically: trained on your boxes.")
                if row.is_trained
                else tr("Suggested automatically: the detector has a class for it.")
            )
        if row.learned is Learned.NOTHING:
            return tr("No examples yet: draw a few boxes, and it is suggested after training.")
        done = self._session.views.done_images_with(row.category_id)
        if not done:
            return tr(
                "Still learning: 0 of 1 done image needed. Boxes count for training once their image is done."
            )
        return tr("Still learning: on {images} so far, not trained yet.", images=counted(done, "done image"))

    def _figure_words(self, row: CategoryRow) -> list[str]:
        if self.figures is None:
            return [tr("Precision and recall are being measured.")]
        figures = self.figures.get(row.name)
        if figures is None or not (figures.shown or figures.objects):
            return [tr("Precision and recall: not measured yet.")]
        lines: list[str] = [tr("Before training on these images:")]
        if figures.shown:
            share = _share(figures.right, figures.shown, figures.precision_interval)
            lines.append(tr("Precision {share}: right of those suggested", share=share))
        if figures.objects:
            share = _share(figures.right, figures.objects, figures.recall_interval)
            lines.append(tr("Recall {share}: found of those there", share=share))
        return lines


def _in_words(row: CategoryRow) -> str:
    """A row for screen readers."""
    key = tr("key {key}", key=row.key) if row.key else ""
    return ", ".join(filter(None, (row.name, key, counted(row.boxes, "box"), _STATE_WORDS[row.learned])))


def _share(part: int, of: int, interval: Interval) -> str:
    low, high = interval
    return tr(
        "{share:.0%} ({part} of {of}, 95 %: {low:.0%} to {high:.0%})",
        share=part / of,
        part=part,
        of=of,
        low=low,
        high=high,
    )
