"""What a hand does to a picture: each act is one edit, on disk when the function returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import CROWD, Value, with_value
from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import SAME_OBJECT_IOU, with_category
from hitl_desktop.domain.review import Acts, Decision, DecisionKind, Thresholds
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.predictions import UnseenPrediction
from hitl_desktop.store.project import Project

_LONG_EDIT = 200_000


@dataclass(frozen=True, slots=True)
class Revision:
    """What a hand makes of a box: another place, category or attribute; a proposal becomes an annotation by it.

    `says` are attributes with their values, None for what is no longer said.
    """

    box: Annotation | Proposal
    bbox: BBox | None = None
    category_id: int | None = None
    says: tuple[tuple[str, Value | None], ...] = ()


def draw(project: Project, image_id: int, boxes: Sequence[tuple[BBox, int]], label: str = "Draw box") -> Changes:
    """Add boxes of a person's own, each with its category.

    Raises:
        HitlError: a box has no size.
    """
    if not boxes:
        return Changes()
    added = tuple(Annotation(0, image_id, category_id, bbox) for bbox, category_id in boxes)
    return _do(project, Edit(_counted(label, len(added)), image_id, after=Side(added)))


def draw_unnamed(project: Project, image_id: int, bbox: BBox) -> Changes:
    """Add a box that waits for its category; a decided picture is to do again with it, in the same step.

    Raises:
        HitlError: the box has no size, or the picture is gone.
    """
    with project.db.transaction():
        image = project.images.get(image_id)
        if image is None:
            raise HitlError("This picture is no longer in the project.", hint="Choose another one in the queue.")
        box = Annotation(0, image_id, project.categories.ensure_unnamed(), bbox)
        is_decided = image.state is ImageState.DECIDED
        before = Side(state=image.state if is_decided else None)
        after = Side((box,), ImageState.UNDECIDED if is_decided else None)
        changes = _do(project, Edit("Draw box", image_id, before, after))
        if is_decided:
            project.decisions.add(Decision(image_id, DecisionKind.UNDONE, 0.0, Acts()))
    return changes | Changes(categories=True, queue=is_decided)


def revise(project: Project, revisions: Sequence[Revision], *, goes_on: bool = False) -> Changes:
    """Accept proposals, move, resize or re-class boxes of one picture, as one step.

    What `goes_on` from the step before, as a key held down does, is one with it.

    Raises:
        HitlError: a box has no size, or a hint was given no category.
    """
    return _revise(project, revisions, goes_on=goes_on)


def name_boxes(project: Project, boxes: Sequence[Annotation | Proposal], name: str) -> Changes:
    """Give boxes of one picture the category of this name; a new one is added and undone with them.

    Raises:
        HitlError: it is no name.
    """
    with project.db.transaction():
        added = None if project.categories.find(name) is not None else project.categories.ensure(name)
        category = added or project.categories.ensure(name)
        made = (Side(categories=(replace(added, retired=True),)), Side(categories=(added,))) if added else None
        return _revise(project, [Revision(box, category_id=category.id) for box in boxes], made=made)


def _revise(
    project: Project, revisions: Sequence[Revision], *, goes_on: bool = False, made: tuple[Side, Side] | None = None
) -> Changes:
    """`made` are the sides of the edit that adds a category, which these revisions need."""
    before: list[Annotation] = []
    after: list[Annotation] = []
    with project.db.transaction():
        for revision in revisions:
            if isinstance(revision.box, Proposal):
                accepted = as_annotation(revision.box, category_id=revision.category_id, bbox=revision.bbox)
                check_offered(project, [accepted])
                after.append(_said(accepted, revision))
            elif (revised := _revised(revision.box, revision)) != revision.box:
                before.append(revision.box)
                after.append(revised)
        if not after:
            return Changes()
        label = _counted(_label(revisions), len(after))
        first, last = made or (Side(), Side())
        sides = replace(first, annotations=tuple(before)), replace(last, annotations=tuple(after))
        return _do(project, Edit(label, after[0].image_id, *sides), goes_on=goes_on)


def _revised(box: Annotation, revision: Revision) -> Annotation:
    after = replace(box, bbox=revision.bbox or box.bbox, category_id=revision.category_id or box.category_id)
    return _said(after if after == box else replace(after, edited=True), revision)


def _said(box: Annotation, revision: Revision) -> Annotation:
    for name, value in revision.says:
        if name == CROWD:
            box = replace(box, crowd=bool(value))
        else:
            box = replace(box, attributes=with_value(box.attributes, name, value))
    return box


def _label(revisions: Sequence[Revision]) -> str:
    if names := {name for r in revisions for name, _ in r.says}:
        return f"Change {', '.join(sorted(names))}"
    if all(isinstance(r.box, Proposal) for r in revisions):
        untouched = all(r.bbox is None and r.category_id is None for r in revisions)
        return "Accept proposal" if untouched else "Correct proposal"
    return "Change category" if all(r.bbox is None for r in revisions) else "Change box"


def _counted(label: str, count: int) -> str:
    """What was done, and to how many boxes if there were more than one."""
    return label if count == 1 else f"{label} ({counted(count, 'box')})"


def accept(project: Project, proposals: Sequence[Proposal]) -> Changes:
    """Make proposals annotations as they are."""
    return revise(project, [Revision(p) for p in proposals])


def as_annotation(proposal: Proposal, *, category_id: int | None = None, bbox: BBox | None = None) -> Annotation:
    """The annotation a proposal becomes, of its own category unless another is given.

    Raises:
        HitlError: it is a hint, which has no category of its own.
    """
    category = category_id or proposal.category_id
    if category is None:
        raise HitlError(
            "This box is a hint of the detector and has no category.", hint="Press the digit of a category, or C."
        )
    return Annotation(
        id=0,
        image_id=proposal.image_id,
        category_id=category,
        bbox=bbox or proposal.bbox,
        origin=Origin.MODEL,
        proposed_by=proposal.provenance,
        score=round(proposal.score, 6),
        edited=bbox is not None or category != proposal.category_id,
        prediction_id=proposal.prediction_id,
    )


def remove(project: Project, boxes: Sequence[Annotation | Proposal]) -> Changes:
    """Delete annotations and reject proposals of one picture, as one step.

    The proposals that annotations came from count as rejected, too. Where a job replaced a proposal since it was shown,
    those that lie at its place now are rejected.
    """
    if not boxes:
        return Changes()
    image_id = boxes[0].image_id
    deleted = tuple(box for box in boxes if isinstance(box, Annotation))
    known = project.predictions.rejected_of(image_id)
    now = _stored(project, image_id, {box.prediction_id: box.bbox for box in boxes if box.prediction_id is not None})
    rejected = tuple(dict.fromkeys(i for ids in now.values() for i in ids if i not in known))
    if not deleted and not rejected:
        return Changes()
    label = _counted("Delete box" if deleted else "Reject proposal", len(boxes))
    return _do(project, Edit(label, image_id, before=Side(deleted), after=Side(rejected=rejected)))


def _stored(project: Project, image_id: int, shown: Mapping[int, BBox]) -> dict[int, list[int]]:
    """For each prediction that was shown the ones that are stored in its place now: itself, if no job replaced it."""
    there = project.predictions.still_there(shown)
    found = {prediction_id: [prediction_id] for prediction_id in shown if prediction_id in there}
    if len(found) < len(shown):
        present = project.predictions.of_image(image_id, *project.models.proposers(), candidates_only=True)
        for prediction_id, bbox in shown.items():
            if prediction_id not in there:
                found[prediction_id] = [p.id for p in present if p.bbox.iou(bbox) > SAME_OBJECT_IOU]
    return found


def set_tags(project: Project, image_id: int, tag_ids: Sequence[int]) -> Changes:
    """Replace the tags of a picture."""
    before, after = project.images.tags_of(image_id), tuple(sorted(set(tag_ids)))
    if before == after:
        return Changes()
    return _do(project, Edit("Change tags", image_id, before=Side(tags=before), after=Side(tags=after)))


@dataclass(frozen=True, slots=True)
class How:
    """How a picture came to be decided: who named its boxes, the scores they were shown from, active seconds."""

    head_id: int | None
    thresholds: Thresholds
    seconds: float


def decide(
    project: Project, image_id: int, accepted: Sequence[Proposal], seen: Sequence[Proposal], how: How
) -> Changes:
    """Accept these proposals and call the picture done, as one step.

    What was said of all its candidates (`seen`) is kept, for the head has not been taught this picture yet.
    """
    return _decide(project, image_id, accepted, seen, how, empty=False)


def mark_empty(project: Project, image_id: int, seen: Sequence[Proposal], how: How) -> Changes:
    """Say that a picture shows nothing of interest; its boxes, if any, go, in the same step."""
    return _decide(project, image_id, (), seen, how, empty=True)


def _decide(
    project: Project, image_id: int, accepted: Sequence[Proposal], seen: Sequence[Proposal], how: How, *, empty: bool
) -> Changes:
    with project.db.transaction():
        image = project.images.get(image_id)
        if image is None:
            raise HitlError("This picture is no longer in the project.", hint="Choose another one in the queue.")
        present = project.annotations.of_image(image_id)
        removed = tuple(present) if empty else ()
        if not empty:
            _check_named(project, present)
            _check_inside(image, present)
        project.queue.looked_again(image_id)
        is_known = image.state is ImageState.DECIDED
        # of what is left somebody says that it is right
        dismissed = tuple(s.id for s in project.label_issues.strong_of(image_id)) if is_known else ()
        if is_known and not removed and not accepted:
            if not dismissed:
                return Changes()
            right = _apply(project, Edit("Right as it is", image_id, after=Side(dismissed=dismissed)))
            project.journal.push(right)
            acts = count_acts(project, image_id)
            project.decisions.add(Decision(image_id, _kind(acts), how.seconds, acts, how.head_id))
            return _changes(project, right) | Changes(queue=True)
        added = tuple(as_annotation(p) for p in accepted)
        check_offered(project, added)
        label = "Mark empty" if empty else "Accept picture"
        # a head may have been taught it, whatever became of that
        known = (
            image.state is ImageState.DECIDED
            or project.decisions.was_decided(image_id)
            or image_id in project.heads.taught()
        )
        after = Side(added, ImageState.DECIDED, dismissed=dismissed)
        edit = Edit(label, image_id, Side(removed, image.state), after)
        project.journal.push(_apply(project, edit))
        changes = Changes(annotations_of=frozenset({image_id}), learn_from=frozenset({image_id}))
        acts = count_acts(project, image_id)
        why = "" if known else project.queue.place_of(image_id).reason
        project.decisions.add(Decision(image_id, _kind(acts), how.seconds, acts, how.head_id, why))
        if not known:
            _note_first_seen(project, image_id, with_category(seen), how.thresholds)
    return changes | Changes(queue=True)


def _note_first_seen(project: Project, image_id: int, seen: Sequence[Proposal], thresholds: Thresholds) -> None:
    """Keep the scores that proposals had before their picture was taught."""
    now = _stored(project, image_id, {p.prediction_id: p.bbox for p in seen})
    project.predictions.note_first_seen(image_id)
    project.predictions.note_sightings(
        _sighting(replace(p, prediction_id=now[p.prediction_id][0]), thresholds) for p in seen if now[p.prediction_id]
    )


def check_offered(project: Project, accepted: Sequence[Annotation]) -> None:
    """Check that proposals are accepted under categories that are still there: they may be on the screen for long.

    Raises:
        HitlError: one was removed or merged since.
    """
    for category_id in {a.category_id for a in accepted}:
        category = project.categories.get(category_id)
        if category is None or category.retired:
            name = category.name if category is not None else f"number {category_id}"
            raise HitlError(
                f'The category "{name}" is no longer offered, so nothing was accepted.',
                hint="Go to another picture and back, or give the box another category.",
            )


def _check_named(project: Project, present: Sequence[Annotation]) -> None:
    unnamed = project.categories.unnamed_id()
    waiting = sum(a.category_id == unnamed for a in present)
    if waiting:
        raise HitlError(
            f"{counted(waiting, 'box')} of this picture {'has' if waiting == 1 else 'have'} no category yet.",
            hint="Press the digit of a category, or C to type a name; Delete removes a box.",
        )


def _check_inside(image: ImageRecord, present: Sequence[Annotation]) -> None:
    """Nobody can see a box outside of the picture, as there are when its file became a smaller one."""
    if image.width is None or image.height is None:
        return
    lost = sum(not a.bbox.clipped(image.width, image.height).is_valid() for a in present)
    if lost:
        raise HitlError(
            f"{counted(lost, 'box')} of this picture {'lies' if lost == 1 else 'lie'} outside of it.",
            hint="Choose them in the list of boxes, and delete or move them.",
        )


def _sighting(proposal: Proposal, thresholds: Thresholds) -> UnseenPrediction:
    # the head that named a proposal may have been followed by another while the picture was on screen
    head_id = proposal.head_id if proposal.by_head else None
    name, is_shown = normalise_name(proposal.name), proposal.score >= thresholds.of(proposal.category_id)
    return UnseenPrediction(
        proposal.prediction_id, proposal.image_id, proposal.bbox, head_id, name, proposal.raw, proposal.score, is_shown,
        category_id=proposal.category_id,
    )  # fmt: skip


def _kind(acts: Acts) -> DecisionKind:
    if acts.boxes == 0:
        return DecisionKind.EMPTY
    untouched = acts.moved == acts.relabelled == acts.rejected == acts.drawn == 0
    return DecisionKind.ACCEPTED if untouched else DecisionKind.CORRECTED


def count_acts(project: Project, image_id: int) -> Acts:
    """What it took to get from the proposals to the picture's annotations."""
    rejected = len(project.predictions.rejected_of(image_id))
    return Acts(rejected=rejected, **project.annotations.acts_of(image_id))


