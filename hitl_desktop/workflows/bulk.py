"""What is done to many pictures at once: one edit, so one undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.domain.words import counted
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotate import do


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
