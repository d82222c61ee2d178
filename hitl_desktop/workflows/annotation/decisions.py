"""Decisions: an image is done, empty, or put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import with_category
from hitl_desktop.domain.review import Acts, Decision, DecisionKind, Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.store.predictions import UnseenPrediction
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr, trn
from hitl_desktop.workflows.annotation.annotate import as_annotation, check_offered
from hitl_desktop.workflows.annotation.edits import apply, changes_of, count_acts, do, kind_of


@dataclass(frozen=True, slots=True)
class How:
    """How an image came to be decided: who named its boxes, the scores they were shown from, active
    seconds."""

    head_id: int | None
    thresholds: Thresholds
    seconds: float


@dataclass(frozen=True, slots=True)
class Accept:
    """Accept the proposals that were shown and decide the image; `candidates` are all that it had."""

    image_id: int
    shown: tuple[Proposal, ...]
    candidates: tuple[Proposal, ...]
    how: How

    def run(self, project: Project) -> Changes:
        """Do it."""
        return decide(project, self.image_id, self.shown, self.candidates, self.how)


@dataclass(frozen=True, slots=True)
class MarkEmpty:
    """Decide that nothing is on the image."""

    image_id: int
    candidates: tuple[Proposal, ...]
    how: How

    def run(self, project: Project) -> Changes:
        """Do it."""
        return mark_empty(project, self.image_id, self.candidates, self.how)


@dataclass(frozen=True, slots=True)
class Skip:
    """Put the image aside; `reason` is a `SkipReason` or what a person typed."""

    image_id: int
    seconds: float
    reason: str = ""

    def run(self, project: Project) -> Changes:
        """Do it."""
        return skip(project, self.image_id, seconds=self.seconds, reason=self.reason)


def decide(
    project: Project, image_id: int, accepted: Sequence[Proposal], seen: Sequence[Proposal], how: How
) -> Changes:
    """Accept these proposals and call the image done, as one step.

    The names and scores of all its candidates (`seen`) are kept, for the head is not trained on this image
    yet.
    """
    return _decide(project, image_id, accepted, seen, how, empty=False)


def mark_empty(project: Project, image_id: int, seen: Sequence[Proposal], how: How) -> Changes:
    """Say that an image shows nothing of interest; its boxes, if any, go, in the same step."""
    return _decide(project, image_id, (), seen, how, empty=True)


def _may_be_learned(project: Project, image_id: int) -> bool:
    """Whether a version may have been trained on an image, whatever became of its labels since."""
    return project.decisions.was_decided(image_id) or image_id in project.heads.trained_image_ids()


def _confirm(project: Project, image_id: int, dismissed: tuple[int, ...], how: How) -> Changes:
    """A decided image was looked at again and is right: its label issues are dismissed."""
    right = apply(project, Edit(Act(ActKind.CONFIRM), image_id, after=Side(dismissed=dismissed)))
    project.journal.push(right)
    acts = count_acts(project, image_id)
    project.decisions.add(Decision(image_id, kind_of(acts), how.seconds, acts, how.head_id))
    return changes_of(project, right) | Changes(queue=True)


def _decide(
    project: Project,
    image_id: int,
    accepted: Sequence[Proposal],
    seen: Sequence[Proposal],
    how: How,
    *,
    empty: bool,
) -> Changes:
    with project.db.transaction():
        image = project.images.get(image_id)
        if image is None:
            raise HitlError(
                tr("This image is no longer in the project."), hint=tr("Choose another one in the queue.")
            )
        present = project.annotations.of_image(image_id)
        removed = tuple(present) if empty else ()
        if not empty:
            _check_named(project, present)
            _check_inside(image, present)
        project.queue.note_reviewed(image_id)
        is_known = image.state is ImageState.DECIDED
        # what is left was confirmed as right
        dismissed = tuple(s.id for s in project.label_issues.strong_of(image_id)) if is_known else ()
        if is_known and not removed and not accepted:
            return _confirm(project, image_id, dismissed, how) if dismissed else Changes()
        added = tuple(as_annotation(p) for p in accepted)
        check_offered(project, added)
        act = Act(ActKind.MARK_EMPTY if empty else ActKind.ACCEPT_IMAGE)
        known = is_known or _may_be_learned(project, image_id)
        after = Side(added, ImageState.DECIDED, dismissed=dismissed)
        edit = Edit(act, image_id, Side(removed, image.state), after)
        project.journal.push(apply(project, edit))
        changes = Changes(annotations_of=frozenset({image_id}), learn_from=frozenset({image_id}))
        acts = count_acts(project, image_id)
        why = "" if known else project.queue.places_of([image_id])[image_id].reason
        project.decisions.add(Decision(image_id, kind_of(acts), how.seconds, acts, how.head_id, why))
        if not known:
            _note_first_seen(project, image_id, with_category(seen), how.thresholds)
    return changes | Changes(queue=True)


def _note_first_seen(
    project: Project, image_id: int, seen: Sequence[Proposal], thresholds: Thresholds
) -> None:
    """Keep the scores that proposals had before training on their image."""
    project.predictions.note_first_seen(image_id)
    project.predictions.note_unseen_predictions(_sighting(p, thresholds) for p in seen)


def _check_named(project: Project, present: Sequence[Annotation]) -> None:
    unnamed = project.categories.unnamed_id()
    waiting = sum(a.category_id == unnamed for a in present)
    if waiting:
        raise HitlError(
            trn(
                "{n} box of this image has no category yet.",
                "{n} boxes of this image have no category yet.",
                waiting,
            ),
            hint=tr("Give each a category, or delete it."),
        )


def _check_inside(image: ImageRecord, present: Sequence[Annotation]) -> None:
    """Nobody can see a box outside of the image, as there are when its file became a smaller one."""
    if image.width is None or image.height is None:
        return
    lost = sum(not a.bbox.clipped(image.width, image.height).is_valid() for a in present)
    if lost:
        raise HitlError(
            trn(
                "{n} box of this image lies outside of it.",
                "{n} boxes of this image lie outside of it.",
                lost,
            ),
            hint=tr("Choose them in the list of boxes, and delete or move them."),
        )


def _sighting(proposal: Proposal, thresholds: Thresholds) -> UnseenPrediction:
    # the head that named a proposal may have been followed by another while the image was on screen
    head_id = proposal.head_id if proposal.by_head else None
    name, is_shown = normalise_name(proposal.name), proposal.score >= thresholds.of(proposal.category_id)
    return UnseenPrediction(
        proposal.prediction_id, proposal.image_id, proposal.bbox, head_id, name, proposal.raw, proposal.score, is_shown,
        category_id=proposal.category_id,
    )  # fmt: skip


def skip(project: Project, image_id: int, *, seconds: float, reason: str = "") -> Changes:
    """Skip an image that cannot be labelled."""
    image = project.images.get(image_id)
    if image is None or image.state is ImageState.SKIPPED:
        return Changes()
    with project.db.transaction():
        sides = Side(state=image.state), Side(state=ImageState.SKIPPED)
        changes = do(project, Edit(Act(ActKind.SKIP, reason), image_id, *sides))
        project.decisions.add(Decision(image_id, DecisionKind.SKIPPED, seconds, Acts(), why=reason))
    return changes | Changes(queue=True)
