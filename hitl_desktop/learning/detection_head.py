"""The head that finds objects: closed-form regressions on the detector's feature maps, one view for each
input size.

Every cell of a training image is the core of an object of some category, the ring around a core, or
background. From sums over these come a discriminant (which of them is it), a quality (how near the middle of
an object is it) and a box. Neighbouring cells vote, and so do views at two input sizes. On bccd (30 % held
back, three seeds, random images, the detection head alone) AP50 is .60 at 5 images and .74 at 50 without
votes, .65 and .78 with those of neighbours, .71 and .82 with those of both sizes; quality adds .03 and .02. A
second look then moves the boxes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.cells import CellGrid, Floats
from hitl_desktop.domain.geometry import BBox, Boxes
from hitl_desktop.learning.box_refiner import BoxRefiner
from hitl_desktop.learning.shrinkage import Matrix, solve_shrunk
from hitl_desktop.learning.softmax import softmax

BACKGROUND = 0
RING = -1
IGNORED = -2

SHRINKAGE = 0.3
RIDGE = 300.0
MOST_FOUND = 100
"""The most boxes found on one image, as many as COCO evaluates: 40 were too few for dense images (decision 94)."""
_CORE, _LEAST_CORE = 0.2, 0.75
_MIDDLE, _LEAST_MIDDLE = 0.15, 0.3
FLOOR = 0.03
AGREES_FROM, OTHER_OBJECT = 0.3, 0.6
"""Votes count from the first overlap on, in full from the second on, without a step: a vote more or less of
those in between changes little. On cards at 20 images AP50 is .60, with a step at 0.5 it is .57; .845 and
.840 on bccd."""
MOST_SEEDS = 400
MOST_LOG_SIDE = 7.5
_REFINER = "refiner"
_KEPT = ("classes", "counts", "sums")
_POOLED_ID = -99


@dataclass(frozen=True, slots=True, eq=False)
class CellTargets:
    """What the cells of one decided image are.

    `roles` [N] are category ids, `BACKGROUND` or `RING`; `boxes` [N, 4] say where the cell's object is from
    its centre, in strides, and how large (ln of input pixels); `quality` [N] is 1 in its middle. Unverified
    cells are left out.
    """

    features: Floats
    roles: NDArray[np.int64]
    boxes: NDArray[np.float64]
    quality: NDArray[np.float64]


def assign_targets(
    grid: CellGrid, objects: Sequence[tuple[BBox, int]], unverified: Sequence[BBox] = ()
) -> CellTargets:
    """What an image with these objects (box, category id), and unverified regions, gives as cell targets."""
    centres, inside = grid.centres(), grid.inside()
    roles = np.where(inside, BACKGROUND, IGNORED)
    quality, owner = np.zeros(len(roles)), np.full(len(roles), -1)
    for x1, y1, x2, y2 in grid.to_input(_boxes(unverified)):
        within = (centres > (x1, y1)).all(axis=1) & (centres < (x2, y2)).all(axis=1)
        roles[within] = IGNORED
    corners = grid.to_input(_boxes([box for box, _ in objects]))
    sides = corners[:, 2:] - corners[:, :2]
    order = np.argsort(-sides.prod(axis=1))  # small ones last: a cell that two claim belongs to the smaller
    for n in order:
        within = (centres > corners[n, :2]).all(axis=1) & (centres < corners[n, 2:]).all(axis=1) & inside
        roles[within] = RING
        away = (centres - corners[n].reshape(2, 2).mean(axis=0)) / np.maximum(
            _MIDDLE * sides[n], _LEAST_MIDDLE * grid.stride
        )
        quality = np.where(within, np.maximum(quality, np.exp(-0.5 * (away**2).sum(axis=1))), quality)
    for n in order:
        away = np.abs(centres - corners[n].reshape(2, 2).mean(axis=0)).max(axis=1)
        core = (away <= max(_CORE * sides[n].min(), _LEAST_CORE * grid.stride)) & inside
        if not core.any() and inside.any():
            core[np.argmin(np.where(inside, away, np.inf))] = True
        roles[core], owner[core] = objects[n][1], n
    trained, owned = roles != IGNORED, owner >= 0
    boxes = np.zeros((len(roles), 4))
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    boxes[owned, :2] = (middle[owner[owned]] - centres[owned]) / grid.stride
    boxes[owned, 2:] = np.log(np.maximum(sides[owner[owned]], 1.0))
    return CellTargets(grid.features[trained], roles[trained], boxes[trained], quality[trained])


def _boxes(boxes: Sequence[BBox]) -> Boxes:
    return np.array(boxes, float).reshape(-1, 4)


class DetectionLearner:
    """The sums over all targets at one input size."""

    def __init__(self, width: int) -> None:
        from hitl_desktop.learning.cell_classifier import CellClassifier  # noqa: PLC0415 - scikit-learn is heavy

        self.cells = CellClassifier(SHRINKAGE, apart=(BACKGROUND, RING))
        self._box_sums: dict[int, tuple[Matrix, Matrix]] = {}
        self._by_quality, self._quality = np.zeros(width), 0.0

    def learn(self, targets: CellTargets) -> None:
        """Add the targets of one image."""
        if len(targets.roles):
            self.cells.partial_fit(targets.features, targets.roles)
            self._add(targets, 1.0)

    def forget(self, targets: CellTargets) -> None:
        """Subtract targets that were added."""
        if len(targets.roles):
            self._add(targets, -1.0)
            self.cells.forget(targets.features, targets.roles)

    def add_sums(self, other: DetectionLearner) -> None:
        """Add the sums of another one."""
        self.cells.add_sums(other.cells)
        for role, (crossed, total) in other._box_sums.items():
            ours = self._box_sums.get(role, (0.0, 0.0))
            self._box_sums[role] = ours[0] + crossed, ours[1] + total
        self._by_quality = self._by_quality + other._by_quality
        self._quality += other._quality

    def _add(self, targets: CellTargets, sign: float) -> None:
        features = targets.features
        for role in np.unique(targets.roles[targets.roles > 0]).tolist():
            chosen = targets.roles == role
            crossed, total = self._box_sums.get(role, (np.zeros((features.shape[1], 4)), np.zeros(4)))
            crossed = crossed + sign * (features[chosen].T @ targets.boxes[chosen])
            self._box_sums[role] = crossed, total + sign * targets.boxes[chosen].sum(axis=0)
        good = targets.quality > 0  # few of thousands
        self._by_quality = self._by_quality + sign * (features[good].T @ targets.quality[good])
        self._quality += sign * float(targets.quality.sum())

    def solve(self) -> FindingView | None:
        """The solution of the sums; None before there is an object and something that is none."""
        cells = self.cells
        if not hasattr(cells, "classes_"):
            return None
        categories = cells.classes_ > 0
        if not categories.any() or not (cells.classes_ == BACKGROUND).any():
            return None
        ids = cells.classes_[categories].astype(np.int64)
        counts, means = cells.counts_[categories], cells.means()[categories]
        box_weights = self._solve_boxes(ids.tolist(), means)
        levels = np.stack(
            [
                self._box_sums[c][1] / n - m @ w
                for c, n, m, w in zip(ids.tolist(), counts, means, box_weights, strict=True)
            ]
        )
        weights, biases = cells.solved()
        quality_weights, quality_level = self._solve_quality()
        return FindingView(
            ids,
            weights.astype(np.float32),
            biases.astype(np.float32),
            categories,
            quality_weights.astype(np.float32),
            np.float32(quality_level),
            box_weights.astype(np.float32),
            levels.astype(np.float32),
        )

    def _solve_boxes(self, ids: Sequence[int], means: Matrix) -> NDArray[np.float64]:
        """[K, D, 4] a ridge regression for each category around its own means; those that share a scatter
        share it."""
        groups = [self.cells.group_of(c) for c in ids]
        solved = {
            group: self._solve_group(
                [(c, m) for c, m, g in zip(ids, means, groups, strict=True) if g == group], group
            )
            for group in dict.fromkeys(groups)
        }
        return np.stack([solved[group] for group in groups])

    def _solve_group(self, members: Sequence[tuple[int, Matrix]], group: object) -> Matrix:
        within, total = self.cells.covariance_of(group)
        deviations = np.sqrt(np.maximum(np.diag(within), 0.0)) + 1e-3
        left = within / np.outer(deviations, deviations) * total
        left[np.diag_indices_from(left)] += RIDGE
        crossed = sum(
            (self._box_sums[c][0] - np.outer(m, self._box_sums[c][1]) for c, m in members),
            np.zeros((len(deviations), 4)),
        )
        return np.linalg.solve(left, crossed / deviations[:, None]) / deviations[:, None]

    def _solve_quality(self) -> tuple[Matrix, float]:
        """[D] weights and a level: half the weight for cells in boxes, half for the background."""
        cells = self.cells
        background = cells.classes_ == BACKGROUND
        weights = np.where(
            background, 0.5 / cells.counts_[background].sum(), 0.5 / cells.counts_[~background].sum()
        )
        mean = (weights[:, None] * cells.sums_).sum(axis=0)
        in_boxes = 0.5 / cells.counts_[~background].sum()
        scatter = np.zeros_like(cells.scatters_[BACKGROUND])
        for group, part in cells.scatters_.items():
            scatter += part * (weights[background][0] if group == BACKGROUND else in_boxes)
        level = in_boxes * self._quality
        solved = solve_shrunk(
            scatter - np.outer(mean, mean), (in_boxes * self._by_quality - mean * level)[:, None], SHRINKAGE
        )[:, 0]
        return solved, level - float(mean @ solved)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """The sums as plain arrays, to be kept."""
        cells, ids = self.cells, sorted(self._box_sums)
        arrays: dict[str, NDArray[np.generic]] = {
            "by_quality": self._by_quality,
            "quality": np.array(self._quality),
            "box_ids": np.array(ids, np.int64),
        }
        if ids:
            arrays["crossed"] = np.stack([self._box_sums[c][0] for c in ids])
            arrays["totals"] = np.stack([self._box_sums[c][1] for c in ids])
        if hasattr(cells, "classes_") and cells.scatters_:  # none are left when everything was forgotten
            arrays |= {name: getattr(cells, f"{name}_") for name in _KEPT}
            arrays["groups"] = np.array(
                [_POOLED_ID if g == cells.pooled else g for g in cells.scatters_], np.int64
            )
            arrays["scatters"] = np.stack(list(cells.scatters_.values()))
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """Sums that were kept."""
        learner = cls(len(arrays["by_quality"]))
        learner._by_quality, learner._quality = (
            np.array(arrays["by_quality"], float),
            float(arrays["quality"]),
        )
        for n, c in enumerate(arrays["box_ids"].tolist()):
            learner._box_sums[c] = np.array(arrays["crossed"][n], float), np.array(arrays["totals"][n], float)
        if "classes" in arrays:
            for name in _KEPT:
                setattr(learner.cells, f"{name}_", np.array(arrays[name]))
            pooled = learner.cells.pooled
            groups = [pooled if g == _POOLED_ID else g for g in arrays["groups"].tolist()]
            learner.cells.scatters_ = dict(zip(groups, np.array(arrays["scatters"]), strict=True))
            learner.cells.is_pooled_ = pooled in groups
            learner.cells.restored(arrays["sums"].shape[1])
        return learner


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """Boxes that single cells suggest: corners in the image, how surely, and which are the best around."""

    corners: Boxes
    scores: NDArray[np.float64]
    is_peak: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class FindingView:
    """The head at one input size; columns of `weights` are categories where `is_category` is true."""

    category_ids: NDArray[np.int64]
    weights: Floats
    bias: Floats
    is_category: NDArray[np.bool_]
    quality_weights: Floats
    quality_level: np.float32
    box_weights: Floats
    box_levels: Floats

    def votes(self, grid: CellGrid) -> _Votes:
        """What each cell suggests."""
        import cv2  # noqa: PLC0415 - heavy: the window opens without it

        chances = softmax(grid.features @ self.weights + self.bias)[:, self.is_category]
        chances[~grid.inside()] = 0.0
        # not limited from above: of cells that are all surely in the middle one is still the best
        quality = np.maximum(grid.features @ self.quality_weights + self.quality_level, 1e-3)
        scores = np.sqrt(chances.sum(axis=1) * quality)
        peaks = np.zeros(len(scores), bool)
        for each in (scores, *(np.sqrt(column * quality) for column in chances.T)):
            plane = each.reshape(grid.rows, grid.columns).astype(np.float32)
            peaks |= ((plane >= cv2.dilate(plane, np.ones((3, 3), np.uint8))) & (plane > FLOOR)).ravel()
        kept = np.flatnonzero(scores > FLOOR)
        boxes = self._boxes(grid.features[kept], np.argmax(chances[kept], axis=1))
        middle = grid.centres()[kept] + boxes[:, :2] * grid.stride
        half = np.exp(np.clip(boxes[:, 2:], 0.0, MOST_LOG_SIDE)) / 2
        corners = grid.to_image(np.concatenate([middle - half, middle + half], axis=1))
        return _Votes(corners, scores[kept], peaks[kept])

    def _boxes(self, features: Floats, best: NDArray[np.intp]) -> NDArray[np.float64]:
        boxes = np.zeros((len(features), 4))
        for column in np.unique(best):
            chosen = best == column
            boxes[chosen] = features[chosen] @ self.box_weights[column] + self.box_levels[column]
        return boxes


@dataclass(frozen=True, slots=True, eq=False)
class DetectionHead:
    """Views by input size; what they suggest is put to the vote, and refined."""

    views: Mapping[int, FindingView]
    refiner: BoxRefiner | None = None

    def find(self, grids: Mapping[int, CellGrid]) -> tuple[Boxes, NDArray[np.float32]]:
        """Boxes [N, 4] (x, y, w, h) in the image and scores [N], best first."""
        votes = [view.votes(grids[side]) for side, view in self.views.items()]
        view_of = np.concatenate([np.full(len(v.scores), n) for n, v in enumerate(votes)])
        boxes, scores = _count(
            np.concatenate([v.corners for v in votes]),
            np.concatenate([v.scores for v in votes]),
            np.concatenate([v.is_peak for v in votes]),
            view_of,
            len(votes),
        )
        return (self.refiner.refine(grids[self.refiner.side], boxes) if self.refiner else boxes), scores

    def to_bytes(self) -> bytes:
        """The head as it is stored: an npz archive of plain arrays."""
        file = io.BytesIO()
        arrays = {
            f"{side}.{name}": getattr(v, name) for side, v in self.views.items() for name in v.__slots__
        }
        if self.refiner:
            arrays |= {f"{_REFINER}.{name}": getattr(self.refiner, name) for name in BoxRefiner.__slots__}
        np.savez(file, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """A stored head."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            parts = {name.split(".")[0] for name in arrays.files}
            views = {
                side: FindingView(**{n: arrays[f"{side}.{n}"] for n in FindingView.__slots__})
                for side in sorted(int(part) for part in parts - {_REFINER})
            }
            if _REFINER not in parts:
                return cls(views)
            side, weights, level = (arrays[f"{_REFINER}.{n}"] for n in BoxRefiner.__slots__)
            return cls(views, BoxRefiner(int(side), weights, level))


