"""Small images of mistakes for the report, cut from the images of the project with the box drawn on them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.validation import Judgement
from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.texts import JUDGEMENT_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.workflows.quality.tuning import NOTHING, Cell, Example

MOST_CROPS = 60
MOST_BYTES = 2_000_000
SIDE = 176
_WORST, _MISSED, _JUDGED, _OF_ONE_IMAGE = 12, 4, 12, 3
_OF_A_CELL = 6
_SMALLEST = 32
"""So many pixels of the image are shown at least: less would show no surroundings."""
_QUALITY = 82

CellKey = tuple[str, str]
"""What boxes really are and what they were called, as in `Cell`."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A JPEG as a data URI with its size, the image it was cut from, and what is shown."""

    source: str
    width: int
    height: int
    image: str
    words: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Crops:
    """Of the worst mistakes, of those on validated images, and of what is behind each cell.

    `unreadable` is how many could not be cut, because their file could not be read.
    """

    worst: Sequence[Crop] = ()
    judged: Sequence[Crop] = ()
    cells: Mapping[CellKey, Sequence[Crop]] = field(default_factory=dict[CellKey, Sequence[Crop]])
    unreadable: int = 0


class _Wanted(NamedTuple):
    group: str | CellKey
    example: Example
    words: str


def words_of(real: str, called: str) -> str:
    """What a box of a cell of the confusion matrix is."""
    if real == called:
        return tr("{name}, correct", name=real)
    if real == NOTHING:
        return tr("false alarm: {name}", name=called)
    if called == NOTHING:
        return tr("{name}, missed", name=real)
    return tr("{real}, suggested as {called}", real=real, called=called)


def cut_crops(project: Project, cells: Sequence[Cell], head_id: int | None, progress: Progress) -> Crops:
    """Cut the worst mistakes, those on images that were validated with this head, and some boxes of each cell.

    At most `MOST_CROPS` and `MOST_BYTES`; an image is decoded once, and one that cannot be read costs only its
    own crops.
    """
    wanted = [*_worst(cells), *_judged(project, head_id)]
    wanted += _of_cells(cells, MOST_CROPS - len(wanted))
    cut, unreadable = _cut(project, wanted, progress)
    groups: dict[str | CellKey, list[Crop]] = {}
    left = MOST_BYTES
    for one, crop in zip(wanted, cut, strict=True):  # in the order of importance
        if crop is not None and len(crop.source) <= left:
            left -= len(crop.source)
            groups.setdefault(one.group, []).append(crop)
    named = {key: crops for key, crops in groups.items() if isinstance(key, tuple)}
    return Crops(groups.get("worst", ()), groups.get("judged", ()), named, unreadable)


def _worst(cells: Sequence[Cell]) -> list[_Wanted]:
    """Boxes that were wrong with the highest scores, and the largest objects that were not found."""
    wrong = [(example, cell) for cell in cells if cell.real != cell.predicted for example in cell.examples]
    surest = sorted((w for w in wrong if w[0].score is not None), key=lambda w: -(w[0].score or 0.0))
    missed = sorted((w for w in wrong if w[0].score is None), key=lambda w: -w[0].bbox.w * w[0].bbox.h)
    missed = _spread(missed, _MISSED)
    chosen = _spread(surest, _WORST - len(missed)) + missed
    return [_Wanted("worst", example, words_of(cell.real, cell.predicted)) for example, cell in chosen]


def _spread(ranked: Sequence[tuple[Example, Cell]], most: int) -> list[tuple[Example, Cell]]:
    """The first of them, few of one image: a crowded one would fill the page."""
    seen: dict[int, int] = {}
    chosen: list[tuple[Example, Cell]] = []
    for example, cell in ranked:
        seen[example.image_id] = seen.get(example.image_id, 0) + 1
        if seen[example.image_id] <= _OF_ONE_IMAGE and len(chosen) < most:
            chosen.append((example, cell))
    return chosen


