"""How consistent people are: about 2 % of decided images are labelled once more, blind. It is the model's
ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import as_array, iou_matrix, match
from hitl_desktop.domain.reannotation import LabelledBox, Reannotation
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.learning.metrics import Interval, ratio_interval
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

_FEWEST = 5
_CEILING = tr("No model can be better than that on these labels.")
_TOO_FEW = tr("Too few images to conclude much.")


def labels_of(project: Project, image_id: int) -> tuple[LabelledBox, ...]:
    """The labels an image has, crowds aside."""
    return tuple(
        LabelledBox(a.category_id, a.bbox) for a in project.annotations.of_image(image_id) if not a.crowd
    )


def store_reannotation(
    project: Project, image_id: int, again: Sequence[LabelledBox], seconds: float
) -> Reannotation:
    """Store what was drawn again; the image's labels stay as they are."""
    reannotation = Reannotation(image_id, labels_of(project, image_id), tuple(again), seconds)
    with project.db.transaction():
        project.reannotations.add(reannotation)
        project.queue.note_reviewed(image_id)
    return reannotation


@dataclass(frozen=True, slots=True)
class Consistency:
    """How far people agree with themselves, with 95 % intervals by image; None before anything was labelled
    again.

    F1 counts a box as the same with an overlap of .5, or .75, and the same category. `mean_iou` is that of
    boxes that overlap by .5, `same_category` the share of these with the same category.
    """

    pictures: int
    boxes: int
    f1: float | None
    f1_interval: Interval
    f1_strict: float | None
    f1_strict_interval: Interval
    mean_iou: float | None
    mean_iou_interval: Interval
    same_category: float | None
    same_category_interval: Interval

    @property
    def words(self) -> str:
        """It in a sentence."""
        if self.f1 is None:
            empty = tr(
                "{images} had no box either time, which tells nothing about boxes.",
                images=counted(self.pictures, "image"),
            )
            return empty if self.pictures else tr("Nothing has been labelled again yet.")
        low, high = self.f1_interval
        figures = [
            tr(
                "F1 {f1:.2f} (95 %: {low:.2f} to {high:.2f}; {images}, {boxes})",
                f1=self.f1,
                low=low,
                high=high,
                images=counted(self.pictures, "image"),
                boxes=counted(self.boxes, "box"),
            )
        ]
        if self.mean_iou is not None:
            figures.append(tr("mean overlap {mean_iou:.2f}", mean_iou=self.mean_iou))
        if self.same_category is not None:
            figures.append(tr("same category {same_category:.0%}", same_category=self.same_category))
        agreement = tr("You agree with yourself by {figures}.", figures=", ".join(figures))
        return sentences(agreement, _CEILING if self.pictures >= _FEWEST else _TOO_FEW)


_Counts = NDArray[np.float64]


def self_agreement(project: Project) -> Consistency:
    """How well the labels of images that were annotated twice agree."""
    return consistency(project.reannotations.all())


def consistency(reannotations: Sequence[Reannotation]) -> Consistency:
    """The agreement on images that were annotated twice."""
    rows = np.array([_compared(reannotation) for reannotation in reannotations], float).reshape(
        len(reannotations), 7
    )
    both, same, strict, matched, overlap, agree = (rows[:, n] for n in range(1, 7))

    return Consistency(
        len(reannotations), int(rows[:, 0].sum()), *_share(2 * same, both), *_share(2 * strict, both),
        *_share(overlap, matched), *_share(agree, matched),
    )  # fmt: skip


def _share(parts: _Counts, of: _Counts) -> tuple[float | None, Interval]:
    total = float(of.sum())
    return (float(parts.sum()) / total if total else None), ratio_interval(parts, of, is_share=True)


def _compared(reannotation: Reannotation) -> tuple[float, ...]:
    """Boxes before, boxes of both, the same at .5, at .75, overlapping by .5, their overlap, of the same
    category."""
    before, again = (as_array([b.bbox for b in boxes]) for boxes in (reannotation.before, reannotation.again))
    overlaps = (
        iou_matrix(again, before) if len(before) and len(again) else np.zeros((len(again), len(before)))
    )
    found = match(again, before, 0.5)
    pairs = [(row, column) for row, column in enumerate(found) if column is not None]
    return (
        len(reannotation.before),
        len(reannotation.before) + len(reannotation.again),
        _same(reannotation, 0.5),
        _same(reannotation, 0.75),
        len(pairs),
        sum(float(overlaps[pair]) for pair in pairs),
        sum(
            reannotation.again[row].category_id == reannotation.before[column].category_id
            for row, column in pairs
        ),
    )


def _same(reannotation: Reannotation, threshold: float) -> int:
    count = 0
    for category in {b.category_id for b in reannotation.before}:
        before, again = (
            as_array([b.bbox for b in boxes if b.category_id == category])
            for boxes in (reannotation.before, reannotation.again)
        )
        count += sum(index is not None for index in match(again, before, threshold))
    return count
