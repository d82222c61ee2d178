"""A person who knows the answer: decides an image by the same workflows as the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.geometry import BBox, as_array, match
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.overlap import GOOD_ENOUGH_IOU, MATCH_IOU
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import hints_beside, shown_to_people
from hitl_desktop.domain.review import Acts, Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.exchange.align_dataset import align
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import Scorer

Truth = Sequence[tuple[str, BBox]]
"""The names and boxes of what an image really shows."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """Proposals as they are right, to be removed, and to be moved (to a box) or renamed; and what has
    none."""

    right: list[Proposal]
    wrong: list[Proposal]
    mended: list[tuple[Proposal, BBox | None, str | None]]
    missed: list[tuple[str, BBox]]


def _answer(visible: Sequence[Proposal], truth: Truth) -> _Answer:
    matches = match(as_array([p.bbox for p in visible]), as_array([box for _, box in truth]), MATCH_IOU)
    answer = _Answer([], [], [], [truth[n] for n in sorted(set(range(len(truth))) - set(matches))])
    for proposal, index in zip(visible, matches, strict=True):
        if index is None:
            answer.wrong.append(proposal)
            continue
        name, box = truth[index]
        moved = None if proposal.bbox.iou(box) >= GOOD_ENOUGH_IOU else box
        is_right = proposal.category_id is not None and normalise_name(name) == normalise_name(proposal.name)
        renamed = None if is_right else name
        if moved is None and renamed is None:
            answer.right.append(proposal)
        else:
            answer.mended.append((proposal, moved, renamed))
    return answer


def acts_needed(visible: Sequence[Proposal], truth: Truth) -> Acts:
    """The acts with which a person who sees these proposals makes the image right."""
    answer = _answer(visible, truth)
    renamed = sum(name is not None for *_, name in answer.mended)
    wrong = sum(proposal.category_id is not None for proposal in answer.wrong)
    return Acts(
        len(answer.right), len(answer.mended) - renamed, renamed, rejected=wrong, drawn=len(answer.missed)
    )


def decide_as_oracle(
    project: Project, image: ImageRecord, truth: Truth, scorer: Scorer | None, *, threshold: float
) -> None:
    """Accept, rename, move, reject and draw until the image is right, and call it done.

    Only proposals and hints from `threshold` up are seen; one that covers an object by 0.7 is good enough as
    it is. A hint on no object costs nothing.
    """
    candidates = proposals_of(project, image, scorer)
    visible = shown_to_people(candidates, Thresholds(threshold))
    answer = _answer([*visible, *hints_beside(candidates, visible, Thresholds(threshold))], truth)
    for proposal in answer.wrong:
        if proposal.category_id is not None:
            annotate.remove(project, [proposal])
    for proposal, moved, name in answer.mended:
        category_id = project.categories.ensure(name).id if name is not None else None
        annotate.revise(project, [Revision(proposal, moved, category_id)])
    for name, box in answer.missed:
        annotate.draw(project, image.id, [(box, project.categories.ensure(name).id)])
    head_id = scorer.head_id if scorer else None
    decisions.decide(
        project,
        image.id,
        answer.right,
        candidates,
        decisions.How(head_id, Thresholds(threshold), seconds=0.0),
    )


def answers_for(project: Project, truth: Dataset) -> dict[int, list[tuple[str, BBox]]]:
    """What each image of the project really shows, crowd regions aside."""
    aligned = align(project, ImportResult(truth, ()))
    names = {c.id: c.name for c in truth.categories}
    complete = [image.id for image in aligned.dataset.images if image.id not in aligned.incomplete]
    answers: dict[int, list[tuple[str, BBox]]] = {
        aligned.records[i].id: [(names[a.category_id], a.bbox) for a in aligned.boxes[i] if not a.crowd]
        for i in complete
    }
    return answers


def next_undecided(project: Project) -> ImageRecord:
    """The image at the front of the queue.

    Raises:
        HitlError: there is none.
    """
    order = project.queue.order(limit=1)
    image = project.images.get(order[0].image_id) if order else None
    if image is None:
        raise HitlError(tr("Every image is done."), hint=tr("Add more images."))
    return image
