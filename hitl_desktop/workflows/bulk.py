"""What is done to many pictures at once: one edit, so one undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.domain.words import counted
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotate import check_named, count_acts, do


def skip(project: Project, image_ids: Sequence[int]) -> Changes:
    """Put the undecided ones of these pictures aside."""
    return _set_state(project, image_ids, ImageState.SKIPPED, "Skip", frozenset({ImageState.UNDECIDED}))


def reopen(project: Project, image_ids: Sequence[int]) -> Changes:
    """Let decided and skipped pictures be to do again; their boxes stay."""
    done = frozenset({ImageState.DECIDED, ImageState.SKIPPED})
    return _set_state(project, image_ids, ImageState.UNDECIDED, "Open again", done)


def _set_state(
    project: Project, image_ids: Sequence[int], state: ImageState, label: str, of: frozenset[ImageState]
) -> Changes:
    kind = DecisionKind.SKIPPED if state is ImageState.SKIPPED else DecisionKind.UNDONE
    with project.db.transaction():
        images = [i for i in _records(project, image_ids) if i.state in of and not i.reason]
        changes = _do_all(project, label, images, lambda image: (Side(state=image.state), Side(state=state)))
        for image in images:
            if ImageState.DECIDED in (state, image.state) or state is ImageState.SKIPPED:
                project.decisions.add(Decision(image.id, kind, 0.0, Acts()))
    return changes | Changes(queue=bool(images))


@dataclass(frozen=True, slots=True)
class Addition:
    """Boxes that a picture is to have besides its own, and whether it is decided with them."""

    image: ImageRecord
    annotations: tuple[Annotation, ...]
    is_decided: bool
    seconds: float = 0.0


def add_and_decide(project: Project, additions: Sequence[Addition], label: str, *, why: str) -> Changes:
    """Add boxes on several pictures and decide those that are whole, as one edit; `why` goes on record.

    Raises:
        HitlError: a picture to be decided has a box without a category.
    """
    with project.db.transaction():
        for a in additions:
            if a.is_decided:
                check_named(project, a.image.id)
        parts = tuple(
            Edit(
                label,
                a.image.id,
                Side(state=a.image.state if a.is_decided else None),
                Side(a.annotations, ImageState.DECIDED if a.is_decided else None),
            )
            for a in additions
        )
        changes = do(project, Edit(f"{label} ({counted(len(additions), 'picture')})", None, parts=parts))
        for a in additions:
            if a.is_decided:
                acts = count_acts(project, a.image.id)
                kind = DecisionKind.ACCEPTED if acts.boxes else DecisionKind.EMPTY
                project.decisions.add(Decision(a.image.id, kind, a.seconds, acts, why=why))
    return changes | Changes(queue=True, categories=True)


def tag(project: Project, image_ids: Sequence[int], name: str) -> Changes:
    """Give these pictures a tag.

    Raises:
        HitlError: it is no name.
    """
    with project.db.transaction():
        return _tag(project, image_ids, project.tags.ensure(name).id, add=True)


def untag(project: Project, image_ids: Sequence[int], tag_id: int) -> Changes:
    """Take a tag from these pictures."""
    return _tag(project, image_ids, tag_id, add=False)


def _tag(project: Project, image_ids: Sequence[int], tag_id: int, *, add: bool) -> Changes:
    with project.db.transaction():
        before = {image.id: set(project.images.tags_of(image.id)) for image in _records(project, image_ids)}
        images = [i for i in _records(project, image_ids) if (tag_id in before[i.id]) is not add]

        def sides(image: ImageRecord) -> tuple[Side, Side]:
            tags = before[image.id]
            after = tags | {tag_id} if add else tags - {tag_id}
            return Side(tags=tuple(sorted(tags))), Side(tags=tuple(sorted(after)))

        return _do_all(project, "Tag" if add else "Take tag from", images, sides)


def _records(project: Project, image_ids: Sequence[int]) -> list[ImageRecord]:
    return [image for i in dict.fromkeys(image_ids) if (image := project.images.get(i))]


def _do_all(
    project: Project, label: str, images: Sequence[ImageRecord], sides: Callable[[ImageRecord], tuple[Side, Side]]
) -> Changes:
    if not images:
        return Changes()
    label = f"{label} {counted(len(images), 'picture')}"
    return do(project, Edit(label, None, parts=tuple(Edit(label, image.id, *sides(image)) for image in images)))
