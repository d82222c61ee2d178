"""Refinement of found boxes: a closed-form regression from what lies in a box to how it should move.

Each training object is shown many times, a little beside and of another size, always by the same moves, so
that what an image added can be taken back. From sums over these copies comes one ridge regression for all
categories, which is then applied a few times over. It is the idea of cascaded box regression (Cai and
Vasconcelos 2018) without training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.cells import CellGrid, Floats
from hitl_desktop.domain.geometry import BBox, Boxes

POINTS = 4
"""What lies in a box is read at so many by so many points."""
SPREAD = 0.8
"""The points lie in so much of each side, around the middle."""
CHANNELS = 64
PASSES = 3
MOST_MOVED = 0.5
"""In one pass a box moves by half its side at most, and grows or shrinks by a factor of exp(0.5)."""
_COPIES, _MOST_COPIES = 40, 4000
_SHIFT, _STRETCH = 0.08, 0.13
_RIDGE = 2.0
"""Added to the diagonal of the correlation matrix."""

_Matrix = NDArray[np.float64]


@cache
def directions(width: int) -> Floats:
    """[D, CHANNELS] the fixed random directions along which cells are seen (Johnson and Lindenstrauss 1984).

    The principal directions of photographs did no better: on bccd at 20 images mAP of boxes whatever their
    names is .42 and .45 (two seeds) without refinement, .47 and .51 with either.
    """
    drawn = np.random.RandomState(0).randn(width, CHANNELS) / np.sqrt(width)
    return drawn.astype(np.float32)


def plane_of(grid: CellGrid) -> Floats:
    """[rows, columns, CHANNELS] an image's cells along the directions."""
    return (grid.features @ directions(grid.features.shape[1])).reshape(grid.rows, grid.columns, -1)


def sample_plane(plane: Floats, corners: Boxes, stride: float) -> Floats:
    """[N, POINTS * POINTS * CHANNELS] what a plane shows at the points of each box, bilinear between
    cells."""
    rows, columns = plane.shape[:2]
    x, right = _places(corners[:, 0], corners[:, 2], stride, columns)
    y, below = _places(corners[:, 1], corners[:, 3], stride, rows)
    at, right, below = y[:, :, None] * columns + x[:, None], right[:, None, :, None], below[:, :, None, None]
    cells = plane.reshape(rows * columns, -1)
    down = columns if rows > 1 else 0
    side = 1 if columns > 1 else 0
    upper = cells[at] * (1 - right) + cells[at + side] * right
    lower = cells[at + down] * (1 - right) + cells[at + down + side] * right
    seen = (upper * (1 - below) + lower * below).astype(np.float32, copy=False)
    return seen.reshape(len(corners), POINTS * POINTS * plane.shape[2])


def _places(first: _Matrix, last: _Matrix, stride: float, cells: int) -> tuple[NDArray[np.intp], Floats]:
    """[N, POINTS] the cell before each point along one axis, and how far the point is towards the next
    one."""
    points = (np.arange(POINTS) / (POINTS - 1) - 0.5) * SPREAD
    at = ((first + last) / 2)[:, None] + points * (last - first)[:, None]
    at = np.clip(at / stride - 0.5, 0, cells - 1)
    before = np.clip(at.astype(np.intp), 0, max(cells - 2, 0))
    return before, (at - before).astype(np.float32)


def moves_between(now: Boxes, wanted: Boxes) -> _Matrix:
    """[N, 4] how corners become others: shift in own sides (x, y), growth of the sides (ln)."""
    sides, goal = (np.maximum(c[:, 2:] - c[:, :2], 1e-3) for c in (now, wanted))
    shift = (wanted[:, :2] + wanted[:, 2:] - now[:, :2] - now[:, 2:]) / 2 / sides
    return np.concatenate([shift, np.log(goal / sides)], axis=1)


