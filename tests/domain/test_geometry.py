import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.geometry import BBox, Handle, handle_at, iou_matrix, match, nms

numbers = st.floats(-500, 500)
sides = st.floats(0.5, 300)
boxes = st.builds(BBox, numbers, numbers, sides, sides)


@given(boxes, st.floats(1, 400), st.floats(1, 400))
def test_a_clipped_box_lies_inside_and_clipping_again_changes_nothing(
    box: BBox, width: float, height: float
) -> None:
    clipped = box.clipped(width, height)
    assert clipped.x >= 0
    assert clipped.y >= 0
    assert clipped.right <= width + 1e-9
    assert clipped.bottom <= height + 1e-9
    assert clipped.clipped(width, height) == pytest.approx(clipped, abs=1e-9)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(1, 100), st.floats(1, 100))
def test_a_box_inside_comes_back_unchanged_to_the_last_bit(x: float, y: float, w: float, h: float) -> None:
    assert BBox(x, y, w, h).clipped(1000, 1000) == (x, y, w, h)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_between_zero_and_one(a: BBox, b: BBox) -> None:
    assert 0 <= a.iou(b) <= 1 + 1e-9
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert a.iou(a) == pytest.approx(1)


@given(st.lists(boxes, min_size=1, max_size=6), st.lists(boxes, min_size=1, max_size=6))
def test_the_matrix_says_what_the_single_boxes_say(a: list[BBox], b: list[BBox]) -> None:
    matrix = iou_matrix(np.array(a), np.array(b))
    for i, first in enumerate(a):
        for j, second in enumerate(b):
            assert matrix[i, j] == pytest.approx(first.iou(second), abs=1e-9)


@given(numbers, numbers, numbers, numbers)
def test_corners_may_be_dragged_in_any_direction(x1: float, y1: float, x2: float, y2: float) -> None:
    box = BBox.from_corners(x1, y1, x2, y2)
    assert box == BBox.from_corners(x2, y2, x1, y1)
    assert box.w >= 0
    assert box.h >= 0


@given(st.floats(0, 50), st.floats(0, 50), st.floats(1, 40), st.floats(1, 40), numbers, numbers)
def test_a_moved_box_keeps_its_size_and_stays_inside(
    x: float, y: float, w: float, h: float, dx: float, dy: float
) -> None:
    moved = BBox(x, y, w, h).moved(dx, dy, 100, 100)
    assert (moved.w, moved.h) == (w, h)
    assert 0 <= moved.x <= 100 - w + 1e-9
    assert 0 <= moved.y <= 100 - h + 1e-9


@pytest.mark.parametrize("handle", Handle)
def test_dragging_a_handle_leaves_the_opposite_edges_alone(handle: Handle) -> None:
    box = BBox(10, 20, 30, 40)
    x, y = handle.point(box)
    assert handle_at(box, x + 1, y - 1, 2) is handle
    resized = handle.resize(box, x + 5 * handle.value[0], y + 5 * handle.value[1])
    assert resized.w == 30 + 5 * abs(handle.value[0])
    assert resized.h == 40 + 5 * abs(handle.value[1])
    assert handle_at(box, 25, 40, 3) is None


def test_boxes_without_size_or_with_nan_are_not_valid() -> None:
    assert BBox(0, 0, 5, 5).is_valid()
    assert not BBox(0, 0, 0, 5).is_valid()
    assert not BBox(0, 0, math.nan, 5).is_valid()
    assert not BBox(0, math.inf, 5, 5).is_valid()


def test_suppression_keeps_the_best_of_a_heap_and_what_lies_apart() -> None:
    heap = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [50, 50, 10, 10]], float)
    assert nms(heap, np.array([0.5, 0.9, 0.1]), 0.5).tolist() == [1, 2]
    assert nms(np.zeros((0, 4)), np.zeros(0), 0.5).tolist() == []


def test_each_object_is_matched_once() -> None:
    found = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [80, 80, 5, 5]], float)
    assert match(found, np.array([[0, 0, 10, 10]], float), 0.5) == [0, None, None]
    assert match(found, np.zeros((0, 4)), 0.5) == [None, None, None]
