"""What a model suggested on an image beside its labels: what agrees, and what does not."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import BBox, as_array, best_free, iou_matrix
from hitl_desktop.domain.overlap import MATCH_IOU

NamedBoxes = Sequence[tuple[str, BBox]]
"""Boxes with their names; suggestions are in order of score, best first."""


class Outcome(StrEnum):
    """What became of a label or a suggestion."""

    MATCH = "match"
    FALSE_POSITIVE = "false_positive"
    MISSED = "missed"
    OTHER_NAME = "other_name"


class Finding(StrEnum):
    """What can be asked about the suggestions on an image."""

    FOUND_NONE = "found_none"
    MISSED = "missed"
    FALSE_POSITIVE = "false_positive"
    OTHER_NAME = "other_name"


class BoxSize(StrEnum):
    """Sizes of objects by the area of their box, with the limits of the COCO protocol."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def areas(self) -> tuple[float, float]:
        """From this area on, and below that one, in square pixels."""
        return {
            BoxSize.SMALL: (0.0, 32.0**2),
            BoxSize.MEDIUM: (32.0**2, 96.0**2),
            BoxSize.LARGE: (96.0**2, math.inf),
        }[self]


class Side(NamedTuple):
    """A box on one side of the comparison; `category_id` is None for a name that is no category now.

    `id` is that of the annotation or of the prediction, `score` that of a suggestion.
    """

    id: int
    bbox: BBox
    name: str
    category_id: int | None
    score: float | None = None


class Compared(NamedTuple):
    """A label, the suggestion that goes with it, or both."""

    label: Side | None
    suggestion: Side | None

    @property
    def outcome(self) -> Outcome:
        """What became of them."""
        if self.label is None:
            return Outcome.FALSE_POSITIVE
        if self.suggestion is None:
            return Outcome.MISSED
        same = _key(self.label) == _key(self.suggestion)
        return Outcome.MATCH if same else Outcome.OTHER_NAME


@dataclass(frozen=True, slots=True)
class BoxKind:
    """The boxes that a question is about; None means any category, or any size."""

    category_id: int | None = None
    size: BoxSize | None = None

    def findings(
        self, suggestions: Sequence[Side], labels: Sequence[Side], among: Collection[Finding] = tuple(Finding)
    ) -> set[Finding]:
        """Which of these findings an image has: some such box, or for `FOUND_NONE` no such suggestion."""
        possible = set[Finding]()
        if any(map(self.includes, suggestions)):
            possible.add(Finding.FALSE_POSITIVE)
        if any(map(self.includes, labels)):
            possible |= {Finding.MISSED, Finding.OTHER_NAME}
        has = set[Finding]() if Finding.FALSE_POSITIVE in possible else {Finding.FOUND_NONE}
        if possible.intersection(among):
            mistakes = (p for p in compare(suggestions, labels) if p.outcome is not Outcome.MATCH)
            has |= {Finding(p.outcome.value) for p in mistakes if self.includes(p.label or p.suggestion)}
        return has.intersection(among)

    def includes(self, box: Side | None) -> bool:
        """Whether a box is one of them."""
        if box is None or self.category_id not in (None, box.category_id):
            return False
        low, high = self.size.areas if self.size is not None else (0.0, math.inf)
        return low <= box.bbox.area < high


def compare(suggestions: Sequence[Side], labels: Sequence[Side]) -> list[Compared]:
    """Suggestions, best first, beside labels; a label that nothing was suggested for comes last."""
    found = paired([(_key(s), s.bbox) for s in suggestions], [(_key(a), a.bbox) for a in labels])
    places = [
        Compared(labels[n] if n is not None else None, s) for s, n in zip(suggestions, found, strict=True)
    ]
    rest = sorted(set(range(len(labels))) - set(found))
    return [*places, *(Compared(labels[n], None) for n in rest)]


def paired(boxes: NamedBoxes, objects: NamedBoxes) -> list[int | None]:
    """For each of these boxes, best first, the object it is of: first one of its name, then one of another
    name that is left."""
    overlaps, same = _overlaps(boxes, objects)
    pairs = best_free(overlaps * same, MATCH_IOU)
    overlaps[[row for row, n in enumerate(pairs) if n is not None]] = 0.0
    overlaps[:, [n for n in pairs if n is not None]] = 0.0
    rest = best_free(overlaps, MATCH_IOU) if None in pairs else pairs
    return [other if own is None else own for own, other in zip(pairs, rest, strict=True)]


def same_name(boxes: NamedBoxes, objects: NamedBoxes) -> list[int | None]:
    """For each of these boxes, best first, the object of its name that it is the first to lie on."""
    overlaps, same = _overlaps(boxes, objects)
    return best_free(overlaps * same, MATCH_IOU)


def _overlaps(boxes: NamedBoxes, objects: NamedBoxes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How much each box [N] overlaps each object [M], and whether they have one name, both [N, M]."""
    names, others = (np.array([name for name, _ in them], object) for them in (boxes, objects))
    overlaps = iou_matrix(as_array([box for _, box in boxes]), as_array([box for _, box in objects]))
    return overlaps, names[:, None] == others[None, :]


def _key(box: Side) -> str:
    return box.name if box.category_id is None else str(box.category_id)
