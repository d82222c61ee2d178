"""Which proposals are shown: the rules as they read, one box at a time, against the arrays that apply
them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.overlap import SAME_OBJECT_IOU, SAME_PLACE_IOU
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import open_ones, shown, shown_to_people
from hitl_desktop.domain.review import Thresholds

side = st.integers(0, 12).map(lambda n: n / 4)
bbox = st.builds(BBox, side, side, side.map(lambda n: n + 1), side.map(lambda n: n + 1))


def proposal(number: int, box: BBox, name: str, score: float) -> Proposal:
    category_id = {"cup": 1, "dog": 2}.get(name)
    return Proposal(number, 1, box, name, category_id, score, "detector", np.zeros(1, np.float32))


rows = st.lists(
    st.tuples(bbox, st.sampled_from(["cup", "dog", "new"]), st.integers(0, 5).map(lambda n: n / 5))
)
proposals = rows.map(lambda each: [proposal(n, *row) for n, row in enumerate(each)])
annotations = st.lists(st.tuples(bbox, st.none() | st.integers(0, 5))).map(
    lambda each: [
        Annotation(n, 1, 1, box, prediction_id=found) for n, (box, found) in enumerate(each, start=1)
    ]
)


def best_of_each_place(given_ones: list[Proposal], threshold: float) -> list[int]:
    kept: list[Proposal] = []
    for p in sorted(given_ones, key=lambda p: -p.score):
        is_same = any(p.name == k.name and p.bbox.iou(k.bbox) > SAME_PLACE_IOU for k in kept)
        if p.score >= threshold and not is_same:
            kept.append(p)
    return [p.prediction_id for p in kept]


@given(proposals, st.integers(0, 5).map(lambda n: n / 5))
def test_of_one_name_on_one_spot_only_the_best_is_shown(given_ones: list[Proposal], threshold: float) -> None:
    assert [p.prediction_id for p in shown(given_ones, threshold)] == best_of_each_place(
        given_ones, threshold
    )


@given(
    proposals, annotations, st.dictionaries(st.integers(0, 7), bbox, max_size=4), st.sampled_from([0.2, 0.6])
)
def test_answered_and_covered_proposals_are_not_shown(
    given_ones: list[Proposal], boxes: list[Annotation], elsewhere: dict[int, BBox], own: float
) -> None:
    there = {p.prediction_id: p for p in given_ones}
    rejected = {i: there[i].bbox if i in there else box for i, box in elsewhere.items()}
    answered = {*rejected, *(a.prediction_id for a in boxes)}

    def is_rejected(p: Proposal) -> bool:
        """Its place was answered for its category, or by a person who saw an older run."""
        places = [(there[i].bbox, there[i].category_id) for i in answered if i in there]
        places += [(a.bbox, a.category_id) for a in boxes]
        return any(p.bbox.iou(box) > SAME_PLACE_IOU and name == p.category_id for box, name in places) or any(
            p.bbox.iou(box) > SAME_PLACE_IOU for i, box in rejected.items() if i not in there
        )

    free = [
        p
        for p in given_ones
        if p.prediction_id not in answered
        and all(p.bbox.iou(a.bbox) <= SAME_OBJECT_IOU for a in boxes)
        and not is_rejected(p)
    ]
    found = open_ones(given_ones, boxes, rejected)
    assert [p.prediction_id for p in found] == [p.prediction_id for p in free]
    sure = [p for p in free if p.category_id and p.score >= (own if p.category_id == 1 else 0.4)]
    assert [p.prediction_id for p in shown_to_people(found, Thresholds(0.4, {1: own}))] == best_of_each_place(
        sure, 0.0
    )