def skip(project: Project, image_id: int, *, seconds: float, reason: str = "") -> Changes:
    """Say that one cannot tell."""
    image = project.images.get(image_id)
    if image is None or image.state is ImageState.SKIPPED:
        return Changes()
    with project.db.transaction():
        label = f"Skip picture: {reason}" if reason else "Skip picture"
        changes = _do(project, Edit(label, image_id, Side(state=image.state), Side(state=ImageState.SKIPPED)))
        project.decisions.add(Decision(image_id, DecisionKind.SKIPPED, seconds, Acts(), why=reason))
    return changes | Changes(queue=True)


def _note_correction(project: Project, image_id: int, *, goes_on: bool = False) -> None:
    """Record what a decided picture shows now; of an edit that `goes_on` only what is not on record."""
    image = project.images.get(image_id)
    if image is not None and image.state is ImageState.DECIDED:
        acts = count_acts(project, image_id)
        if not goes_on or acts != project.decisions.last_acts_of(image_id):
            project.decisions.add(Decision(image_id, _kind(acts), 0.0, acts))


def long_step(project: Project, *, redo: bool) -> int | None:
    """The act that undo, or redo, would do, if nobody should wait for it: 4 MB take a fifth of a second."""
    act, size = project.journal.next_act(undone=redo)
    return act if size > _LONG_EDIT else None


