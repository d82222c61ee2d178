"""The detector's weight follows what boxes that nobody was taught show."""

import numpy as np
import pytest

from hitl_desktop.learning.blending import Opinions, detector_weight


def opinions(detector: list[float], head: list[float], right: list[bool]) -> Opinions:
    return Opinions(np.array(detector), np.array(head), np.array(right))


def test_without_boxes_the_prior_stays() -> None:
    assert detector_weight(opinions([], [], []), 0.6) == pytest.approx(0.6)


def test_boxes_on_which_both_agree_change_nothing() -> None:
    assert detector_weight(opinions([0.4] * 50, [0.4] * 50, [True] * 50), 0.6) == pytest.approx(0.6)


@pytest.mark.parametrize("of_detector", [True, False])
def test_who_was_right_more_surely_gets_the_weight(*, of_detector: bool) -> None:
    right = [True, False] * 20
    good, bad = [0.9, 0.1] * 20, [0.2, 0.6] * 20
    weight = detector_weight(opinions(good, bad, right) if of_detector else opinions(bad, good, right), 0.5)
    assert weight > 0.9 if of_detector else weight < 0.1


def test_false_alarms_count_as_much_as_missed_objects() -> None:
    calm, alarmed = [0.05] * 30, [0.8] * 30
    assert detector_weight(opinions(alarmed, calm, [False] * 30), 0.75) < 0.15


def test_more_boxes_move_the_weight_further_from_the_prior() -> None:
    weights = [detector_weight(opinions([0.2] * n, [0.8] * n, [True] * n), 0.75) for n in (0, 1, 4, 16, 64)]
    assert weights == sorted(weights, reverse=True)
    assert weights[1] > 0.5
    assert weights[-1] < 0.1


def test_certainty_that_is_wrong_leaves_a_number() -> None:
    assert 0 < detector_weight(opinions([0.0, 1.0], [1.0, 0.0], [True, False]), 0.75) < 1
