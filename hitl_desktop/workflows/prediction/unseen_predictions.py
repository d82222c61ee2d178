"""What was proposed on images before training on them, beside what people then decided: the honest
score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.calibration import BY_DETECTOR, BY_HEAD, FOUND
from hitl_desktop.domain.comparison import NamedBoxes, same_name
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import shown
from hitl_desktop.learning.calibration import CalibrationSamples
from hitl_desktop.learning.metrics import Interval, clustered_interval
from hitl_desktop.store.predictions import KEEP_FROM, UnseenPrediction
from hitl_desktop.store.project import Project

BoxT = TypeVar("BoxT", UnseenPrediction, Proposal)

LATEST = 20
"""The score is about so many of the latest images, for earlier heads knew less."""


@dataclass(frozen=True, slots=True)
class UnseenResult:
    """An image as it was seen first: the boxes proposed, best first, and whether each was right; objects
    there are.

    A box is right if it overlaps an object of its name by half, and is the first to do so.
    """

    image_id: int
    boxes: tuple[UnseenPrediction, ...]
    right: tuple[bool, ...]
    objects: int

    @property
    def shown(self) -> int:
        """How many boxes a person saw."""
        return sum(box.shown for box in self.boxes)

    @property
    def shown_right(self) -> int:
        """How many of these were right."""
        return sum(right for box, right in zip(self.boxes, self.right, strict=True) if box.shown)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of what was shown; 1 where nothing was shown of nothing."""
        both = self.shown + self.objects
        return 2 * self.shown_right / both if both else 1.0

    def f1_at(self, threshold: float) -> float:
        """The same of what has a score of the threshold or more, whatever people chose to see."""
        there = [right for box, right in zip(self.boxes, self.right, strict=True) if box.score >= threshold]
        both = len(there) + self.objects
        return 2 * sum(there) / both if both else 1.0


def unseen_results(project: Project, *, latest: int | None = LATEST) -> list[UnseenResult]:
    """Predictions on the decided images before training on them, the latest ones or all, in order of time."""
    of = category_now(project)

    def kind(category_id: int | None, name: str = "") -> str:
        """What a box is called, whatever became of that category's name."""
        return str(of(category_id, name) or name)

    seen = project.predictions.first_seen(latest)
    annotations, unseen_predictions = (
        project.annotations.of_images(seen),
        project.predictions.unseen_predictions_of_images(seen),
    )
    return [
        _unseen_result(image_id, annotations[image_id], unseen_predictions[image_id], kind)
        for image_id in seen
    ]


def category_now(project: Project) -> Callable[[int | None, str], int | None]:
    """What finds the category that a box has now by the one it had, or by its normalised name; None where that
    is none."""
    merged, ids = project.categories.merged(), project.categories.by_name()

    def find(category_id: int | None, name: str) -> int | None:
        known = category_id or ids.get(name)
        return merged.get(known, known) if known else None

    return find


def _unseen_result(
    image_id: int,
    annotations: Sequence[Annotation],
    unseen_predictions: Sequence[UnseenPrediction],
    kind: Callable[[int | None, str], str],
) -> UnseenResult:
    objects = [(kind(a.category_id, ""), a.bbox) for a in annotations if not a.crowd]
    kept = outside_crowds(shown(unseen_predictions, KEEP_FROM), annotations)
    right = agreed([(kind(s.category_id, s.name), s.bbox) for s in kept], objects)
    return UnseenResult(image_id, tuple(kept), tuple(right), len(objects))


def precision_interval(seen: Sequence[UnseenResult]) -> Interval:
    """The 95 % interval of the share of shown boxes that were right."""
    rows = [
        (right, result.image_id)
        for result in seen
        for box, right in zip(result.boxes, result.right, strict=True)
        if box.shown
    ]
    right, images = zip(*rows, strict=True) if rows else ((), ())
    return clustered_interval(np.array(right, bool), np.array(images, np.int64))


def agreed(boxes: NamedBoxes, objects: NamedBoxes) -> list[bool]:
    """Whether each of these named boxes, best first, is the first to lie on an object of its name."""
    return [index is not None for index in same_name(boxes, objects)]


def outside_crowds(boxes: Sequence[BoxT], annotations: Sequence[Annotation]) -> list[BoxT]:
    """Those of the boxes that can be judged one by one."""
    crowds = [a.bbox for a in annotations if a.crowd]
    return [box for box in boxes if not any(in_crowd(box.bbox, crowd) for crowd in crowds)]


def in_crowd(box: BBox, crowd: BBox) -> bool:
    """Whether a box lies in a region of many objects, in which single boxes are not judged."""
    return box.clipped_to(crowd).area > box.area / 2


def calibration_samples(project: Project, seen: Sequence[UnseenResult]) -> CalibrationSamples:
    """Unseen predictions as samples for calibration; those from before scores were kept are left out."""
    of = category_now(project)
    rows = [
        (box.raw, _source(box), of(box.category_id, box.name) or 0, right, result.image_id)
        for result in seen
        for box, right in zip(result.boxes, result.right, strict=True)
        if box.raw > 0
    ]
    raw, sources, categories, right, images = zip(*rows, strict=True) if rows else ((),) * 5
    return CalibrationSamples(
        np.array(raw, float), np.array(sources, np.int64), np.array(categories, np.int64), np.array(right, bool),
        np.array(images, np.int64),
    )  # fmt: skip


def _source(box: UnseenPrediction) -> int:
    if box.head_id is None:
        return BY_DETECTOR
    return FOUND if box.found else BY_HEAD
