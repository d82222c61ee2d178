"""Edits: applied, journalled, undone and redone; an act is one edit, on very many images one in portions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

_LONG_EDIT = 200_000


def kind_of(acts: Acts) -> DecisionKind:
    """How a decision that took these acts is called."""
    if acts.boxes == 0:
        return DecisionKind.EMPTY
    untouched = acts.moved == acts.relabelled == acts.rejected == acts.drawn == 0
    return DecisionKind.ACCEPTED if untouched else DecisionKind.CORRECTED


def count_acts(project: Project, image_id: int) -> Acts:
    """What it took to get from the proposals to the image's annotations."""
    rejected = len(project.predictions.rejected_of(image_id))
    return Acts(rejected=rejected, **project.annotations.acts_of(image_id))


def note_correction(project: Project, image_id: int, *, goes_on: bool = False) -> None:
    """Record what a decided image shows now; of an edit that `goes_on` only what is not on record."""
    image = project.images.get(image_id)
    if image is not None and image.state is ImageState.DECIDED:
        acts = count_acts(project, image_id)
        if not goes_on or acts != project.decisions.last_acts_of(image_id):
            project.decisions.add(Decision(image_id, kind_of(acts), 0.0, acts))


def long_step(project: Project, *, redo: bool) -> int | None:
    """The act that undo, or redo, would do, if nobody should wait for it: 4 MB take a fifth of a second."""
    act, size = project.journal.next_act(undone=redo)
    if act is None or size > _LONG_EDIT:
        return act
    entry = project.journal.next_of(act, undone=redo)
    is_import = (
        entry is not None and isinstance(entry[1].label, Act) and entry[1].label.kind is ActKind.IMPORT
    )
    return act if is_import else None


def step_over(project: Project, act: int, progress: Progress, *, redo: bool) -> tuple[Edit | None, Changes]:
    """Undo, or redo, this act and no other, each of its portions in a transaction of its own.

    Raises:
        HitlError: something else was done meanwhile.
    """
    if project.journal.next_act(undone=redo)[0] != act:
        raise HitlError(
            tr("Something else was done meanwhile, so nothing was taken back."), hint=tr("Try it again.")
        )
    steps: list[tuple[Edit, Changes]] = []
    while (step := _step_edit(project, act, undone=not redo)) is not None:
        steps.append(step)
        progress.report(len(steps), 0)
    last = steps[-1 if redo else 0][0]  # which counts all portions
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
        apply(project, wanted)
        project.journal.mark(number, undone=undone)
        _note_steps(
            project, [part for part in (wanted, *wanted.parts) if part.image_id is not None], undone=undone
        )
    decides = any(part.after.state is not None for part in (wanted, *wanted.parts))
    return wanted, changes_of(project, wanted) | Changes(queue=decides, go_to=edit.image_id)


def changes_of(project: Project, edit: Edit) -> Changes:
    """What an edit changed."""
    portion = edit.after.imported if edit.after.imported is not None else edit.before.imported
    if portion is not None:
        on = project.imports.images_of(portion)
        return Changes(images=True, annotations_of=on, categories=True, queue=True, learn_from=on, tags=True)
    if edit.after.detector is not None:
        every = frozenset(project.images.ids())
        return Changes(predictions_of=every, images=True, queue=True, head=True, categories=True)
    if edit.parts:
        on = frozenset(part.image_id for part in edit.parts if part.image_id is not None)
        tags = any(part.after.tags is not None for part in edit.parts)
        return Changes(annotations_of=on, learn_from=_to_learn(project, edit.parts), tags=tags)
    on = (
        frozenset({edit.image_id})
        if edit.image_id is not None
        else project.annotations.images_of(edit.after.members)
    )
    return Changes(
        annotations_of=on,
        categories=bool(
            edit.after.categories or edit.before.attributes or edit.after.attributes or edit.after.mapping
        ),
        head=edit.after.mapping is not None,
        learn_from=frozenset(project.images.decided_of(on))
        if edit.after.members
        else _to_learn(project, [edit]),
        tags=edit.after.tags is not None,
    )


def _to_learn(project: Project, parts: Iterable[Edit]) -> frozenset[int]:
    """The images of which there is something else to learn now: decided ones, and those that were."""
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
    """Record decisions that were undone or redone, or what decided images show after an edit was."""
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
            note_correction(project, image_id)
    project.decisions.add(*decisions)


