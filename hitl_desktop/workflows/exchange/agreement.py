"""Several people's labels of the same images: how far they agree, and one data set of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.categories import Category, name_key
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.domain.geometry import BBox, best_free, iou_matrix
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError
from hitl_desktop.formats.joining import joined_names
from hitl_desktop.learning.metrics import Interval, ratio_interval
from hitl_desktop.translation import tr

MATCHED = 0.5
"""Boxes of two people that overlap so much (IoU) are about the same object."""
_STRICT = 0.75
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Object:
    """What people drew around one object: a box and category of each, None where somebody has no box there."""

    boxes: tuple[tuple[str, BBox] | None, ...]

    @property
    def is_agreed(self) -> bool:
        """Whether all have a box there, of the same category."""
        names = {name_key(box[0]) for box in self.boxes if box is not None}
        return None not in self.boxes and len(names) == 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far people agree, with 95 % intervals by image; None where there are no boxes.

    F1 is that of each pair of people, pooled: the same category, and an overlap of .5 or .75. `alpha` is Krippendorff's
    (2011) on nominal categories, where a box that somebody lacks has the category "missing".
    """

    people: int
    images: int
    objects: int
    agreed: int
    f1: float | None
    f1_interval: Interval
    f1_strict: float | None
    f1_strict_interval: Interval
    mean_iou: float | None
    alpha: float | None
    alpha_interval: Interval
    by_category: dict[str, tuple[int, float]]
    """How many objects somebody calls so, and the share of them that all call so."""


def objects_of(datasets: Sequence[Dataset]) -> dict[str, list[Object]]:
    """The objects on each image that all data sets have, by its name.

    Raises:
        HitlError: there is no such image.
    """
    found: dict[str, list[Object]] = {}
    boxes = [_by_name(dataset) for dataset in datasets]
    names = set(boxes[0]).intersection(*boxes[1:]) if boxes else set[str]()
    if not names:
        raise HitlError(
            tr("No image is in all of these data sets."), hint=tr("Compare labels of the same images.")
        )
    for name in sorted(names):
        found[name] = _grouped([own[name] for own in boxes])
    return found


def _by_name(dataset: Dataset) -> dict[str, list[tuple[str, BBox]]]:
    names, boxes = {c.id: c.name for c in dataset.categories}, dataset.by_image()
    listed = [image for image in dataset.images if image.state is not ImageState.UNDECIDED]
    return {
        key: [(names[a.category_id], a.bbox) for a in boxes.get(image.id, ())]
        for key, image in joined_names(listed).items()
    }


def _grouped(own: Sequence[Sequence[tuple[str, BBox]]]) -> list[Object]:
    """Boxes about the same object: each person's best one for what others have drawn so far."""
    groups: list[list[tuple[str, BBox] | None]] = []
    for person, boxes in enumerate(own):
        known = [_mean([b[1] for b in group if b is not None]) for group in groups]
        overlaps = iou_matrix(_array(known), _array([b for _, b in boxes]))
        places = best_free(overlaps, MATCHED) if known and len(boxes) else [None] * len(known)
        for group, place in zip(groups, places, strict=True):
            group.append(boxes[place] if place is not None else None)
        taken = set(places)
        groups += [[None] * person + [box] for n, box in enumerate(boxes) if n not in taken]
    return [Object(tuple(group)) for group in groups]


def _array(boxes: Sequence[BBox]) -> NDArray[np.float64]:
    return np.array(boxes, np.float64).reshape(-1, 4)


def _mean(boxes: Sequence[BBox]) -> BBox:
    return BBox(*np.mean(_array(boxes), axis=0).tolist())