def step_over(project: Project, act: int, progress: Progress, *, redo: bool) -> tuple[Edit | None, Changes]:
    """Undo, or redo, this act and no other, each of its portions in a transaction of its own.

    Raises:
        HitlError: something else was done meanwhile.
    """
    if project.journal.next_act(undone=redo)[0] != act:
        raise HitlError("Something else was done meanwhile, so nothing was taken back.", hint="Try it again.")
    steps: list[tuple[Edit, Changes]] = []
    while (step := _step_edit(project, act, undone=not redo)) is not None:
        steps.append(step)
        progress.report(len(steps), 0)
    last = steps[-1 if redo else 0][0]  # its label counts all portions
    return last, Changes.joined([changes for _, changes in steps])


def undo(project: Project) -> tuple[Edit | None, Changes]:
    """Take the latest act back; the decision record notes it, nothing is erased there."""
    return _step(project, undone=True)


def redo(project: Project) -> tuple[Edit | None, Changes]:
    """Do again what was undone last."""
    return _step(project, undone=False)


def _step(project: Project, *, undone: bool) -> tuple[Edit | None, Changes]:
    with project.db.transaction():
        act, _ = project.journal.next_act(undone=not undone)
        return (None, Changes()) if act is None else step_over(project, act, NoProgress(), redo=not undone)


