"""Accept all proposals of a category from a score up at once; a random sample of them bounds how many may be
wrong.

Boxes are drawn from all that were accepted, each as likely as any other, so the exact bound (hypergeometric)
is about boxes, whether or not those of one image hang together. What is claimed is said once the whole
sample was looked at.
"""

from __future__ import annotations

import random
from collections.abc import Sequence, Set
from dataclasses import dataclass

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.bulk import BulkAccept, SampledBox
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import open_ones, shown, with_category
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, NotPrelabelledError, NotYetError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.learning.sampling_bounds import CONFIDENCE, sample_size, upper_bound
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation.annotate import as_annotation, check_offered, remove
from hitl_desktop.workflows.annotation.bulk_edits import portions
from hitl_desktop.workflows.annotation.edits import LongAct, undo
from hitl_desktop.workflows.detection.crops import crops_in_context
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import Scorer, load_scorer

CLAIM = 0.05
"""The sample is as large as it takes to claim that no more than this share is wrong."""
MOST_SHOWN = 120
_AT_ONCE = 50
"""So many images are accepted in one portion: their boxes are compared with those that are there."""


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """The proposals that would be accepted, and a random part of them with what is in them.

    On images `not_examined` by the active head only the detector's boxes are known. `scores` are those of all
    proposals of this name.
    """

    name: str
    threshold: float
    proposals: list[Proposal]
    pictures: int
    shown: list[tuple[Proposal, RgbImage]]
    not_examined: int = 0
    scores: tuple[float, ...] = ()


def preview(project: Project, name: str, threshold: float, progress: Progress, *, seed: int = 0) -> Preview:
    """What accepting everything of this name from this score up would accept, on images that are to do.

    Raises:
        NotPrelabelledError: no detector has run on the images.
        HitlError: there is no such proposal.
    """
    scorer = load_scorer(project)
    if scorer is None:
        raise NotPrelabelledError
    images = [i for i in project.images.all(state=ImageState.UNDECIDED) if i.reason is None]
    every = _open_of_name(project, images, name, scorer, progress)
    found = [p for p in every if p.score >= threshold]
    if not found:
        raise NotYetError(
            tr(
                "No suggestion of {name} has a score of {threshold:.2f} or more.",
                name=name,
                threshold=threshold,
            ),
            hint=tr("Lower the score, or pre-label more."),
        )
    drawn = random.Random(seed).sample(found, min(MOST_SHOWN, len(found)))  # noqa: S311 - a draw, not a secret
    seen = project.predictions.images_found_by(scorer.finder_id or 0, scorer.head_id or 0)
    not_yet = sum(i.id not in seen for i in images) if scorer.finder_id is not None else 0
    images = len({p.image_id for p in found})
    scores = tuple(p.score for p in every)
    return Preview(name, threshold, found, images, _with_pixels(project, drawn, progress), not_yet, scores)


def _open_of_name(
    project: Project, images: Sequence[ImageRecord], name: str, scorer: Scorer, progress: Progress
) -> list[Proposal]:
    found: list[Proposal] = []
    for number, image in enumerate(images):
        if number % 16 == 0:
            progress.check_cancelled()
            progress.report(number, len(images), image.path)
        free = open_ones(
            proposals_of(project, image, scorer),
            project.annotations.of_image(image.id),
            project.predictions.rejected_of(image.id),
        )
        found += [p for p in shown(with_category(free), 0.0) if p.name == name]
    return found


def _with_pixels(
    project: Project, proposals: Sequence[Proposal], progress: Progress
) -> list[tuple[Proposal, RgbImage]]:
    pixels = crops_in_context(project, [(p.prediction_id, p.image_id, p.bbox) for p in proposals], progress)
    return [(p, pixels[p.prediction_id]) for p in proposals if p.prediction_id in pixels]