def agreement_of(datasets: Sequence[Dataset]) -> Agreement:
    """How far the people agree who made these data sets.

    Raises:
        HitlError: there are fewer than two, or no image is in all of them.
    """
    if len(datasets) < 2:
        raise HitlError(tr("One data set alone agrees with nobody."), hint=tr("Give two or more."))
    by_image = objects_of(datasets)
    pairs = list(combinations(range(len(datasets)), 2))
    loose, strict, wholes = (np.zeros(len(by_image)) for _ in range(3))
    overlaps: list[float] = []
    for place, objects in enumerate(by_image.values()):
        for one in objects:
            for a, b in pairs:
                first, second = one.boxes[a], one.boxes[b]
                wholes[place] += (first is not None) + (second is not None)
                if first is None or second is None:
                    continue
                iou = float(iou_matrix(_array([first[1]]), _array([second[1]]))[0, 0])
                overlaps.append(iou)
                is_same = name_key(first[0]) == name_key(second[0])
                loose[place] += 2 * (is_same and iou >= MATCHED)
                strict[place] += 2 * (is_same and iou >= _STRICT)
    tables = [_coincidences(objects) for objects in by_image.values()]
    every = [one for objects in by_image.values() for one in objects]
    total = wholes.sum()
    return Agreement(
        people=len(datasets),
        images=len(by_image),
        objects=len(every),
        agreed=sum(one.is_agreed for one in every),
        f1=float(loose.sum() / total) if total else None,
        f1_interval=ratio_interval(loose, wholes, is_share=True),
        f1_strict=float(strict.sum() / total) if total else None,
        f1_strict_interval=ratio_interval(strict, wholes, is_share=True),
        mean_iou=float(np.mean(overlaps)) if overlaps else None,
        alpha=krippendorff(sum(tables, Counter())),
        alpha_interval=_alpha_interval(tables),
        by_category=_by_category(every),
    )


_Pairs = Counter[tuple[str, str]]


def _coincidences(objects: Sequence[Object]) -> _Pairs:
    """How often two people's values for an object are these two, each object counting as much as it has values."""
    counts: _Pairs = Counter()
    for one in objects:
        values = [name_key(box[0]) if box is not None else "" for box in one.boxes]
        for a, b in combinations(values, 2):
            counts[a, b] += 1 / (len(values) - 1)  # type: ignore[assignment]
            counts[b, a] += 1 / (len(values) - 1)  # type: ignore[assignment]
    return counts


def krippendorff(coincidences: _Pairs) -> float | None:
    """Krippendorff's alpha on nominal values (2011): 1 - observed / expected disagreement; None without values."""
    n = sum(coincidences.values())
    margins: Counter[str] = Counter()
    for (value, _), count in coincidences.items():
        margins[value] += count
    expected = (n * n - sum(m * m for m in margins.values())) / (n - 1) if n > 1 else 0.0
    if n <= 1:
        return None
    observed = sum(count for (a, b), count in coincidences.items() if a != b)
    return 1.0 if expected == 0 else 1 - observed / expected


def _alpha_interval(tables: Sequence[_Pairs]) -> Interval:
    """The 95 % percentile interval, images drawn with replacement."""
    chance = np.random.default_rng(0)
    values = [
        krippendorff(sum((tables[n] for n in chance.integers(0, len(tables), len(tables))), Counter()))
        for _ in range(_DRAWS if len(tables) <= 1000 else 50)
    ]
    known = [v for v in values if v is not None]
    return (float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975))) if known else (-1.0, 1.0)


def _by_category(objects: Sequence[Object]) -> dict[str, tuple[int, float]]:
    called: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for one in objects:
        names = {box[0] for box in one.boxes if box is not None}
        called.update(names)
        agreed.update(names if one.is_agreed else ())
    return {name: (n, agreed[name] / n) for name, n in sorted(called.items())}


def merged(datasets: Sequence[Dataset]) -> tuple[Dataset, list[tuple[str, Object]]]:
    """One data set of what people agree on, with their mean boxes, and what they do not agree on, by image.

    Images with such objects are to be decided again; there, a category is the one that most have, and a box that few
    have is there, too.

    Raises:
        HitlError: no image is in all of them.
    """
    by_image, first = objects_of(datasets), joined_names(datasets[0].images)
    categories: dict[str, Category] = {}
    images: list[DatasetImage] = []
    annotations: list[Annotation] = []
    conflicts: list[tuple[str, Object]] = []
    for name, objects in by_image.items():
        open_ones = [one for one in objects if not one.is_agreed]
        conflicts += [(first[name].file_name, one) for one in open_ones]
        state = ImageState.UNDECIDED if open_ones else ImageState.DECIDED
        image = structs.replace(first[name], id=len(images) + 1, state=state)
        images.append(image)
        for one in objects:
            boxes = [box for box in one.boxes if box is not None]
            label = Counter(box[0] for box in boxes).most_common(1)[0][0]
            category = categories.setdefault(name_key(label), Category(len(categories) + 1, label))
            bbox = _mean([box[1] for box in boxes])
            annotations.append(Annotation(len(annotations) + 1, image.id, category.id, bbox, Origin.HUMAN))
    return Dataset(tuple(images), tuple(categories.values()), tuple(annotations)), conflicts