def _judged(project: Project, head_id: int | None) -> list[_Wanted]:
    """Boxes that people judged wrong in a validation, those with the highest scores first."""
    names = {c.id: c.name for c in project.categories.all()}
    wrong = [
        _Wanted(
            "judged",
            Example(v.image_id, box.bbox, box.score),
            tr(
                "called {name}: {judgement}",
                name=names.get(box.category_id or 0, box.name),
                judgement=JUDGEMENT_TEXT[box.judgement],
            ),
        )
        for v in project.validations.all()
        if v.head_id == head_id
        for box in v.boxes
        if box.bbox is not None and box.judgement not in (Judgement.CORRECT, Judgement.MISSED)
    ]
    return sorted(wrong, key=lambda w: -(w.example.score or 0.0))[:_JUDGED]


def _of_cells(cells: Sequence[Cell], most: int) -> list[_Wanted]:
    """One box of each cell, then another of each ...: mistakes first, the most frequent of them first."""
    ranked = sorted(cells, key=lambda c: (c.real == c.predicted, -len(c.examples)))
    rows = [
        [
            _Wanted((cell.real, cell.predicted), example, words_of(cell.real, cell.predicted))
            for example in sorted(cell.examples, key=lambda s: -(s.score or 0.0))[:_OF_A_CELL]
        ]
        for cell in ranked
    ]
    return [one for turn in zip_longest(*rows) for one in turn if one is not None][: max(0, most)]


def _cut(project: Project, wanted: Sequence[_Wanted], progress: Progress) -> tuple[list[Crop | None], int]:
    """The crops in the order of what was wanted; None where an image cannot be read."""
    crops: list[Crop | None] = [None] * len(wanted)
    by_image: dict[int, list[int]] = {}
    for place, one in enumerate(wanted):
        by_image.setdefault(one.example.image_id, []).append(place)
    unreadable = 0
    for done, (image_id, places) in enumerate(by_image.items()):
        progress.check_cancelled()
        progress.report(done, len(by_image), tr("cutting out examples"))
        image = project.images.get(image_id)
        try:
            read = read_for_models(project.path_of(image)) if image is not None else None
        except HitlError:  # counted, and said in the report
            read = None
        if image is None or read is None:
            unreadable += len(places)
            continue
        (width, _), pixels = read
        for place in places:
            example, words = wanted[place].example, wanted[place].words
            cut = _jpeg(pixels, example.bbox.scaled(pixels.shape[1] / width))
            if cut is not None:
                crops[place] = Crop(*cut, image.path, words, example.score)
    return crops, unreadable


def _jpeg(pixels: RgbImage, box: BBox) -> tuple[str, int, int] | None:
    """The box with as much again around it, and its outline; None if it lies outside of the image."""
    import cv2  # noqa: PLC0415 - heavy

    height, width = pixels.shape[:2]
    half_w, half_h = max(box.w, _SMALLEST / 2), max(box.h, _SMALLEST / 2)
    x, y = box.x + box.w / 2, box.y + box.h / 2
    left, right = max(0, round(x - half_w)), min(width, round(x + half_w))
    top, bottom = max(0, round(y - half_h)), min(height, round(y + half_h))
    if right <= left or bottom <= top:
        return None
    scale = SIDE / max(right - left, bottom - top)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shown = np.ascontiguousarray(
        cv2.resize(pixels[top:bottom, left:right], size, interpolation=how), np.uint8
    )
    start = (round((box.x - left) * scale), round((box.y - top) * scale))
    end = (round((box.x + box.w - left) * scale), round((box.y + box.h - top) * scale))
    for colour, thick in (((0, 0, 0), 4), ((255, 255, 255), 2)):  # to be seen on light and on dark
        cv2.rectangle(shown, start, end, colour, thick)
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(shown, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    )
    if not done:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}", size[0], size[1]
