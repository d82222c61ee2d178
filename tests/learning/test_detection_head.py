"""The head that finds objects: exact sums, roles of cells, votes, and input that says little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.estimator_checks import check_estimator

from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.geometry import BBox, as_array, iou_matrix
from hitl_desktop.learning.cell_classifier import CellClassifier
from hitl_desktop.learning.detection_head import (
    BACKGROUND,
    RING,
    DetectionHead,
    DetectionLearner,
    FindingView,
    assign_targets,
)

SIZE, STRIDE, WIDTH = 320, 8, 12


def grid(objects: list[tuple[BBox, int]], seed: int = 0) -> CellGrid:
    """An image of 320 pixels: features are noise, those of cells in an object tell its category and where it
    is."""
    cells = SIZE // STRIDE
    rng = np.random.default_rng(seed)
    made = CellGrid(
        rng.normal(0, 0.3, (cells * cells, WIDTH)).astype(np.float32),
        cells, cells, float(STRIDE), (1.0, 1.0), (0.0, 0.0), (SIZE, SIZE),
    )  # fmt: skip
    centres = made.centres()
    for box, category in objects:
        away = (centres - (box.x + box.w / 2, box.y + box.h / 2)) / (box.w, box.h)
        inside = (np.abs(away) < 0.5).all(axis=1)
        made.features[inside, category] += 3.0
        made.features[inside, 6:8] += 4 * away[inside]
        made.features[inside, 8] += np.log(box.w) - 3.5
        made.features[inside, 9] += np.log(box.h) - 3.5
        made.features[inside, 10] += 3 * np.exp(-8 * (away[inside] ** 2).sum(axis=1))
    return made


def image(seed: int, count: int = 4, categories: int = 2) -> list[tuple[BBox, int]]:
    rng = np.random.default_rng(seed)
    return [
        (
            BBox(80 * n + float(rng.uniform(4, 20)), float(rng.uniform(10, 230)), *rng.uniform(30, 55, 2)),
            1 + n % categories,
        )
        for n in range(count)
    ]


def learned(seeds: list[int]) -> DetectionLearner:
    learner = DetectionLearner(WIDTH)
    for seed in seeds:
        learner.learn(assign_targets(grid(image(seed), seed), image(seed)))
    return learner


def arrays(view: FindingView | None) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    assert view is not None
    return {name: np.asarray(getattr(view, name)) for name in FindingView.__slots__}


def same(a: FindingView | None, b: FindingView | None) -> None:
    actual, expected = arrays(a), arrays(b)
    for name, value in actual.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-6, atol=1e-6, err_msg=name)


def test_the_classifier_is_one_of_scikit_learn() -> None:
    check_estimator(CellClassifier(), on_skip=None)  # those for packages that are not there


def test_what_was_forgotten_was_never_learned() -> None:
    learner = learned([1, 2, 3])
    extra = assign_targets(grid(image(9), 9), image(9))
    learner.learn(extra)
    learner.forget(extra)
    same(learner.solve(), learned([1, 2, 3]).solve())


@settings(max_examples=10, deadline=None)
@given(st.permutations([1, 2, 3, 4]))
def test_the_order_of_learning_does_not_matter(order: list[int]) -> None:
    same(learned(order).solve(), learned([1, 2, 3, 4]).solve())


def test_sums_that_are_added_are_those_of_all_lessons() -> None:
    together = learned([])
    for seeds in ([1, 2], [], [3, 4]):
        together.add_sums(learned(seeds))
    same(together.solve(), learned([1, 2, 3, 4]).solve())


def test_a_category_that_was_forgotten_is_known_no_longer() -> None:
    learner = learned([1, 2])
    third = [(BBox(100, 100, 40, 40), 3)]
    targets = assign_targets(grid(third, 7), third)
    learner.learn(targets)
    assert arrays(learner.solve())["category_ids"].tolist() == [1, 2, 3]
    learner.forget(targets)
    assert arrays(learner.solve())["category_ids"].tolist() == [1, 2]


def test_more_than_was_added_cannot_be_forgotten() -> None:
    classifier = CellClassifier().fit([[0.0, 1.0], [1.0, 0.0]], [1, 2])
    with pytest.raises(ValueError, match="not so many samples"):
        classifier.forget([[0.0, 1.0]], [3])


def test_many_categories_share_a_scatter_whatever_their_order() -> None:
    rng = np.random.default_rng(0)
    samples, targets = rng.normal(size=(400, 6)).astype(np.float32), np.arange(400) % 40
    samples[:, 0] += targets
    whole = CellClassifier(most=10).fit(samples, targets)
    parts = CellClassifier(most=10)
    for part in np.array_split(rng.permutation(400), 9):
        parts.partial_fit(samples[part], targets[part])
    assert whole.is_pooled_
    np.testing.assert_allclose(whole.coef_, parts.coef_, rtol=1e-5, atol=1e-5)
    few, many = targets < 8, targets >= 8
    for first, second in ((few, many), (many, few)):
        sums = CellClassifier(most=10).fit(samples[first], targets[first])
        sums.add_sums(CellClassifier(most=10).fit(samples[second], targets[second]))
        np.testing.assert_allclose(whole.coef_, sums.coef_, rtol=1e-5, atol=1e-5)


def test_roles_of_cells() -> None:
    large, small = BBox(80, 80, 160, 160), BBox(150, 150, 24, 24)
    made = grid([])
    targets = assign_targets(made, [(large, 1), (small, 2)], [BBox(0, 0, 40, 320)])
    assert len(targets.roles) == 40 * 40 - 5 * 40  # what nobody vouches for teaches nothing
    roles = np.full(1600, 9)
    roles[np.delete(np.arange(1600), [r * 40 + c for r in range(40) for c in range(5)])] = targets.roles
    plane = roles.reshape(40, 40)
    assert plane[20, 20] == 2  # the smaller one wins
    assert plane[17, 17] == 1
    assert plane[11, 11] == RING
    assert plane[5, 20] == BACKGROUND
    place = int(np.flatnonzero(targets.roles == 2)[0])
    assert targets.quality[place] > 0.5
    assert np.exp(targets.boxes[place, 2:]) == pytest.approx([24, 24])


def test_objects_are_found_where_they_are() -> None:
    views = {320: learned(list(range(10))).solve()}
    assert views[320] is not None
    head = DetectionHead.from_bytes(DetectionHead({320: views[320]}).to_bytes())
    objects = image(77)
    boxes, scores = head.find({320: grid(objects, 77)})
    best = [max(BBox(*b).iou(box) for b in boxes[:6].tolist()) for box, _ in objects]
    assert min(best) > 0.6
    assert (np.diff(scores) <= 0).all()
    assert ((scores > 0) & (scores <= 1)).all()


def test_all_objects_of_a_dense_image_are_found() -> None:
    view = learned(list(range(10))).solve()
    assert view is not None
    head = DetectionHead({SIZE: view})
    objects = [(BBox(40 * x + 4, 40 * y + 4, 32, 32), 1 + (x + y) % 2) for x in range(8) for y in range(8)]
    boxes, scores = head.find({SIZE: grid(objects, 78)})
    overlaps = iou_matrix(as_array([box for box, _ in objects]), boxes[scores > 0.1])
    assert (overlaps.max(axis=1) >= 0.5).mean() > 0.95


def test_kept_sums_go_on_as_they_were() -> None:
    learner = learned([1, 2, 3])
    same(DetectionLearner.from_arrays(learner.to_arrays()).solve(), learner.solve())


@pytest.mark.parametrize(
    "objects",
    [
        [(BBox(100, 100, 40, 40), 1)],
        [(BBox(100, 100, 2, 2), 1)],
        [(BBox(318, 318, 2, 2), 1)],
        [(BBox(100, 100, 40, 40), 1), (BBox(100, 100, 40, 40), 2)],
        [(BBox(8 * (n % 30), 8 * (n // 30), 9, 9), 1 + n % 3) for n in range(500)],
        [(BBox(20 + n, 20 + n, 30, 30), n + 1) for n in range(200)],
        [(BBox(0, 0, 320, 320), 1)],
    ],
    ids=[
        "one box",
        "two pixels",
        "in the corner",
        "contradiction",
        "500 boxes",
        "200 categories",
        "whole image",
    ],
)
def test_input_that_says_little_gives_a_head_or_none(objects: list[tuple[BBox, int]]) -> None:
    learner = DetectionLearner(WIDTH)
    categories = [(box, min(category, 5)) for box, category in objects]
    for _ in range(2):  # identical images
        learner.learn(assign_targets(grid(categories), objects))
    view = learner.solve()
    if view is None:
        assert not (learner.cells.classes_ == BACKGROUND).any()
        return
    assert all(np.isfinite(np.asarray(value)).all() for value in arrays(view).values())
    boxes, scores = DetectionHead({320: view}).find({320: grid(categories)})
    assert np.isfinite(boxes).all()
    assert np.isfinite(scores).all()
    assert (boxes[:, 2:] >= 1).all()


def test_nothing_but_background_is_not_enough() -> None:
    learner = DetectionLearner(WIDTH)
    assert learner.solve() is None
    learner.learn(assign_targets(grid([]), []))
    assert learner.solve() is None
