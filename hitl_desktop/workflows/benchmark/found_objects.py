"""Recall of the stored candidates, whatever their names, and how many of the objects found are named correctly: shows
whether finding or naming fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hitl_desktop.domain.comparison import BoxSize
from hitl_desktop.domain.geometry import BBox, as_array, iou_matrix

_FOUND = 0.5


class Candidate(NamedTuple):
    """A stored box with its best name and score, found by a detection head or by the detector."""

    bbox: BBox
    name: str
    score: float
    is_of_head: bool


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """How many objects there are, and how many have a candidate with an IoU of .5 or more: any candidate (`found`), one
    of the detector, one of the heads. `named` counts those whose highest-scoring such candidate has the right name."""

    objects: int = 0
    found: int = 0
    by_detector: int = 0
    by_heads: int = 0
    named: int = 0

    def __add__(self, other: FoundObjects) -> FoundObjects:
        return FoundObjects(
            self.objects + other.objects,
            self.found + other.found,
            self.by_detector + other.by_detector,
            self.by_heads + other.by_heads,
            self.named + other.named,
        )


def found_objects(
    candidates: Sequence[Candidate], objects: Sequence[tuple[str, BBox]]
) -> Mapping[BoxSize, FoundObjects]:
    """Count which of an image's named objects its candidates find, by object size."""
    found = dict.fromkeys(BoxSize, FoundObjects())
    overlaps = iou_matrix(as_array([box for _, box in objects]), as_array([c.bbox for c in candidates]))
    for (name, box), row in zip(objects, overlaps, strict=True):
        on_it = [c for c, iou in zip(candidates, row, strict=True) if iou >= _FOUND]
        surest = max(on_it, key=lambda c: c.score, default=None)
        found[_size(box)] += FoundObjects(
            1,
            int(bool(on_it)),
            int(any(not c.is_of_head for c in on_it)),
            int(any(c.is_of_head for c in on_it)),
            int(surest is not None and surest.name == name),
        )
    return found


def _size(box: BBox) -> BoxSize:
    return next(size for size in BoxSize if size.areas[0] <= box.area < size.areas[1])
