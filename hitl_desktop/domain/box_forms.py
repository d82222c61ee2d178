"""Boxes whose numbers are corners or fractions, which other programs write where COCO has pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hitl_desktop.domain.dataset import BoxForm
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.placement import Size

_SLACK = 1e-6
_BEYOND_PX, _BEYOND_SHARE = 2.0, 0.1
"""A box that reaches this far beyond its picture was not drawn in a hurry; its numbers mean something else."""
_ENOUGH = 3
"""Boxes of one picture that are enough to tell corners where the rest of the file is not so."""


def in_pixels(numbers: BBox, form: BoxForm, size: Size) -> BBox:
    """The box that four numbers of a form mean in a picture of a size; of no size if they mean none."""
    width, height = size
    if form in {BoxForm.FRACTIONS, BoxForm.FRACTION_CORNERS}:
        numbers = BBox(numbers.x * width, numbers.y * height, numbers.w * width, numbers.h * height)
    if form in {BoxForm.CORNERS, BoxForm.FRACTION_CORNERS}:
        numbers = BBox(numbers.x, numbers.y, max(numbers.w - numbers.x, 0.0), max(numbers.h - numbers.y, 0.0))
    return numbers


def may_be(form: BoxForm, boxes: Sequence[BBox]) -> bool:
    """Whether the boxes of a picture can be of a form; in a merged file some pictures may have pixels all the same."""
    return form in {BoxForm.PIXELS, BoxForm.CORNERS} or all(max(box) <= 1 + _SLACK for box in boxes)


def suspect(boxes: Mapping[int, Sequence[BBox]], sizes: Mapping[int, Size]) -> dict[int, BoxForm]:
    """The pictures whose boxes are hardly pixels, and what they seem to be.

    Args:
        boxes: the four numbers of each box, by picture.
        sizes: the sizes of the pictures, where they are known.
    """
    small = {i for i, own in boxes.items() if own and all(max(box) <= 1 + _SLACK for box in own)}
    beyond = any(box.right > 1 + _SLACK or box.bottom > 1 + _SLACK for i in small for box in boxes[i])
    fractions = BoxForm.FRACTION_CORNERS if beyond else BoxForm.FRACTIONS
    found = dict.fromkeys(small, fractions)
    large = {i: own for i, own in boxes.items() if i not in small and own and min(sizes.get(i, (0, 0))) > 0}
    if _are_corners((box, sizes[i]) for i, own in large.items() for box in own):
        return found | dict.fromkeys((i for i in boxes if i not in small), BoxForm.CORNERS)
    for i, own in large.items():
        if len(own) >= _ENOUGH and _are_corners((box, sizes[i]) for box in own):
            found[i] = BoxForm.CORNERS
    return found


def _are_corners(boxes: Iterable[tuple[BBox, Size]]) -> bool:
    """Whether all fit as corners, while some reach far beyond their picture as pixels."""
    implausible = False
    for box, (width, height) in boxes:
        if not (box.w > box.x and box.h > box.y and box.w <= width + 1 and box.h <= height + 1):
            return False
        over_x, over_y = box.right - width, box.bottom - height
        implausible |= over_x > max(_BEYOND_PX, _BEYOND_SHARE * box.w)
        implausible |= over_y > max(_BEYOND_PX, _BEYOND_SHARE * box.h)
    return implausible


def area_of_corners(numbers: BBox, area: float) -> bool | None:
    """Whether an area is that of two corners and not that of a size; None where it tells nothing."""
    as_corners = (numbers.w - numbers.x) * (numbers.h - numbers.y)
    as_size, near = numbers.area, 0.01 * area + 0.01
    fits_corners, fits_size = abs(as_corners - area) <= near, abs(as_size - area) <= near
    return fits_corners if fits_corners != fits_size else None
