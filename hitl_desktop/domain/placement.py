"""How pixels of an image that was turned or scaled since correspond to those of the image now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from hitl_desktop.domain.geometry import BBox

Size = tuple[int, int]
"""Width and height in pixels."""

TURNS_SIDES = 5
"""From this EXIF orientation on, width and height change places."""


@dataclass(frozen=True, slots=True)
class Placement:
    """From the pixels that boxes were drawn on, `drawn_on`, to the upright image: turned (EXIF), then
    scaled."""

    drawn_on: Size
    orientation: int = 1
    by_x: float = 1.0
    by_y: float = 1.0

    @property
    def is_identity(self) -> bool:
        """Whether nothing moves."""
        return self.orientation == 1 and self.by_x == self.by_y == 1.0

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies now."""
        width, height = self.drawn_on
        if self.orientation in {2, 3, 7, 8}:
            x = width - x
        if self.orientation in {3, 4, 6, 7}:
            y = height - y
        if self.orientation >= TURNS_SIDES:
            x, y = y, x
        return x * self.by_x, y * self.by_y

    def box(self, box: BBox) -> BBox:
        """Where a box lies now."""
        return BBox.from_corners(*self.point(box.x, box.y), *self.point(box.right, box.bottom))

    def points(self, numbers: Sequence[float]) -> list[float]:
        """Where points x, y, x, y ... lie now."""
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return [value for x, y in pairs for value in self.point(x, y)]


def placement(drawn_on: Size, upright: Size, orientation: int = 1) -> Placement | None:
    """How boxes drawn on an image of one size lie on the image now; None where no turn or scale explains
    it.

    Args:
        drawn_on: the size that the boxes refer to.
        upright: the size of the image as it is shown.
        orientation: the EXIF orientation of its file, by which its stored pixels are turned to be upright.
    """
    if min(*drawn_on, *upright) < 1:
        return None
    turned = (drawn_on[1], drawn_on[0])
    if drawn_on == upright:
        return Placement(drawn_on)
    if turned == upright or (_is_scaled(turned, upright) and _turns_better(drawn_on, upright)):
        fits = orientation >= TURNS_SIDES
        return (
            Placement(drawn_on, orientation, upright[0] / turned[0], upright[1] / turned[1]) if fits else None
        )
    if _is_scaled(drawn_on, upright):
        return Placement(drawn_on, 1, upright[0] / drawn_on[0], upright[1] / drawn_on[1])
    return None


def _is_scaled(before: Size, after: Size) -> bool:
    """Whether one factor explains both sides, but for the rounding to whole pixels."""
    (w, h), (now_w, now_h) = before, after
    return (now_w - 1) / w <= (now_h + 1) / h and (now_h - 1) / h <= (now_w + 1) / w


def _turns_better(before: Size, after: Size) -> bool:
    """Whether the factors of both sides differ less after a turn: a nearly square image can seem scaled as
    well."""
    (w, h), (now_w, now_h) = before, after
    return abs(log(now_w * w / (now_h * h))) < abs(log(now_w * h / (now_h * w))) - 1e-9
