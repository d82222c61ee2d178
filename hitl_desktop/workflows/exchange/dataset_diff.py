"""Two data sets beside each other: which boxes were added, removed, moved and renamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import name_key
from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.domain.geometry import BBox, iou_matrix
from hitl_desktop.formats.joining import joined_names

SAME = 0.999
"""Boxes that overlap by more (IoU) were not moved."""
_MOVED = 0.5


@dataclass(frozen=True, slots=True)
class BoxChange:
    """A box that differs: `before` or `after` is None where it was added or removed."""

    kind: str
    image: str
    before: tuple[str, BBox] | None
    after: tuple[str, BBox] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two data sets."""

    changes: tuple[BoxChange, ...]
    same: int
    images_added: tuple[str, ...]
    images_removed: tuple[str, ...]
    categories_added: tuple[str, ...]
    categories_removed: tuple[str, ...]

    def count(self, kind: str) -> int:
        """How many boxes were added, removed, moved, renamed, or moved and renamed."""
        return sum(change.kind == kind for change in self.changes)


def compare_datasets(before: Dataset, after: Dataset) -> Difference:
    """The differences by image; images are the same by their names, with or without their endings."""
    old, new = _by_name(before), _by_name(after)
    names = {side: {c.id: c.name for c in d.categories} for side, d in (("old", before), ("new", after))}
    changes: list[BoxChange] = []
    same = 0
    for key in old.keys() | new.keys():
        name, first = old.get(key, ("", ()))
        other, second = new.get(key, (name, ()))
        for change in _of_image(name or other, first, second, names["old"], names["new"]):
            if change is None:
                same += 1
            else:
                changes.append(change)
    changes.sort(key=lambda c: (c.image, c.kind, (c.before or c.after or ("", BBox(0, 0, 0, 0)))[1]))
    kept = (
        {name_key(c.name): c.name for c in before.categories},
        {name_key(c.name): c.name for c in after.categories},
    )
    return Difference(
        tuple(changes),
        same,
        tuple(sorted(new[key][0] for key in new.keys() - old.keys())),
        tuple(sorted(old[key][0] for key in old.keys() - new.keys())),
        tuple(sorted(kept[1][k] for k in kept[1].keys() - kept[0].keys())),
        tuple(sorted(kept[0][k] for k in kept[0].keys() - kept[1].keys())),
    )


def _by_name(dataset: Dataset) -> dict[str, tuple[str, Sequence[Annotation]]]:
    """Image name and boxes by a key; without the ending where that is the same for no other image."""
    boxes = dataset.by_image()
    return {key: (i.file_name, boxes.get(i.id, ())) for key, i in joined_names(dataset.images).items()}


def _of_image(
    image: str,
    old: Sequence[Annotation],
    new: Sequence[Annotation],
    names: dict[int, str],
    others: dict[int, str],
) -> Iterator[BoxChange | None]:
    """The changes of an image; None for each box that is the same."""
    overlaps = iou_matrix(_boxes(old), _boxes(new))
    left, right = set(range(len(old))), set(range(len(new)))
    for by_name, least in ((True, SAME), (False, SAME), (True, _MOVED), (False, _MOVED)):
        for i, j in _pairs(overlaps, least):
            before, after = (
                (names[old[i].category_id], old[i].bbox),
                (others[new[j].category_id], new[j].bbox),
            )
            is_same_name = name_key(before[0]) == name_key(after[0])
            if i not in left or j not in right or (by_name and not is_same_name):
                continue
            left.discard(i)
            right.discard(j)
            is_moved = overlaps[i, j] < SAME
            if is_same_name and not is_moved:
                yield None
                continue
            words = "moved" if is_same_name else "moved and renamed" if is_moved else "renamed"
            yield BoxChange(words, image, before, after)
    for i in sorted(left):
        yield BoxChange("removed", image, (names[old[i].category_id], old[i].bbox), None)
    for j in sorted(right):
        yield BoxChange("added", image, None, (others[new[j].category_id], new[j].bbox))


def _boxes(annotations: Sequence[Annotation]) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([a.bbox for a in annotations], np.float64).reshape(-1, 4)


def _pairs(overlaps: np.ndarray, least: float) -> list[tuple[int, int]]:  # type: ignore[type-arg]
    """Pairs that overlap so much, the best first."""
    rows, columns = np.nonzero(overlaps >= least)
    order = np.argsort(-overlaps[rows, columns], kind="stable")
    return [(int(rows[n]), int(columns[n])) for n in order]
