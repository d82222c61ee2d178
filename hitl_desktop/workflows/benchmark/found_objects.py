"""Which stage fails, finding or naming: how many objects the stored candidates find, whatever they call them, and how
many of these they name rightly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hitl_desktop.domain.comparison import BoxSize
from hitl_desktop.domain.geometry import BBox, as_array, iou_matrix

_FOUND = 0.5


class Candidate(NamedTuple):
    """A stored box with its best name and the score of that; one that heads found, or one of the detector."""

    bbox: BBox
    name: str
    score: float
    is_of_head: bool


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """Of so many objects, how many a candidate overlaps by half (IoU .5); how many a box of the detector does, and one
    that heads found; and of how many the surest candidate that does has the right name."""

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
    """What the candidates of an image find of its named objects, by the size of these."""
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