def moved(corners: Boxes, moves: _Matrix) -> Boxes:
    """Corners [N, 4] after their moves [N, 4]."""
    sides = corners[:, 2:] - corners[:, :2]
    middle = (corners[:, :2] + corners[:, 2:]) / 2 + moves[:, :2] * sides
    half = sides * np.exp(moves[:, 2:]) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _copies(objects: int) -> _Matrix:
    """[copies, 4] the moves away from an object, the same for each: pairs of opposite ones, every other pair
    halved.

    Fewer of them where an image has very many objects.
    """
    pairs = max(2, min(_COPIES, _MOST_COPIES // max(objects, 1)) // 2)
    half = np.random.RandomState(0).randn(pairs, 4) * (_SHIFT, _SHIFT, _STRETCH, _STRETCH)
    half[::2] *= 0.5
    return np.concatenate([half, -half])


@dataclass(frozen=True, slots=True, eq=False)
class MoveTargets:
    """What copies beside the objects of an image see [M, F], how they should move [M, 4], and what each
    counts."""

    seen: Floats
    moves: _Matrix
    weight: float


def assign_moves(grid: CellGrid, objects: Sequence[BBox]) -> MoveTargets:
    """What an image with these objects teaches."""
    copies = _copies(len(objects))
    corners = np.repeat(grid.to_input(np.array(objects, float).reshape(-1, 4)), len(copies), axis=0)
    beside = moved(corners, np.tile(copies, (len(objects), 1)))
    seen = sample_plane(plane_of(grid), beside, grid.stride)
    return MoveTargets(seen, moves_between(beside, corners), 1.0 / len(copies))


class RefinerLearner:
    """The sums over all such targets."""

    def __init__(self) -> None:
        width = POINTS * POINTS * CHANNELS
        self._count = 0.0
        self._seen, self._moves = np.zeros(width), np.zeros(4)
        self._squares, self._crossed = np.zeros((width, width)), np.zeros((width, 4))

    def learn(self, targets: MoveTargets) -> None:
        """Add the targets of one image."""
        self._add(targets, targets.weight)

    def forget(self, targets: MoveTargets) -> None:
        """Subtract targets that were added."""
        self._add(targets, -targets.weight)

    def add_sums(self, other: RefinerLearner) -> None:
        """Add the sums of another one."""
        self._count += other._count
        self._seen += other._seen
        self._moves += other._moves
        self._squares += other._squares
        self._crossed += other._crossed

    def _add(self, targets: MoveTargets, weight: float) -> None:
        seen, moves = targets.seen, targets.moves.astype(np.float32)
        self._count += weight * len(seen)
        self._seen += weight * seen.sum(axis=0, dtype=np.float64)
        self._moves += weight * targets.moves.sum(axis=0)
        self._squares += weight * (seen.T @ seen)
        self._crossed += weight * (seen.T @ moves)

    def solve(self, side: int) -> BoxRefiner | None:
        """The solution of the sums at this input size; None before there is an object."""
        if self._count < 0.5:  # sums that were taken back leave a trace of rounding
            return None
        seen, moves = self._seen / self._count, self._moves / self._count
        squares = self._squares / self._count - np.outer(seen, seen)
        deviations = np.sqrt(np.maximum(np.diag(squares), 0.0)) + 1e-3
        correlation = squares / np.outer(deviations, deviations)
        correlation[np.diag_indices_from(correlation)] += _RIDGE
        crossed = self._crossed / self._count - np.outer(seen, moves)
        weights = np.linalg.solve(correlation, crossed / deviations[:, None]) / deviations[:, None]
        level = moves - seen @ weights
        return BoxRefiner(side, weights.astype(np.float32), level.astype(np.float32))

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """The sums as plain arrays, to be kept."""
        return {
            "count": np.array(self._count), "seen": self._seen, "moves": self._moves,
            "squares": self._squares, "crossed": self._crossed,
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Sums that were kept."""
        learner = cls()
        learner._count = float(arrays["count"])
        learner._seen, learner._moves = np.array(arrays["seen"], float), np.array(arrays["moves"], float)
        learner._squares, learner._crossed = (
            np.array(arrays["squares"], float),
            np.array(arrays["crossed"], float),
        )
        return learner


@dataclass(frozen=True, slots=True, eq=False)
class BoxRefiner:
    """Moves boxes by what lies in them, seen at the input size `side`: weights [F, 4], level [4]."""

    side: int
    weights: Floats
    level: Floats

    def refine(self, grid: CellGrid, boxes: Boxes) -> Boxes:
        """Boxes [N, 4] (x, y, w, h) of the image, moved."""
        if len(boxes) == 0:
            return boxes
        plane, corners = plane_of(grid), grid.to_input(boxes)
        for _ in range(PASSES):
            moves = (sample_plane(plane, corners, grid.stride) @ self.weights + self.level).astype(np.float64)
            corners = moved(corners, np.clip(moves, -MOST_MOVED, MOST_MOVED))
        corners = grid.to_image(corners)
        return np.concatenate([corners[:, :2], np.maximum(corners[:, 2:] - corners[:, :2], 1.0)], axis=1)