def _step_edit(project: Project, act: int, *, undone: bool) -> tuple[Edit, Changes] | None:
    with project.db.transaction():
        entry = project.journal.next_of(act, undone=not undone)
        if entry is None:
            return None
        number, edit = entry
        wanted = edit.inverse() if undone else edit
        _apply(project, wanted)
        project.journal.mark(number, undone=undone)
        _note_steps(project, [part for part in (wanted, *wanted.parts) if part.image_id is not None], undone=undone)
    decides = any(part.after.state is not None for part in (wanted, *wanted.parts))
    return wanted, _changes(project, wanted) | Changes(queue=decides, go_to=edit.image_id)


def _changes(project: Project, edit: Edit) -> Changes:
    """What an edit changed."""
    if edit.parts:
        on = frozenset(part.image_id for part in edit.parts if part.image_id is not None)
        return Changes(annotations_of=on, learn_from=_to_learn(project, edit.parts))
    on = frozenset({edit.image_id}) if edit.image_id is not None else project.annotations.images_of(edit.after.members)
    return Changes(
        annotations_of=on,
        categories=bool(edit.after.categories or edit.before.attributes or edit.after.attributes or edit.after.mapping),
        head=edit.after.mapping is not None,
        learn_from=frozenset(project.images.decided_of(on)) if edit.after.members else _to_learn(project, [edit]),
    )


