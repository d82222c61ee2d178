"""What a model suggested on an image beside its labels: what agrees, and what does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Side:
    """A box on one side of the comparison; `category_id` is None for a name that is no category now.

    `id` is that of the annotation or of the prediction, `score` that of a suggestion.
    """

    id: int
    bbox: BBox
    name: str
    category_id: int | None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
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
class Asked:
    """A question about the suggestions on an image; None asks about boxes of any category or size."""

    finding: Finding
    category_id: int | None = None
    size: BoxSize | None = None

    def holds(self, suggestions: Sequence[Side], labels: Sequence[Side]) -> bool:
        """Whether the answer is yes: one such box, or for `FOUND_NONE` no such suggestion."""
        of_labels = self.finding in {Finding.MISSED, Finding.OTHER_NAME}
        is_there = any(self._is_about(box) for box in (labels if of_labels else suggestions))
        if self.finding is Finding.FOUND_NONE:
            return not is_there
        return is_there and any(
            place.outcome.value == self.finding.value and self._is_about(place.label or place.suggestion)
            for place in compare(suggestions, labels)
        )

    def _is_about(self, box: Side | None) -> bool:
        if box is None or (self.category_id is not None and box.category_id != self.category_id):
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
