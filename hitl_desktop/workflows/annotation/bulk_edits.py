"""What is done to many images at once: one act, so one undo, in short portions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.progress import JobCancelled, NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation.edits import LongAct, count_acts

_AT_ONCE = 100
"""So many images are one portion: a few milliseconds of work, and more beside other busy programs."""
_Item = TypeVar("_Item")


def portions(items: Sequence[_Item], size: int, progress: Progress) -> Generator[Sequence[_Item]]:
    """The items, so many at a time. Cancelling ends it early: what was done until then stays."""
    for start in range(0, len(items), size):
        try:
            progress.check_cancelled()
        except JobCancelled:
            return
        yield items[start : start + size]
        progress.report(min(start + size, len(items)), len(items))


def skip(
    project: Project,
    image_ids: Sequence[int],
    progress: Progress | None = None,
    *,
    reserved: int | None = None,
) -> Changes:
    """Put the undecided ones of these images aside; for `reserved` see `LongAct`."""
    of = frozenset({ImageState.UNDECIDED})
    return _set_state(project, image_ids, ImageState.SKIPPED, ActKind.SKIP_IMAGES, of, progress, reserved)


def reopen(
    project: Project,
    image_ids: Sequence[int],
    progress: Progress | None = None,
    *,
    reserved: int | None = None,
) -> Changes:
    """Let decided and skipped images be to do again; their boxes stay."""
    done = frozenset({ImageState.DECIDED, ImageState.SKIPPED})
    to_do, kind = ImageState.UNDECIDED, ActKind.REOPEN_IMAGES
    return _set_state(project, image_ids, to_do, kind, done, progress, reserved)


def _set_state(
    project: Project,
    image_ids: Sequence[int],
    state: ImageState,
    kind: ActKind,
    of: frozenset[ImageState],
    progress: Progress | None,
    reserved: int | None,
) -> Changes:
    recorded = DecisionKind.SKIPPED if state is ImageState.SKIPPED else DecisionKind.UNDONE

    def change(images: Sequence[ImageRecord]) -> list[Edit]:
        changed = [i for i in images if i.state in of and not i.reason]
        noted = [i for i in changed if ImageState.DECIDED in (state, i.state) or state is ImageState.SKIPPED]
        project.decisions.add(*(Decision(i.id, recorded, 0.0, Acts()) for i in noted))
        return [Edit(Act(kind), i.id, Side(state=i.state), Side(state=state)) for i in changed]

    changes = _do_all(project, kind, image_ids, change, progress, reserved)
    return changes | Changes(queue=bool(changes.annotations_of))


@dataclass(frozen=True, slots=True)
class Addition:
    """Boxes that an image is to have besides its own, and whether it is decided with them."""

    image: ImageRecord
    annotations: tuple[Annotation, ...]
    is_decided: bool
    seconds: float = 0.0


def add_and_decide(
    project: Project,
    additions: Sequence[Addition],
    kind: ActKind,
    progress: Progress | None = None,
    *,
    why: str,
    note: Callable[[int, Sequence[Addition]], None],
    reserved: int | None = None,
) -> Changes:
    """Add boxes on images that have none and decide those that are whole, in portions; `why` goes on
    record.

    `note` is called in the transaction of each portion, with the number of the act and what was added.
    """
    act, done = LongAct(project, reserved), 0
    for some in portions(additions, _AT_ONCE, progress or NoProgress()):
        with project.db.transaction():
            left = act.changed_meanwhile()
            here = [a for a in some if a.image.id not in left]
            if not here:
                continue
            done += len(here)
            edit = Edit(Act(kind, count=done), None, parts=tuple(_addition(kind, a) for a in here))
            number, _ = act.do(edit, is_all=len(additions) <= _AT_ONCE)
            decisions: list[Decision] = []
            for a in here:
                if a.is_decided:
                    acts = count_acts(project, a.image.id)
                    recorded = DecisionKind.ACCEPTED if acts.boxes else DecisionKind.EMPTY
                    decisions.append(Decision(a.image.id, recorded, a.seconds, acts, why=why))
            project.decisions.add(*decisions)
            note(number, here)
    return act.changes | Changes(queue=True, categories=True)


def _addition(kind: ActKind, a: Addition) -> Edit:
    before = Side(state=a.image.state if a.is_decided else None)
    after = Side(a.annotations, ImageState.DECIDED if a.is_decided else None)
    return Edit(Act(kind), a.image.id, before, after)


def tag(
    project: Project,
    image_ids: Sequence[int],
    name: str,
    progress: Progress | None = None,
    *,
    reserved: int | None = None,
) -> Changes:
    """Give these images a tag.

    Raises:
        HitlError: it is no name.
    """
    with project.db.transaction():
        tag_id = project.tags.ensure(name).id
    return _tag(project, image_ids, tag_id, progress, reserved, add=True)


def untag(
    project: Project,
    image_ids: Sequence[int],
    tag_id: int,
    progress: Progress | None = None,
    *,
    reserved: int | None = None,
) -> Changes:
    """Take a tag from these images."""
    return _tag(project, image_ids, tag_id, progress, reserved, add=False)


def _tag(
    project: Project,
    image_ids: Sequence[int],
    tag_id: int,
    progress: Progress | None,
    reserved: int | None,
    *,
    add: bool,
) -> Changes:
    kind = ActKind.TAG_IMAGES if add else ActKind.UNTAG_IMAGES

    def change(images: Sequence[ImageRecord]) -> list[Edit]:
        edits: list[Edit] = []
        tags = project.images.tags_by_image(i.id for i in images)
        for image_id, before in ((i.id, tuple(tags.get(i.id, ()))) for i in images):
            if (tag_id in before) is not add:
                after = tuple(sorted({*before, tag_id} if add else {*before} - {tag_id}))
                edits.append(Edit(Act(kind), image_id, Side(tags=before), Side(tags=after)))
        return edits

    return _do_all(project, kind, image_ids, change, progress, reserved)


def _do_all(
    project: Project,
    kind: ActKind,
    image_ids: Sequence[int],
    change: Callable[[Sequence[ImageRecord]], list[Edit]],
    progress: Progress | None,
    reserved: int | None,
) -> Changes:
    """Let `change` compute the edits of each portion of the images, and do them."""
    act, count, each = LongAct(project, reserved), 0, list(dict.fromkeys(image_ids))
    for ids in portions(each, _AT_ONCE, progress or NoProgress()):
        with project.db.transaction():
            left = act.changed_meanwhile()
            edits = change([i for i in project.images.some(ids) if i.id not in left])
            if edits:
                count += len(edits)
                whole = Edit(Act(kind, count=count), None, parts=tuple(edits))
                act.do(whole, is_all=len(each) <= _AT_ONCE)
    return act.changes
