"""Which of the proposals of an image are shown, and which of them are still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox, as_array, iou_matrix
from hitl_desktop.domain.overlap import SAME_OBJECT_IOU, SAME_PLACE_IOU
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.review import Thresholds

HINTS_FROM: Final = 0.5
"""People see hints from this score on, or from that of suggestions if it is higher."""
LARGEST_HINT: Final = 0.5
"""A hint that covers more of the image than this is in the way of drawing, and not shown."""


class _Named(Protocol):
    """A box with a name and a score."""

    @property
    def name(self) -> str: ...
    @property
    def bbox(self) -> BBox: ...
    @property
    def score(self) -> float: ...


NamedT = TypeVar("NamedT", bound=_Named)


def open_ones(
    proposals: Sequence[Proposal], annotations: Sequence[Annotation], rejected: Mapping[int, BBox]
) -> list[Proposal]:
    """Unanswered proposals that do not overlap an existing box.

    An answer is for its place: no other proposal of the same category comes up where one was accepted,
    corrected or rejected. After a newer run nobody knows what category a rejected one had: then it is for all.
    """
    answered = {*rejected, *(a.prediction_id for a in annotations)}
    free = [p for p in proposals if p.prediction_id not in answered]
    if not free:
        return []
    boxes = as_array([p.bbox for p in free])
    overlaps = iou_matrix(boxes, as_array([a.bbox for a in annotations]))
    is_free = overlaps.max(axis=1, initial=0.0) <= SAME_OBJECT_IOU
    places = _answered_places(proposals, annotations, rejected)
    is_there = iou_matrix(boxes, as_array([box for box, _ in places])) > SAME_PLACE_IOU
    for row, place in np.argwhere(is_there).tolist():
        if places[place][1] in {None, _called(free[row])}:
            is_free[row] = False
    return [free[row] for row in np.flatnonzero(is_free).tolist()]


def _answered_places(
    proposals: Sequence[Proposal], annotations: Sequence[Annotation], rejected: Mapping[int, BBox]
) -> list[tuple[BBox, int | str | None]]:
    """Where people answered, and for what; None for all."""
    answered = {*rejected, *(a.prediction_id for a in annotations)}
    here = {p.prediction_id: p for p in proposals if p.prediction_id in answered}
    return [
        *((p.bbox, _called(p)) for p in here.values()),
        *((a.bbox, a.category_id) for a in annotations),
        *((box, None) for i, box in rejected.items() if i not in here),
    ]


def _called(proposal: Proposal) -> int | str:
    """The category of a proposal; of a hint the detector's class."""
    return proposal.hint if proposal.category_id is None else proposal.category_id


def shown_to_people(proposals: Sequence[Proposal], thresholds: Thresholds) -> list[Proposal]:
    """What a person sees of proposals, best first: those that are sure enough for their category."""
    return shown([p for p in with_category(proposals) if p.score >= thresholds.of(p.category_id)], 0.0)


def with_category(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Those of the project's categories; the others are hints, which nothing accepts, counts or learns
    from."""
    return [p for p in proposals if p.category_id is not None]


def hints_beside(
    proposals: Sequence[Proposal], shown_ones: Sequence[Proposal], thresholds: Thresholds
) -> list[Proposal]:
    """Boxes of classes that are no category of the project, best first, where none of `shown_ones` lies.

    There may be an object; what it is, a person decides.
    """
    sure = sorted(
        (p for p in proposals if p.hint and p.hint_score >= thresholds.general), key=lambda p: -p.hint_score
    )
    if not sure:
        return []
    boxes = as_array([p.bbox for p in sure])
    overlaps = iou_matrix(boxes, as_array([p.bbox for p in shown_ones]))
    free = overlaps.max(axis=1, initial=0.0) <= SAME_PLACE_IOU
    chosen = _best_of_each_place(iou_matrix(boxes, boxes) > SAME_PLACE_IOU, free)
    return [
        replace(p, name=p.hint, category_id=None, score=p.hint_score, named_by=p.proposed_by)
        for p, is_best in zip(sure, chosen.tolist(), strict=True)
        if is_best
    ]


def shown(proposals: Sequence[NamedT], threshold: float) -> list[NamedT]:
    """The sure ones of proposals, best first, and of the same name on one spot only the best."""
    sure = sorted((p for p in proposals if p.score >= threshold), key=lambda p: -p.score)
    if len(sure) < 2:
        return sure
    boxes, names = as_array([p.bbox for p in sure]), np.array([p.name for p in sure], object)
    same = (iou_matrix(boxes, boxes) > SAME_PLACE_IOU) & (names[:, None] == names[None, :])
    chosen = _best_of_each_place(same, np.ones(len(sure), bool))
    return [p for p, is_best in zip(sure, chosen.tolist(), strict=True) if is_best]


def _best_of_each_place(same: NDArray[np.bool_], free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of boxes [N], best first, are kept: those that are `free` and the `same` [N, N] as no better one
    kept."""
    kept = free.copy()
    for row in range(len(kept)):
        if kept[row]:
            kept[row + 1 :] &= ~same[row, row + 1 :]
    return kept
