"""Boxes and their arithmetic: pixels of the upright image, origin top left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""[N, 4] boxes as x, y, w, h in pixels."""

MIN_SIDE = 1.0
"""The shortest side, in pixels, of a box worth keeping."""


class BBox(NamedTuple):
    """A COCO box: left, top, width, height, in pixels."""

    x: float
    y: float
    w: float
    h: float

    @classmethod
    def from_corners(cls, x1: float, y1: float, x2: float, y2: float) -> BBox:
        """The box between two corners, dragged in any direction."""
        return cls(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The bottom edge."""
        return self.y + self.h

    @property
    def area(self) -> float:
        """Width times height."""
        return self.w * self.h

    def is_valid(self) -> bool:
        """Whether all numbers are finite and both sides at least `MIN_SIDE`."""
        return all(math.isfinite(v) for v in self) and self.w >= MIN_SIDE and self.h >= MIN_SIDE

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies in the box or on its edge."""
        return self.x <= x <= self.right and self.y <= y <= self.bottom

    def clipped(self, width: float, height: float) -> BBox:
        """The part inside an image of this size; of zero size when there is none.

        A box that fits already comes back unchanged to the last bit.
        """
        x, y = min(max(self.x, 0.0), width), min(max(self.y, 0.0), height)
        right, bottom = min(max(self.right, 0.0), width), min(max(self.bottom, 0.0), height)
        w = self.w if x == self.x and right == self.right else max(right - x, 0.0)
        h = self.h if y == self.y and bottom == self.bottom else max(bottom - y, 0.0)
        return BBox(x, y, w, h)

    def snapped(self, width: float, height: float, tolerance: float) -> BBox:
        """The part inside an image of this size, with edges that are as near as `tolerance` to its border on
        it."""
        box = self.clipped(width, height)
        x, y = (0.0 if box.x <= tolerance else box.x), (0.0 if box.y <= tolerance else box.y)
        right = width if box.right >= width - tolerance else box.right
        bottom = height if box.bottom >= height - tolerance else box.bottom
        w = box.w if (x, right) == (box.x, box.right) else right - x
        h = box.h if (y, bottom) == (box.y, box.bottom) else bottom - y
        return BBox(x, y, w, h)

    def clipped_to(self, other: BBox) -> BBox:
        """The part inside another box; of zero size when there is none."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return BBox(
            x, y, max(min(self.right, other.right) - x, 0.0), max(min(self.bottom, other.bottom) - y, 0.0)
        )

    def scaled(self, by: float) -> BBox:
        """The same box in an image that is so many times as large."""
        return BBox(self.x * by, self.y * by, self.w * by, self.h * by)

    def moved(self, dx: float, dy: float, width: float, height: float) -> BBox:
        """Shifted, but kept whole inside an image of this size."""
        x = min(max(self.x + dx, 0.0), max(width - self.w, 0.0))
        y = min(max(self.y + dy, 0.0), max(height - self.h, 0.0))
        return BBox(x, y, self.w, self.h)

    def iou(self, other: BBox) -> float:
        """Intersection over union with another box, 0..1."""
        shared = self.clipped_to(other).area
        return shared / (self.area + other.area - shared) if shared > 0 else 0.0


class Handle(Enum):
    """The eight points by which a box is resized: which edges each one moves."""

    TOP_LEFT = (-1, -1)
    TOP = (0, -1)
    TOP_RIGHT = (1, -1)
    RIGHT = (1, 0)
    BOTTOM_RIGHT = (1, 1)
    BOTTOM = (0, 1)
    BOTTOM_LEFT = (-1, 1)
    LEFT = (-1, 0)

    def point(self, box: BBox) -> tuple[float, float]:
        """Where the handle sits on a box."""
        horizontal, vertical = self.value
        return box.x + box.w * (horizontal + 1) / 2, box.y + box.h * (vertical + 1) / 2

    def resize(self, box: BBox, x: float, y: float) -> BBox:
        """The box after its handle was dragged to a point; may flip over."""
        horizontal, vertical = self.value
        left, top, right, bottom = box.x, box.y, box.right, box.bottom
        left, right = (x if horizontal < 0 else left), (x if horizontal > 0 else right)
        top, bottom = (y if vertical < 0 else top), (y if vertical > 0 else bottom)
        return BBox.from_corners(left, top, right, bottom)


def handle_at(box: BBox, x: float, y: float, tolerance: float) -> Handle | None:
    """The handle within `tolerance` pixels of a point, corners first."""
    for handle in sorted(Handle, key=lambda h: 0 in h.value):
        hx, hy = handle.point(box)
        if abs(hx - x) <= tolerance and abs(hy - y) <= tolerance:
            return handle
    return None


def nearest_corner(box: BBox, x: float, y: float) -> Handle:
    """The corner of a box that is nearest to a point."""
    corners = (handle for handle in Handle if 0 not in handle.value)
    return min(corners, key=lambda h: math.hypot(h.point(box)[0] - x, h.point(box)[1] - y))


def on_border(box: BBox, x: float, y: float, tolerance: float) -> bool:
    """Whether a point lies within `tolerance` pixels of an edge of a box, corners included."""
    inside = (
        box.x - tolerance <= x <= box.right + tolerance and box.y - tolerance <= y <= box.bottom + tolerance
    )
    across = min(abs(x - box.x), abs(x - box.right)) <= tolerance
    return inside and (across or min(abs(y - box.y), abs(y - box.bottom)) <= tolerance)


def as_array(boxes: Sequence[BBox]) -> Boxes:
    """The boxes as an array [N, 4], also if there are none."""
    return np.fromiter(chain.from_iterable(boxes), float, 4 * len(boxes)).reshape(-1, 4)


def iou_matrix(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """Intersection over union of each box of `a` [N, 4] with each of `b` [M, 4], as [N, M]."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = a.reshape(-1, 4).T[:, :, None], b.reshape(-1, 4).T[:, None, :]
    width = np.maximum(np.minimum(ax + aw, bx + bw) - np.maximum(ax, bx), 0)
    height = np.maximum(np.minimum(ay + ah, by + bh) - np.maximum(ay, by), 0)
    shared = width * height
    return shared / np.maximum(aw * ah + bw * bh - shared, 1e-12)


def nms(boxes: Boxes, scores: NDArray[np.floating], threshold: float) -> NDArray[np.intp]:
    """Indices kept by greedy non-maximum suppression, best first."""
    order = np.argsort(-scores, kind="stable")
    overlaps = iou_matrix(boxes, boxes) > threshold
    alive = np.ones(len(boxes), dtype=bool)
    kept: list[int] = []
    for index in order:
        if alive[index]:
            kept.append(int(index))
            alive &= ~overlaps[index]
    return np.array(kept, dtype=np.intp)


def match(boxes: Boxes, truth: Boxes, threshold: float) -> list[int | None]:
    """For each box, in order, the best still free `truth` box with an overlap of `threshold` or more."""
    return best_free(iou_matrix(boxes, truth), threshold)


def best_free(overlaps: NDArray[np.float64], threshold: float) -> list[int | None]:
    """For each row of overlaps [N, M], in order, the best column of `threshold` or more that is still free."""
    result: list[int | None] = [None] * len(overlaps)
    if not overlaps.size:
        return result
    free = overlaps.copy()
    for row in np.flatnonzero(overlaps.max(axis=1) >= threshold).tolist():
        best = int(free[row].argmax())
        if free[row, best] >= threshold:
            result[row] = best
            free[:, best] = -1.0
    return result