def _to_learn(project: Project, parts: Iterable[Edit]) -> frozenset[int]:
    """The pictures of which there is something else to learn now: decided ones, and those that were."""
    changed: set[int] = set()
    withdrawn: set[int] = set()
    for part in parts:
        sides = part.before, part.after
        if part.image_id is not None and any(
            s.annotations or s.rejected or s.tags is not None or s.state for s in sides
        ):
            changed.add(part.image_id)
            if part.before.state is ImageState.DECIDED:
                withdrawn.add(part.image_id)
    return frozenset(withdrawn | project.images.decided_of(changed))


def _note_steps(project: Project, parts: Iterable[Edit], *, undone: bool) -> None:
    """Record decisions that were undone or redone, or what decided pictures show after an edit was."""
    decisions: list[Decision] = []
    for done in parts:
        image_id = done.image_id or 0
        moved = done.after.state is not None and done.after.state is not done.before.state
        if moved and undone:
            decisions.append(Decision(image_id, DecisionKind.UNDONE, 0.0, Acts()))
        elif done.after.state is ImageState.SKIPPED:
            why = project.decisions.why_skipped(image_id)  # it is done again as it was
            decisions.append(Decision(image_id, DecisionKind.SKIPPED, 0.0, Acts(), why=why))
        elif done.after.tags is None:
            _note_correction(project, image_id)
    project.decisions.add(*decisions)