def do(project: Project, edit: Edit, *, goes_on: bool = False) -> Changes:
    """Apply an edit and note it in the journal, in one transaction; on a decided image it is a decision,
    too."""
    with project.db.transaction():
        last = project.journal.next_undo() if goes_on else None
        done = apply(project, edit)
        is_longer = (
            last is not None
            and last[1].label == edit.label
            and replace(last[1].after, state=edit.before.state) == edit.before
        )
        if last is not None and is_longer:
            state = done.after.state or last[1].after.state  # of an image that the step before opened again
            project.journal.amend(last[0], replace(last[1], after=replace(done.after, state=state)))
        else:
            project.journal.push(done)
        if edit.image_id is not None and edit.after.state is None and edit.after.tags is None:
            note_correction(project, edit.image_id, goes_on=is_longer)
    return changes_of(project, edit)


def apply(project: Project, edit: Edit) -> Edit:
    """Write the edit's `after` in place of its `before`; returns it with the ids that new annotations got."""
    if edit.parts:
        return replace(edit, parts=_apply_all(project, edit.parts))
    return _apply_all(project, [edit])[0]


def _apply_all(project: Project, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Apply edits that do not depend on each other, with a statement for each kind of change."""
    _take_away(project, [edit.before for edit in edits])
    added = iter(_put(project, [edit.after for edit in edits]))
    of_images = [(e.image_id, e.after) for e in edits if e.image_id is not None]
    project.images.set_states((i, side.state) for i, side in of_images if side.state is not None)
    project.images.set_tags_of({i: side.tags for i, side in of_images if side.tags is not None})
    for edit in edits:
        _change_detector(project, edit)
    return tuple(
        replace(e, after=replace(e.after, annotations=tuple(islice(added, len(e.after.annotations)))))
        if e.after.annotations
        else e
        for e in edits
    )


def _take_away(project: Project, sides: Sequence[Side]) -> None:
    project.annotations.remove([a for side in sides for a in side.annotations])
    project.attributes.remove([a for side in sides for a in side.attributes])
    for side in sides:
        if side.imported is not None:
            project.imports.take_out(side.imported)
    project.predictions.unreject(i for side in sides for i in side.rejected)
    for issue_id in (i for side in sides for i in side.dismissed):
        project.label_issues.dismiss(issue_id, is_dismissed=False)


def _put(project: Project, sides: Sequence[Side]) -> list[Annotation]:
    """Returns the annotations with the ids that new ones got."""
    project.attributes.add([a for side in sides for a in side.attributes])
    added = project.annotations.add(a for side in sides for a in side.annotations)
    project.extras.add_annotations(each for side in sides for each in side.kept)
    project.predictions.reject(i for side in sides for i in side.rejected)
    for side in sides:
        if side.imported is not None:
            project.imports.put_back(side.imported)
    for issue_id in (i for side in sides for i in side.dismissed):
        project.label_issues.dismiss(issue_id)
    for side in sides:
        _put_names(project, side)
    return list(added)


def _change_detector(project: Project, edit: Edit) -> None:
    """Switch the project's detector, unless a person has chosen yet another one since."""
    if edit.after.detector is None:
        return
    now = project.models.detector()
    if (now.hash if now else "") == edit.before.detector:
        found = project.models.find(edit.after.detector)
        project.models.set_detector(found.id if found else None)


def _put_names(project: Project, side: Side) -> None:
    """What an edit of the project itself changes: mappings, categories, the category of their members."""
    if side.mapping is not None:
        project.class_maps.set(side.mapping[0], dict(side.mapping[1]))
    for category in side.categories:
        project.categories.update(category)
    if side.member_of is not None:
        project.annotations.set_category(side.members, side.member_of)


class LongAct:
    """An act on very many images, done in portions that are undone as one.

    Each portion is a short transaction, so that nobody who writes meanwhile waits for more than one of them.
    If the program ends in between, the portions that were done stay done, and undo takes them back.
    """

    def __init__(self, project: Project, reserved: int | None = None) -> None:
        """`reserved` is the number that the act got when a person asked for it (`Journal.reserve`), if that
        was before.

        Images that were changed since then are left alone, and undo takes these changes back first.
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
        """The images that others changed since the act was asked for: they are to stay as they were
        left."""
        return self._project.journal.images_since(self._since, but=self._number)

    def do(self, edit: Edit, *, is_all: bool = False) -> tuple[int, Edit]:
        """Apply an edit and note it as the next portion, or as the only one if it `is_all`.

        Returns the number of the act, and the edit with the ids that new annotations got.
        """
        project = self._project
        with project.db.transaction():
            done = apply(project, edit)
            is_first = self._number is None
            number = project.journal.push(done, act=self._number, number=self._reserved if is_first else None)
            if self._number is None:
                self._number = number
                if not is_all:
                    project.journal.begin_act(number)
        self._done.append(changes_of(project, edit))
        return self._number, done
