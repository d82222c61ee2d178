"""Boxes whose numbers are corners or fractions, which other programs write where COCO has pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

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
    fractions = _suspected_fractions(boxes, outlined or {})
    others = {i: own for i, own in boxes.items() if own and i not in fractions}
    return fractions | _suspected_corners(others, sizes)


def _suspected_fractions(
    boxes: Mapping[int, Sequence[BBox]], outlined: Mapping[int, Sequence[BBox]]
) -> dict[int, BoxForm]:
    """The images whose boxes are fractions, all of them of one form."""
    every = {i: [*boxes.get(i, ()), *outlined.get(i, ())] for i in {**boxes, **outlined}}
    small = _fractions({i: own for i, own in every.items() if own})
    are_corners = _are_corners((box, (1, 1)) for i in small for box in boxes.get(i, ()))
    return dict.fromkeys(small, BoxForm.FRACTION_CORNERS if are_corners else BoxForm.FRACTIONS)


def _suspected_corners(boxes: Mapping[int, Sequence[BBox]], sizes: Mapping[int, Size]) -> dict[int, BoxForm]:
    """The images whose boxes are corners: all where the file as a whole fits, else those with enough
    boxes."""
    sized = {i: own for i, own in boxes.items() if min(sizes.get(i, (0, 0))) > 0}
    if _are_corners((box, sizes[i]) for i, own in sized.items() for box in own):
        return dict.fromkeys(boxes, BoxForm.CORNERS)
    return {
        i: BoxForm.CORNERS
        for i, own in sized.items()
        if len(own) >= _ENOUGH and _are_corners((box, sizes[i]) for box in own)
    }


def _fractions(boxes: Mapping[int, Sequence[BBox]]) -> set[int]:
    """The images whose boxes are fractions: all of them, or most where most boxes of the file are."""
    small = {i for i, own in boxes.items() if all(max(box) <= 1 + _SLACK for box in own)}
    if _most(max(box) <= 1 + _SLACK for own in boxes.values() for box in own):
        small |= {i for i, own in boxes.items() if _most(max(box) <= MOST_FRACTION for box in own)}
    return small


def _most(are_so: Iterable[bool]) -> bool:
    """Whether more than half are so."""
    answers = list(are_so)
    return 2 * sum(answers) > len(answers)


def _are_corners(boxes: Iterable[tuple[BBox, Size]]) -> bool:
    """Whether nearly all fit as corners, while some reach far beyond their image as pixels."""
    count = misfits = beyond = 0
    for box, (width, height) in boxes:
        count += 1
        unit = (
            0.01 if width == height == 1 else 1
        )  # a hundredth of an image whose numbers are fractions, or a pixel
        fits = box.w > box.x and box.h > box.y and box.w <= width + unit and box.h <= height + unit
        misfits += not fits
        is_far_x = box.right - width > max(_BEYOND_PX * unit, _BEYOND_SHARE * box.w)
        is_far_y = box.bottom - height > max(_BEYOND_PX * unit, _BEYOND_SHARE * box.h)
        beyond += fits and (is_far_x or is_far_y)
    if not misfits:
        return beyond > 0
    return misfits <= _MISFITS * count and beyond >= max(2 * misfits, _BEYOND * count)


def fit_corners(boxes: Sequence[BBox]) -> bool:
    """Whether nearly all boxes can be corners, wherever their images end."""
    return sum(not (box.w > box.x and box.h > box.y) for box in boxes) <= _MISFITS * len(boxes)


def area_of_corners(numbers: BBox, area: float) -> bool | None:
    """Whether an area is that of two corners and not that of a size; None where it is inconclusive."""
    as_corners = (numbers.w - numbers.x) * (numbers.h - numbers.y)
    as_size, near = numbers.area, 0.01 * area + 0.01
    fits_corners, fits_size = abs(as_corners - area) <= near, abs(as_size - area) <= near
    return fits_corners if fits_corners != fits_size else None