def _do(project: Project, edit: Edit, *, goes_on: bool = False) -> Changes:
    """Apply an edit and note it in the journal, in one transaction; on a decided picture it is a decision, too."""
    with project.db.transaction():
        last = project.journal.next_undo() if goes_on else None
        done = _apply(project, edit)
        is_longer = last is not None and last[1].label == edit.label and last[1].after == edit.before
        if last is not None and is_longer:
            project.journal.amend(last[0], replace(last[1], after=done.after))
        else:
            project.journal.push(done)
        if edit.image_id is not None and edit.after.state is None and edit.after.tags is None:
            _note_correction(project, edit.image_id, goes_on=is_longer)
    return _changes(project, edit)


def _apply(project: Project, edit: Edit) -> Edit:
    """Write the edit's `after` in place of its `before`; returns it with the ids that new annotations got."""
    if edit.parts:
        return replace(edit, parts=_apply_all(project, edit.parts))
    return _apply_all(project, [edit])[0]


def _apply_all(project: Project, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Apply edits that do not depend on each other, with a statement for each kind of change."""
    before, after = [e.before for e in edits], [e.after for e in edits]
    project.annotations.remove([a for side in before for a in side.annotations])
    project.attributes.remove([a for side in before for a in side.attributes])
    project.attributes.add([a for side in after for a in side.attributes])
    added = iter(project.annotations.add(a for side in after for a in side.annotations))
    project.extras.add_annotations(each for side in after for each in side.kept)
    project.predictions.unreject(i for side in before for i in side.rejected)
    project.predictions.reject(i for side in after for i in side.rejected)
    of_images = [(e.image_id, e.after) for e in edits if e.image_id is not None]
    project.images.set_states((i, side.state) for i, side in of_images if side.state is not None)
    project.images.set_tags_of({i: side.tags for i, side in of_images if side.tags is not None})
    for suspicion_id in (i for side in before for i in side.dismissed):
        project.label_issues.dismiss(suspicion_id, is_dismissed=False)
    for suspicion_id in (i for side in after for i in side.dismissed):
        project.label_issues.dismiss(suspicion_id)
    for side in after:
        if side.mapping is not None:
            project.class_maps.set(side.mapping[0], dict(side.mapping[1]))
        for category in side.categories:
            project.categories.update(category)
        if side.member_of is not None:
            project.annotations.set_category(side.members, side.member_of)
    return tuple(
        replace(e, after=replace(e.after, annotations=tuple(islice(added, len(e.after.annotations)))))
        if e.after.annotations
        else e
        for e in edits
    )


def do(project: Project, edit: Edit) -> Changes:
    """An edit of the project itself, such as one of its categories; undone like all others."""
    return _do(project, edit)


class LongAct:
    """An act on very many pictures, done in portions that are undone as one.

    Each portion is a short transaction, so that nobody who writes meanwhile waits for more than one of them. If the
    program ends in between, the portions that were done stay done, and undo takes them back.
    """

    def __init__(self, project: Project, reserved: int | None = None) -> None:
        """`reserved` is the number that the act got when a person asked for it (`Journal.reserve`), if that was before.

        Pictures that were changed since then are left alone, and undo takes these changes back first.
        """
        self._project = project
        self._reserved = reserved
        self._since = project.journal.last_id() if reserved is None else reserved
        self._number: int | None = None
        self._done: list[Changes] = []

    @property
    def changes(self) -> Changes:
        """What the portions changed so far."""
        return Changes.joined(self._done)

    def changed_meanwhile(self) -> set[int]:
        """The pictures that others changed since the act was asked for: they are to stay as they were left."""
        return self._project.journal.images_since(self._since, but=self._number)

    def do(self, edit: Edit, *, is_all: bool = False) -> tuple[int, Edit]:
        """Apply an edit and note it as the next portion, or as the only one if it `is_all`.

        Returns the number of the act, and the edit with the ids that new annotations got.
        """
        project = self._project
        with project.db.transaction():
            done = _apply(project, edit)
            is_first = self._number is None
            number = project.journal.push(done, act=self._number, number=self._reserved if is_first else None)
            if self._number is None:
                self._number = number
                if not is_all:
                    project.journal.begin_act(number)
        self._done.append(_changes(project, edit))
        return self._number, done
