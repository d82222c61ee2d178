"""What people do to the list of categories: rename, recolour, give keys, merge, retire; each one undoable
step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.categories import Category, normalise_name, singular
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.words import counted
from hitl_desktop.progress import JobCancelled, NoProgress, Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.annotation.edits import LongAct

MANY = 2000
"""More boxes than this are merged by a job."""
_AT_ONCE = 1000
"""So many boxes are merged, and put back, in one portion: 30 ms beside other busy programs."""


def near(project: Project, name: str) -> Category | None:
    """A category that a new name is probably meant for: the same but for a plural ending; None for a known
    name."""
    if project.categories.find(name) is not None or not normalise_name(name):
        return None
    offered = (c for c in project.categories.all() if not c.retired)
    return next((c for c in offered if singular(c.name) == singular(name)), None)


def add(project: Project, name: str) -> tuple[Category, Changes]:
    """The category of this name, added when new, which undo takes back.

    Raises:
        HitlError: it is no name.
    """
    found = project.categories.find(name)
    if found is not None:
        return found, Changes()
    with project.db.transaction():
        added = project.categories.ensure(name)
        before, after = Side(categories=(replace(added, retired=True),)), Side(categories=(added,))
        act = Act(ActKind.ADD_CATEGORY, added.name)
        return added, edits.do(project, Edit(act, None, before, after))


def add_all(project: Project, names: Sequence[str], kind: ActKind = ActKind.ADD_CATEGORIES) -> Changes:
    """Add the categories of these names that are not there yet, as one step that undo takes back.

    Raises:
        HitlError: one is no name.
    """
    with project.db.transaction():
        before, after = sides_of_new(project, names)
        if not after.categories:
            return Changes()
        act = Act(kind, count=len(after.categories))
        return edits.do(project, Edit(act, None, before, after))


def sides_of_new(project: Project, names: Sequence[str]) -> tuple[Side, Side]:
    """The sides of an edit that adds the categories of these names that are not there yet."""
    added = tuple(project.categories.add_all(names))
    return Side(categories=tuple(replace(c, retired=True) for c in added)), Side(categories=added)


def change(
    project: Project,
    category: Category,
    *,
    name: str | None = None,
    colour: str | None = None,
    hotkey: str | None = None,
) -> Changes:
    """Rename or recolour a category, or give it a key; a key that another one has moves over.

    Raises:
        HitlError: another category has this name, or it is no name.
    """
    after = replace(
        category,
        name=category.name if name is None else name,
        colour=category.colour if colour is None else colour,
        hotkey=category.hotkey if hotkey is None else hotkey,
    )
    if after == category:
        return Changes()
    before_all, after_all = [category], [after]
    if hotkey:
        for other in project.categories.all():
            if other.hotkey == hotkey and other.id != category.id:
                before_all.append(other)
                after_all.append(replace(other, hotkey=""))
    act = Act(ActKind.CHANGE_CATEGORY, category.name) if name is None else Act(ActKind.RENAME_CATEGORY, name)
    return edits.do(
        project, Edit(act, None, Side(categories=tuple(before_all)), Side(categories=tuple(after_all)))
    )


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would change; of very many boxes the images are not counted (None)."""

    boxes: int
    pictures: int | None

    def in_words(self) -> str:
        """So many boxes, on so many images."""
        boxes = counted(self.boxes, "box")
        if self.pictures is None:
            return boxes
        return tr("{boxes} on {images}", boxes=boxes, images=counted(self.pictures, "image"))


def preview_merge(project: Project, category: Category) -> MergePreview:
    """How many boxes on how many images a merge would give another category."""
    boxes = project.annotations.count_by_category().get(category.id, 0)
    if boxes > MANY:
        return MergePreview(boxes, None)
    return MergePreview(
        boxes, len(project.annotations.images_of(project.annotations.ids_of_category(category.id)))
    )


def merge(
    project: Project,
    category: Category,
    into: Category,
    progress: Progress | None = None,
    *,
    most: int = _AT_ONCE,
    reserved: int | None = None,
) -> Changes:
    """Give all boxes of a category to another one, to which its name is mapped from then on.

    It is done in portions of `most` boxes, undone as one. Cancelled, it keeps what was done until then: both
    categories remain, and merging them again goes on.
    """
    if category.id == into.id:
        return Changes()
    act = LongAct(project, reserved)
    boxes = project.annotations.count_by_category().get(category.id, 0)
    for done in count(0, most):
        try:
            (progress or NoProgress()).check_cancelled()
        except JobCancelled:
            break
        with project.db.transaction():
            now = project.categories.get(category.id) or category
            members = project.annotations.ids_of_category(category.id, most=most)
            is_last = len(members) < most
            merged = replace(now, retired=True, merged_into=into.id, hotkey="")
            act.do(
                Edit(
                    Act(ActKind.MERGE_CATEGORY, now.name, into=into.name),
                    None,
                    Side(categories=(now,) if is_last else (), member_of=category.id, members=members),
                    Side(categories=(merged,) if is_last else (), member_of=into.id, members=members),
                ),
                is_all=is_last,
            )
        (progress or NoProgress()).report(min(done + most, boxes), boxes)
        if is_last:
            break
    return act.changes


def retire(project: Project, category: Category) -> Changes:
    """Offer a category no longer; its boxes keep it, and its name, typed anew, brings it back."""
    retired = replace(category, retired=True, hotkey="")
    act = Act(ActKind.RETIRE_CATEGORY, category.name)
    return edits.do(project, Edit(act, None, Side(categories=(category,)), Side(categories=(retired,))))
