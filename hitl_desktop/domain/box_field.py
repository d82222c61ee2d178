"""What a detector's class-agnostic box branch says of every place of an image: boxes at a point, best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import BBox, Boxes, iou_matrix

Floats = NDArray[np.float64]

MOST = 8
"""Boxes that are worth going through at one point."""
_SHARPNESS, _SIZE, _OFF_CENTRE = 8.0, 0.5, 60.0
_FARTHEST = -12.0
"""Of a box that is far from all taught sizes it does not matter how far."""
_AGREE = 0.6
"""Boxes that overlap so much with the best one are blended with it."""
_SAME = 0.7
"""What overlaps more with a better box is no alternative to it."""
_TWINS = 0.9
_LEAST_SD = 0.15
_POOLED, _UNTAUGHT = 4.0, 3.0
"""A category counts as if so many boxes of all categories were its own; all together, as if so many boxes of any
size (deviation 1) had been taught."""


@dataclass(frozen=True, slots=True)
class SizePrior:
    """Which sizes objects have: mean and deviation of ln(side / longer side of the image), width and height."""

    mean: tuple[float, float]
    sd: tuple[float, float]

    def log_likelihood(self, sides: Floats, longer: float) -> Floats:
        """[N] how well sides [N, 2] in pixels fit, 0 at best."""
        z = (np.log(np.maximum(sides, 1e-3) / longer) - self.mean) / self.sd
        return np.maximum(-0.5 * (z**2).sum(axis=1), _FARTHEST)


@dataclass(frozen=True, slots=True)
class TaughtSize:
    """The sides of a box as shares of its image's longer side, and its category."""

    category_id: int
    width: float
    height: float


def size_prior(taught: Iterable[TaughtSize], category_id: int | None = None) -> SizePrior | None:
    """The prior from what was taught: of a category, leaning on all, or of all; None where nothing was."""
    usable = [t for t in taught if t.width > 0 and t.height > 0]
    if not usable:
        return None
    logs = np.log([[t.width, t.height] for t in usable])
    mean = logs.mean(axis=0)
    variance = (len(logs) * logs.var(axis=0) + _UNTAUGHT) / (len(logs) + _UNTAUGHT)
    own = logs[[t.category_id == category_id for t in usable]]
    if len(own):
        share = len(own) / (len(own) + _POOLED)
        apart = own.mean(axis=0) - mean
        variance = share * own.var(axis=0) + (1 - share) * variance + share * (1 - share) * apart**2
        mean = mean + share * apart
    sd = np.maximum(np.sqrt(variance), _LEAST_SD)
    return SizePrior((float(mean[0]), float(mean[1])), (float(sd[0]), float(sd[1])))


@dataclass(frozen=True, slots=True, eq=False)
class BoxGrid:
    """The boxes of one stride at one input size: `corners` [rows, columns, 4] in pixels of the image, and their
    `sharpness` [rows, columns], the logarithm of the largest bin, which is averaged over the sides first.

    The cell of a point is `(point - origin) / step`, x before y.
    """

    corners: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    origin: tuple[float, float]
    step: tuple[float, float]

    def around(self, x: float, y: float) -> tuple[Boxes, Floats]:
        """Corners [N, 4] and sharpness [N] of the cell at a point and of its neighbours."""
        column, row = int((x - self.origin[0]) // self.step[0]), int((y - self.origin[1]) // self.step[1])
        rows, columns = (slice(max(at - 1, 0), max(at + 2, 0)) for at in (row, column))
        corners = self.corners[rows, columns].reshape(-1, 4)
        return corners.astype(np.float64), self.sharpness[rows, columns].ravel().astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class BoxField:
    """The boxes of all strides and input sizes on one image of `size` (width, height)."""

    grids: tuple[BoxGrid, ...]
    size: tuple[int, int]

    def boxes_at(self, x: float, y: float, prior: SizePrior | None = None, most: int = MOST) -> list[BBox]:
        """Boxes of the object whose middle is about here, best first; none where no box holds the point.

        The rule was measured: decision 79.
        """
        found = [grid.around(x, y) for grid in self.grids]
        corners = np.concatenate([np.zeros((0, 4)), *(each[0] for each in found)])
        sharpness = np.concatenate([np.zeros(0), *(each[1] for each in found)])
        sides = corners[:, 2:] - corners[:, :2]
        point = np.array([x, y])
        holds = ((corners[:, :2] <= point) & (point <= corners[:, 2:]) & (sides >= 1)).all(axis=1)
        corners, sharpness, sides = corners[holds], sharpness[holds], sides[holds]
        off = (point - (corners[:, :2] + corners[:, 2:]) / 2) / sides
        scores = _SHARPNESS * sharpness - _OFF_CENTRE * (off**2).sum(axis=1)
        if prior is not None:
            scores = scores + _SIZE * prior.log_likelihood(sides, max(self.size))
        return _chosen(corners, scores, most)


def _chosen(corners: Boxes, scores: Floats, most: int) -> list[BBox]:
    """The best box, blended with those that agree with it, then the best of what is left, as they are."""
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    overlaps = iou_matrix(boxes, boxes)
    left = np.ones(len(boxes), dtype=bool)
    chosen: list[BBox] = []
    while left.any() and len(chosen) < most:
        best = int(np.where(left, scores, -np.inf).argmax())
        if chosen:
            x1, y1, x2, y2 = corners[best].tolist()
        else:
            weights = np.exp(scores - scores[best]) * (overlaps[best] > _AGREE)
            x1, y1, x2, y2 = (weights @ corners / weights.sum()).tolist()
        box = BBox(x1, y1, x2 - x1, y2 - y1)
        if not _is_among(box, chosen):
            chosen.append(box)
        left &= overlaps[best] <= _SAME
        left[best] = False
    return chosen


def _is_among(box: BBox, chosen: Sequence[BBox]) -> bool:
    return any(box.iou(other) > _TWINS for other in chosen)
