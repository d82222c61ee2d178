"""Boxes at a point: chosen by sharpness, by the taught sizes, by where the point lies in them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hitl_desktop.domain.box_field import BoxField, BoxGrid, SizePrior, TaughtSize, size_prior
from hitl_desktop.domain.geometry import BBox

SIZE = (100, 100)


def grid(
    boxes: dict[tuple[int, int], tuple[float, ...]], sharpness: float = 0.0, step: float = 10
) -> BoxGrid:
    """Cells every `step` pixels; those that are not named have a box of no size."""
    count = int(100 / step)
    corners = np.zeros((count, count, 4), np.float32)
    for (column, row), box in boxes.items():
        corners[row, column] = box
    return BoxGrid(corners, np.full((count, count), sharpness, np.float32), (0, 0), (step, step))


def test_the_sharper_of_two_boxes_comes_first() -> None:
    sharp = grid({(5, 5): (40, 40, 70, 70)}, math.log(0.9))
    vague = grid({(2, 2): (10, 10, 100, 100)}, math.log(0.5), step=20)
    assert BoxField((vague, sharp), SIZE).boxes_at(55, 55) == [BBox(40, 40, 30, 30), BBox(10, 10, 90, 90)]


def test_a_box_of_a_size_that_was_taught_comes_before_a_sharper_one() -> None:
    small = grid({(5, 5): (50, 50, 60, 60)}, math.log(0.9))
    large = grid({(2, 2): (10, 10, 100, 100)}, math.log(0.7), step=20)
    field = BoxField((small, large), SIZE)
    assert field.boxes_at(55, 55)[0] == BBox(50, 50, 10, 10)
    taught = size_prior([TaughtSize(1, 0.9, 0.9)] * 10)
    assert field.boxes_at(55, 55, taught)[0] == BBox(10, 10, 90, 90)


def test_a_box_around_the_point_comes_before_one_that_has_it_near_an_edge() -> None:
    around, aside = (40, 40, 70, 70), (54, 54, 84, 84)
    field = BoxField((grid({(5, 5): aside, (4, 5): around}),), SIZE)
    assert field.boxes_at(55, 55)[0] == BBox(40, 40, 30, 30)


def test_neighbours_count_and_cells_farther_away_do_not() -> None:
    field = BoxField((grid({(6, 4): (40, 40, 70, 70), (7, 5): (50, 50, 60, 60)}),), SIZE)
    assert field.boxes_at(55, 55) == [BBox(40, 40, 30, 30)]


def test_boxes_that_agree_are_blended_and_give_one_box() -> None:
    field = BoxField((grid({(5, 5): (40, 40, 70, 70), (5, 4): (42, 40, 72, 70)}),), SIZE)
    found = field.boxes_at(56, 55)
    assert len(found) == 1
    assert found[0] == pytest.approx((41, 40, 30, 30), abs=1e-6)


@pytest.mark.parametrize("point", [(0, 0), (100, 100), (95, 5), (-5, 50), (500, 500)])
def test_where_no_box_holds_the_point_there_is_none(point: tuple[float, float]) -> None:
    field = BoxField((grid({(5, 5): (40, 40, 70, 70)}),), SIZE)
    assert field.boxes_at(*point) == []
    assert BoxField((), SIZE).boxes_at(*point) == []


def test_no_more_than_so_many_are_given() -> None:
    boxes = {(4 + n % 3, 4 + n // 3): (50 - 3 * n, 50 - 5 * n, 60 + 3 * n, 60 + 5 * n) for n in range(9)}
    field = BoxField((grid(boxes),), SIZE)
    assert len(field.boxes_at(55, 55, most=2)) == 2
    found = field.boxes_at(55, 55)
    assert all(a.iou(b) <= 0.9 for n, a in enumerate(found) for b in found[:n])


def test_nothing_taught_says_nothing_of_sizes() -> None:
    assert size_prior([]) is None
    assert size_prior([TaughtSize(1, 0, 0)]) is None


def test_a_category_leans_on_all_until_it_has_boxes_of_its_own() -> None:
    others = [TaughtSize(1, 0.1, 0.1)] * 40
    of_all = size_prior(others)
    assert of_all is not None
    assert size_prior(others, 2) == of_all
    few, many = (size_prior([*others, *[TaughtSize(2, 0.4, 0.2)] * n], 2) for n in (1, 40))
    assert few is not None
    assert many is not None
    assert of_all.mean[0] < few.mean[0] < many.mean[0]
    assert math.exp(many.mean[0]) == pytest.approx(0.4, rel=0.1)
    assert math.exp(many.mean[1]) == pytest.approx(0.2, rel=0.1)
    assert many.sd[0] < few.sd[0]


def test_the_likelihood_of_a_size_is_that_of_a_normal_logarithm_and_is_bounded() -> None:
    prior = SizePrior((math.log(0.5), math.log(0.2)), (0.5, 0.25))
    sides = np.array([[50, 20], [50 * math.exp(0.5), 20 * math.exp(-0.25)], [1, 1]])
    assert prior.log_likelihood(sides, 100) == pytest.approx([0, -1, -12])
