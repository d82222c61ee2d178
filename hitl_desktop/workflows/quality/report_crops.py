"""Small images of mistakes for the report, cut from the images of the project with the box drawn on them."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from hitl_desktop.domain.validation import Judgement
from hitl_desktop.imaging import RgbImage
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.texts import JUDGEMENT_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.workflows.quality.example_crops import cut_examples
from hitl_desktop.workflows.quality.tuning import NOTHING, Cell, Example

MOST_CROPS = 60
MOST_BYTES = 2_000_000
SIDE = 176
_WORST, _MISSED, _JUDGED, _OF_ONE_IMAGE = 12, 4, 12, 3
_OF_A_CELL = 6
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
        return tr("false positive: {name}", name=called)
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
    """The crops in the order of what was wanted, None where an image cannot be read, and how often that was."""
    cut = cut_examples(project, [one.example for one in wanted], SIDE, progress)
    names = {image.id: image.path for image in project.images.some({one.example.image_id for one in wanted})}
    crops = [
        None
        if pixels is None
        else Crop(*_jpeg(pixels), names[one.example.image_id], one.words, one.example.score)
        for one, pixels in zip(wanted, cut, strict=True)
    ]
    return crops, sum(pixels is None for pixels in cut)


def _jpeg(pixels: RgbImage) -> tuple[str, int, int]:
    import cv2  # noqa: PLC0415 - heavy

    height, width = pixels.shape[:2]
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), quality)
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}", width, height
