"""Boxes whose numbers are corners or fractions, which other programs write where COCO has pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.dataset import BoxForm
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.placement import Size

FRACTIONS = frozenset({BoxForm.FRACTIONS, BoxForm.FRACTION_CORNERS})
_SLACK = 0.1
"""Rounding, and objects that reach beyond the image, take fractions so far above 1."""
MOST_FRACTION = 2.0
"""A box with no larger number is too small to have been drawn on pixels: it is of fractions, perhaps poor
ones."""
_BEYOND_PX, _BEYOND_SHARE = 2.0, 0.1
"""A box that reaches this far beyond its image was not drawn in a hurry; its numbers mean something
else."""
_MISFITS, _BEYOND = 0.2, 0.2
"""So many boxes of a file of corners may be broken, if at least so many reach far beyond their images as
pixels."""
_Numbers = NDArray[np.float64]
_AT_ONCE = 1000
"""Images whose boxes become an array at once."""
_ENOUGH = 3
"""Boxes of one image that are enough to tell corners where the rest of the file is not so."""


def in_pixels(numbers: BBox, form: BoxForm, size: Size) -> BBox:
    """The box that four numbers of a form mean in an image of a size; of no size if they mean none."""
    width, height = size
    if form in FRACTIONS:
        numbers = BBox(numbers.x * width, numbers.y * height, numbers.w * width, numbers.h * height)
    if form in {BoxForm.CORNERS, BoxForm.FRACTION_CORNERS}:
        numbers = BBox(numbers.x, numbers.y, max(numbers.w - numbers.x, 0.0), max(numbers.h - numbers.y, 0.0))
    return numbers


def may_be(form: BoxForm, boxes: Sequence[BBox]) -> bool:
    """Whether the boxes of an image can be of a form; in a merged file some images may have pixels all the
    same."""
    return form in {BoxForm.PIXELS, BoxForm.CORNERS} or not _most(max(box) > MOST_FRACTION for box in boxes)


def form_of_outline(form: BoxForm, box: BBox) -> BoxForm:
    """The form of a box that was made from an outline, where the file's own boxes are of another: never
    corners."""
    are_fractions = form in FRACTIONS and max(box) <= MOST_FRACTION
    return BoxForm.FRACTIONS if are_fractions else BoxForm.PIXELS


def suspect(
    boxes: Mapping[int, Sequence[BBox]],
    sizes: Mapping[int, Size],
    outlined: Mapping[int, Sequence[BBox]] | None = None,
) -> dict[int, BoxForm]:
    """The images whose boxes are hardly pixels, and what they seem to be.

    Args:
        boxes: the four numbers of each box, by image.
        sizes: the sizes of the images, where they are known.
        outlined: boxes that were made from outlines, by image; they can be fractions, but not corners.
    """
    outlined = outlined or {}
    ids = list({**boxes, **outlined})
    given, made = (_flat([each.get(i, ()) for i in ids]) for each in (boxes, outlined))
    are_small = _are_fractions(given, made, len(ids))
    numbers, image_at = given
    small = numbers[are_small[image_at]]
    misfits, beyond = _fits_of_corners(small, np.ones(len(small)), np.ones(len(small)), 0.01)
    are_corners = _are_corners(len(small), misfits.sum(), beyond.sum())
    form = BoxForm.FRACTION_CORNERS if are_corners else BoxForm.FRACTIONS
    fractions = {i: form for i, is_small in zip(ids, are_small, strict=True) if is_small}
    are_others = ~are_small[image_at]
    sides = np.array([sizes.get(i, (0, 0)) for i in ids], float).reshape(-1, 2)
    corners = _with_corners(numbers[are_others], image_at[are_others], sides)
    return fractions | {
        i: BoxForm.CORNERS for i, has_corners in zip(ids, corners, strict=True) if has_corners
    }


def _with_corners(numbers: _Numbers, image_at: NDArray[np.intp], sides: _Numbers) -> NDArray[np.bool_]:
    """For each image [M], whether its boxes are corners: every image if the file as a whole fits, else those with
    enough boxes. `sides` [M, 2] are 0 where unknown."""
    has_boxes = np.bincount(image_at, minlength=len(sides)) > 0
    are_sized = (sides.min(axis=1, initial=np.inf) > 0)[image_at]
    numbers, image_at = numbers[are_sized], image_at[are_sized]
    unit = np.where((sides == 1).all(axis=1), 0.01, 1.0)[image_at]
    misfits, beyond = _fits_of_corners(numbers, sides[image_at, 0], sides[image_at, 1], unit)
    if _are_corners(len(numbers), misfits.sum(), beyond.sum()):
        return has_boxes
    count, wrong, far = (np.bincount(image_at, each, len(sides)) for each in (None, misfits, beyond))
    found = np.zeros(len(sides), bool)
    for i in np.flatnonzero((count >= _ENOUGH) & (far > 0)):
        found[i] = _are_corners(int(count[i]), wrong[i], far[i])
    return found


def _flat(boxes: Sequence[Sequence[BBox]]) -> tuple[_Numbers, NDArray[np.intp]]:
    """[N, 4] the numbers of the boxes of all images, and for each [N] the place of its image."""
    owns = iter(boxes)
    parts = [np.zeros(0)]
    while some := list(islice(owns, _AT_ONCE)):  # numpy keeps the interpreter until it is done
        parts.append(np.fromiter(chain.from_iterable(chain.from_iterable(some)), float))
    numbers = np.concatenate(parts).reshape(-1, 4)
    return numbers, np.repeat(np.arange(len(boxes)), [len(own) for own in boxes])


def _are_fractions(
    given: tuple[_Numbers, NDArray[np.intp]], made: tuple[_Numbers, NDArray[np.intp]], images: int
) -> NDArray[np.bool_]:
    """For each image, whether its boxes are fractions: all of them, or most if most boxes of the file are."""
    largest = np.concatenate([numbers.max(axis=1, initial=0.0) for numbers, _ in (given, made)])
    image_at = np.concatenate([given[1], made[1]])
    counts = np.bincount(image_at, minlength=images)
    are_fractions, may_be_some = largest <= 1 + _SLACK, largest <= MOST_FRACTION
    small = np.bincount(image_at, are_fractions, images) == counts
    if 2 * are_fractions.sum() > len(largest):
        small |= 2 * np.bincount(image_at, may_be_some, images) > counts
    return small & (counts > 0)


def _most(are_so: Iterable[bool]) -> bool:
    """Whether more than half are so."""
    answers = list(are_so)
    return 2 * sum(answers) > len(answers)


def _fits_of_corners(
    numbers: _Numbers, width: _Numbers, height: _Numbers, unit: _Numbers | float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each box [N, 4]: whether it cannot be two corners, and whether it can, but reaches far beyond its image as
    pixels. `unit` is a hundredth of an image whose numbers are fractions, or a pixel."""
    x, y, w, h = numbers.T
    fits = (w > x) & (h > y) & (w <= width + unit) & (h <= height + unit)
    is_far_x = x + w - width > np.maximum(_BEYOND_PX * unit, _BEYOND_SHARE * w)
    is_far_y = y + h - height > np.maximum(_BEYOND_PX * unit, _BEYOND_SHARE * h)
    return ~fits, fits & (is_far_x | is_far_y)


def _are_corners(count: int, misfits: float, beyond: float) -> bool:
    """Whether nearly all of so many boxes fit as corners, while some reach far beyond their image as pixels."""
    if not misfits:
        return beyond > 0
    return bool(misfits <= _MISFITS * count and beyond >= max(2 * misfits, _BEYOND * count))


def fit_corners(boxes: Sequence[BBox]) -> bool:
    """Whether nearly all boxes can be corners, wherever their images end."""
    return sum(not (box.w > box.x and box.h > box.y) for box in boxes) <= _MISFITS * len(boxes)


def area_of_corners(numbers: BBox, area: float) -> bool | None:
    """Whether an area is that of two corners and not that of a size; None where it is inconclusive."""
    as_corners = (numbers.w - numbers.x) * (numbers.h - numbers.y)
    as_size, near = numbers.area, 0.01 * area + 0.01
    fits_corners, fits_size = abs(as_corners - area) <= near, abs(as_size - area) <= near
    return fits_corners if fits_corners != fits_size else None