def _count(
    corners: Boxes,
    scores: NDArray[np.float64],
    is_peak: NDArray[np.bool_],
    view_of: NDArray[np.intp],
    views: int,
) -> tuple[Boxes, NDArray[np.float32]]:
    """Greedy suppression among peaks; each box is the mean of all that agree with it, its score that of the
    views."""
    seeds = np.flatnonzero(is_peak)
    seeds = seeds[np.argsort(-scores[seeds], kind="stable")][:MOST_SEEDS]
    if len(seeds) == 0:
        return np.zeros((0, 4)), np.zeros(0, np.float32)
    overlaps = _iou(corners[seeds], corners)
    alive = np.ones(len(seeds), bool)
    boxes: list[NDArray[np.float64]] = []
    found: list[float] = []
    for n in range(len(seeds)):
        if not alive[n]:
            continue
        agrees = np.clip((overlaps[n] - AGREES_FROM) / (OTHER_OBJECT - AGREES_FROM), 0.0, 1.0)
        agrees[seeds[n]] = 1.0
        surely = scores * agrees
        weights = surely * overlaps[n] + 1e-9 * (agrees > 0)
        boxes.append((corners * weights[:, None]).sum(axis=0) / weights.sum())
        found.append(sum(surely[view_of == v].max(initial=0.0) for v in range(views)) / views)
        alive &= overlaps[n][seeds] < OTHER_OBJECT
        if len(boxes) == MOST_FOUND:
            break
    best = np.argsort(-np.array(found), kind="stable")
    kept = np.array(boxes)[best]
    sides = np.maximum(kept[:, 2:] - kept[:, :2], 1.0)
    return np.concatenate([kept[:, :2], sides], axis=1), np.minimum(np.array(found, np.float32)[best], 1.0)


def _iou(a: Boxes, b: Boxes) -> NDArray[np.float64]:
    """[N, M] intersection over union of corner boxes."""
    shared = np.clip(
        np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None
    )
    both = shared[..., 0] * shared[..., 1]
    area_a, area_b = ((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) for box in (a, b))
    return both / np.maximum(area_a[:, None] + area_b[None] - both, 1e-9)
