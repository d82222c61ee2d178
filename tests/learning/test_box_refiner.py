"""The second look at boxes: geometry, exact sums, and boxes that move to where objects are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.learning.box_refiner import (
    CHANNELS,
    POINTS,
    SPREAD,
    BoxRefiner,
    RefinerLearner,
    assign_moves,
    moved,
    moves_between,
    sample_plane,
)

CELLS, STRIDE, WIDTH = 40, 8, 12
SIDE = CELLS * STRIDE

corner_boxes = st.tuples(st.floats(-50, 300), st.floats(-50, 300), st.floats(1, 200), st.floats(1, 200)).map(
    lambda b: np.array([[b[0], b[1], b[0] + b[2], b[1] + b[3]]])
)


def grid(seed: int, boxes: list[BBox]) -> CellGrid:
    """An image whose cells tell, with noise, whether a box covers them, and where in the box they are."""
    rng = np.random.default_rng(seed)
    made = CellGrid(
        rng.normal(0, 0.05, (CELLS * CELLS, WIDTH)).astype(np.float32),
        CELLS, CELLS, float(STRIDE), (1.0, 1.0), (0.0, 0.0), (SIDE, SIDE),
    )  # fmt: skip
    middle = made.centres()
    for box in boxes:
        away = (middle - (box.x + box.w / 2, box.y + box.h / 2)) / (box.w, box.h)
        within = (np.abs(away) < 0.5).all(axis=1)
        made.features[within, :4] += 1.0
        made.features[within, 4:6] += 4 * away[within]
    return made


def objects(seed: int) -> list[BBox]:
    rng = np.random.default_rng(seed)
    return [
        BBox(100 * column + rng.uniform(5, 25), 100 * row + rng.uniform(5, 25), *rng.uniform(40, 70, 2))
        for column in range(3)
        for row in range(3)
    ]


def learner_of(seeds: list[int]) -> RefinerLearner:
    learner = RefinerLearner()
    for seed in seeds:
        learner.learn(assign_moves(grid(seed, objects(seed)), objects(seed)))
    return learner


def solved(learner: RefinerLearner) -> BoxRefiner:
    refiner = learner.solve(SIDE)
    assert refiner is not None
    return refiner


@given(corner_boxes, corner_boxes)
def test_a_move_leads_from_one_box_to_the_other(now: np.ndarray, wanted: np.ndarray) -> None:  # type: ignore[type-arg]
    np.testing.assert_allclose(moved(now, moves_between(now, wanted)), wanted, atol=1e-6)


@given(corner_boxes, st.integers(1, 9), st.integers(1, 9))
def test_a_look_at_a_plane_that_slopes_gives_the_places_of_the_points(
    box: np.ndarray,  # type: ignore[type-arg]
    rows: int,
    columns: int,
) -> None:
    across, down = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    seen = sample_plane(np.stack([across, down], axis=2), box, STRIDE).reshape(POINTS, POINTS, 2)
    points = np.linspace(-SPREAD / 2, SPREAD / 2, POINTS)
    for axis, cells in ((0, columns), (1, rows)):
        first, last = box[0, axis], box[0, axis + 2]
        places = np.clip(((first + last) / 2 + points * (last - first)) / STRIDE - 0.5, 0, cells - 1)
        there = seen[0, :, 0] if axis == 0 else seen[:, 0, 1]
        np.testing.assert_allclose(there, places, atol=1e-4)


def test_what_was_forgotten_was_never_learned() -> None:
    learner, other = learner_of([1, 2, 3]), learner_of([3, 1])
    learner.forget(assign_moves(grid(2, objects(2)), objects(2)))
    np.testing.assert_allclose(solved(learner).weights, solved(other).weights, atol=1e-6)
    np.testing.assert_allclose(solved(learner).level, solved(other).level, atol=1e-6)
    for seed in (1, 3):
        learner.forget(assign_moves(grid(seed, objects(seed)), objects(seed)))
    assert learner.solve(SIDE) is None


def test_sums_that_are_added_are_those_of_all_lessons() -> None:
    together = learner_of([1])
    together.add_sums(learner_of([2, 3]))
    np.testing.assert_allclose(
        solved(together).weights, solved(learner_of([1, 2, 3])).weights, rtol=1e-4, atol=1e-5
    )


def test_sums_that_were_kept_are_the_same() -> None:
    learner = learner_of([1, 2])
    again = RefinerLearner.from_arrays(learner.to_arrays())
    np.testing.assert_array_equal(solved(again).weights, solved(learner).weights)
    again.learn(assign_moves(grid(3, objects(3)), objects(3)))
    np.testing.assert_allclose(solved(learner).weights, solved(learner_of([2, 1])).weights, atol=1e-6)


def test_boxes_beside_objects_of_other_images_move_onto_them() -> None:
    refiner, boxes = solved(learner_of(list(range(8)))), objects(99)
    beside = [BBox(b.x + 0.1 * b.w, b.y - 0.08 * b.h, b.w * 1.15, b.h * 0.9) for b in boxes]
    after = refiner.refine(grid(99, boxes), np.array(beside))
    before = np.mean([a.iou(b) for a, b in zip(beside, boxes, strict=True)])
    now = np.mean([BBox(*a).iou(b) for a, b in zip(after.tolist(), boxes, strict=True)])
    assert before < 0.7
    assert now > 0.85


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 6), st.floats(0.5, 400), st.integers(0, 5))
def test_any_boxes_stay_in_the_image_and_are_finite(count: int, size: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    refiner = BoxRefiner(
        SIDE, rng.normal(0, 3, (POINTS * POINTS * CHANNELS, 4)).astype(np.float32), np.ones(4, np.float32)
    )
    boxes = np.concatenate([rng.uniform(0, SIDE, (count, 2)), np.full((count, 2), size)], axis=1)
    after = refiner.refine(grid(seed, []), boxes)
    assert after.shape == (count, 4)
    assert np.isfinite(after).all()
    assert (after[:, 2:] >= 1).all()
    assert (after[:, :2] >= 0).all()
    assert (after[:, :2] <= SIDE).all()


@pytest.mark.parametrize("count", [0, 1, 500])
def test_no_object_one_or_very_many(count: int) -> None:
    boxes = [BBox(float(n % 20) * 15, float(n // 20) * 12, 2.0, 2.0) for n in range(count)]
    learner = RefinerLearner()
    targets = assign_moves(grid(0, boxes), boxes)
    learner.learn(targets)
    assert len(targets.moves) <= 4000
    refiner = learner.solve(SIDE)
    assert (refiner is None) == (count == 0)
    if refiner is not None:
        assert np.isfinite(refiner.weights).all()
