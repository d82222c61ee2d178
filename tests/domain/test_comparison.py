"""Labels beside suggestions: known answers."""

from __future__ import annotations

import pytest

from hitl_desktop.domain.comparison import BoxSize, Outcome, Side, compare, paired
from hitl_desktop.domain.geometry import BBox

HERE, THERE = BBox(0, 0, 10, 10), BBox(100, 0, 10, 10)
NEARLY = BBox(1, 0, 10, 10)


def side(name: str, bbox: BBox, number: int = 0) -> Side:
    return Side(number, bbox, name, None)


def outcomes(suggestions: list[Side], labels: list[Side]) -> list[Outcome]:
    return [place.outcome for place in compare(suggestions, labels)]


def test_each_outcome() -> None:
    assert outcomes([side("a", NEARLY)], [side("a", HERE)]) == [Outcome.MATCH]
    assert outcomes([side("b", NEARLY)], [side("a", HERE)]) == [Outcome.OTHER_NAME]
    assert outcomes([side("a", THERE)], [side("a", HERE)]) == [Outcome.FALSE_POSITIVE, Outcome.MISSED]
    assert outcomes([], []) == []


def test_a_category_counts_and_not_what_it_was_called() -> None:
    label = Side(1, HERE, "", 7)
    assert outcomes([Side(2, NEARLY, "an old name", 7, 0.9)], [label]) == [Outcome.MATCH]


def test_the_right_name_takes_an_object_before_a_surer_wrong_one() -> None:
    places = compare([side("b", HERE, 1), side("a", NEARLY, 2)], [side("a", HERE)])
    assert [(p.suggestion.id if p.suggestion else None, p.outcome) for p in places] == [
        (1, Outcome.FALSE_POSITIVE),
        (2, Outcome.MATCH),
    ]


def test_of_two_suggestions_on_one_object_one_is_right() -> None:
    assert outcomes([side("a", HERE), side("a", NEARLY)], [side("a", HERE)]) == [
        Outcome.MATCH,
        Outcome.FALSE_POSITIVE,
    ]


def test_a_found_object_is_not_given_to_another_name() -> None:
    """Two objects lie on each other, and the surer suggestion has the name of the second."""
    assert paired([("b", HERE), ("c", HERE)], [("a", HERE), ("b", NEARLY)]) == [1, 0]


def test_boxes_that_overlap_by_less_than_half_are_not_of_one_object() -> None:
    assert outcomes([side("a", BBox(4, 0, 10, 10))], [side("a", HERE)]) == [
        Outcome.FALSE_POSITIVE,
        Outcome.MISSED,
    ]


@pytest.mark.parametrize(
    ("side_length", "size"),
    [(31.9, BoxSize.SMALL), (32, BoxSize.MEDIUM), (95.9, BoxSize.MEDIUM), (96, BoxSize.LARGE)],
)
def test_sizes_are_those_of_coco(side_length: float, size: BoxSize) -> None:
    area = side_length**2
    assert [s for s in BoxSize if s.areas[0] <= area < s.areas[1]] == [size]