def accept_all(
    project: Project,
    wanted: Preview,
    without: Sequence[int] = (),
    progress: Progress | None = None,
    *,
    seed: int | None = None,
    reserved: int | None = None,
) -> Changes:
    """Accept what was previewed, but these predictions, as one act, and draw the sample; images stay to be
    decided.

    What somebody answered since the preview is left alone. Cancelled, it keeps what was accepted until then.

    Raises:
        HitlError: nothing is left to accept.
    """
    by_image = _by_image(wanted.proposals, set(without))
    act, accepted, bulk_id = LongAct(project, reserved), list[tuple[int, BBox]](), 0
    draw = random.Random(seed)  # noqa: S311 - a draw, not a secret
    for ids in portions(list(by_image), _AT_ONCE, progress or NoProgress()):
        with project.db.transaction():
            left = act.changed_meanwhile()
            open_ids = [i for i in ids if i not in left]
            parts = [part for i in open_ids if (part := _accepted(project, by_image[i]))]
            if not parts:
                continue
            accepted += [(part.image_id or 0, box.bbox) for part in parts for box in part.after.annotations]
            images = len({image_id for image_id, _ in accepted})
            what = Act(ActKind.ACCEPT_ALL, wanted.name, images, threshold=wanted.threshold)
            number, _ = act.do(Edit(what, None, parts=tuple(parts)), is_all=len(by_image) <= _AT_ONCE)
            bulk_id = bulk_id or project.bulk_accepts.add(wanted.name, wanted.threshold, number)
            size = sample_size(CLAIM, of=len(accepted)) or len(accepted)
            project.bulk_accepts.set_sample(bulk_id, len(accepted), images, draw.sample(accepted, size))
    if not accepted:
        raise HitlError(
            tr("All of these suggestions were answered meanwhile."), hint=tr("Review what is left.")
        )
    return act.changes | Changes(queue=True, categories=True)


def _by_image(proposals: Sequence[Proposal], without: Set[int]) -> dict[int, list[Proposal]]:
    """The proposals of each image, except those of some predictions."""
    by_image: dict[int, list[Proposal]] = {}
    for p in proposals:
        if p.prediction_id not in without:
            by_image.setdefault(p.image_id, []).append(p)
    return by_image


def _accepted(project: Project, proposals: Sequence[Proposal]) -> Edit | None:
    """The edit that accepts those of an image's proposals that are unanswered."""
    image = project.images.get(proposals[0].image_id)
    if image is None or image.state is not ImageState.UNDECIDED:
        return None
    rejected = project.predictions.rejected_of(image.id)
    free = open_ones(proposals, project.annotations.of_image(image.id), rejected)
    if not free:
        return None
    boxes = tuple(as_annotation(p) for p in free)
    check_offered(project, boxes)
    return Edit(Act(ActKind.ACCEPT_ALL), image.id, after=Side(boxes))


def unfinished(project: Project) -> BulkAccept | None:
    """The latest acceptance with boxes not examined yet."""
    return next((b for b in reversed(project.bulk_accepts.all()) if b.left), None)


def judge(
    project: Project, bulk: BulkAccept, box: SampledBox, *, is_wrong: bool, is_seen: bool = True
) -> Changes:
    """Say whether a box of the sample is right; a wrong one is deleted, which undo takes back.

    One that could not be shown counts as wrong, so that the bound is none too low, and stays.
    """
    with project.db.transaction():
        project.bulk_accepts.judge(bulk.id, box.place, is_wrong=is_wrong)
        category = project.categories.find(bulk.name)
        if not is_wrong or not is_seen or category is None:
            return Changes()
        here = project.annotations.of_image(box.image_id)
        return remove(project, [a for a in here if (a.bbox, a.category_id) == (box.bbox, category.id)])


def take_back(project: Project, bulk: BulkAccept) -> Changes:
    """Take the last answer about the sample back; a box that was deleted for it comes back, if it was the
    last act.

    Raises:
        HitlError: nothing was answered yet.
    """
    answered = [box for box in bulk.sample if box.is_wrong is not None]
    if not answered:
        raise NotYetError(
            tr("Nothing of this sample was answered yet."), hint=tr("Say of the box whether it is right.")
        )
    last = answered[-1]
    with project.db.transaction():
        project.bulk_accepts.judge(bulk.id, last.place, is_wrong=None)
        entry = project.journal.next_undo()
        deleted = (
            entry[1].before.annotations if entry is not None and entry[1].image_id == last.image_id else ()
        )
        if last.is_wrong and any(a.bbox == last.bbox for a in deleted):
            return undo(project)[1]
    return Changes()


def in_words(bulk: BulkAccept) -> str:
    """What follows from the sample for all that were accepted."""
    accepted_boxes = tr(
        "{boxes} of {name} accepted at once", boxes=counted(bulk.boxes, "box"), name=bulk.name
    )
    seen = len(bulk.sample)
    if bulk.left:
        return tr(
            "{accepted_boxes}: {left} of {seen} drawn at random are still to be "
            "reviewed; nothing is claimed before that.",
            accepted_boxes=accepted_boxes,
            left=len(bulk.left),
            seen=seen,
        )
    bound = upper_bound(bulk.wrong, seen, of=bulk.boxes)
    return tr(
        "{accepted_boxes}: {wrong} of {seen} drawn at random were wrong, so at most "
        "{bound:.1%} of all of them ({confidence:.0%} sure).",
        accepted_boxes=accepted_boxes,
        wrong=bulk.wrong,
        seen=seen,
        bound=bound,
        confidence=CONFIDENCE,
    )
