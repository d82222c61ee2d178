"""What hands do to the list of categories: rename, recolour, give keys, merge, retire; each one undoable step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hitl_desktop.domain.categories import Category, normalise_name, singular
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.store.project import Project
from hitl_desktop.workflows import annotate


def near(project: Project, name: str) -> Category | None:
    """A category that a new name is probably meant for: the same but for a plural ending; None for a known name."""
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
        return added, annotate.do(project, Edit(f'Add category "{added.name}"', None, before, after))


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
    label = f'Change category "{category.name}"' if name is None else f'Rename category to "{name}"'
    return annotate.do(
        project, Edit(label, None, Side(categories=tuple(before_all)), Side(categories=tuple(after_all)))
    )


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would change."""

    boxes: int
    pictures: int


def preview_merge(project: Project, category: Category) -> MergePreview:
    """How many boxes on how many pictures a merge would give another category."""
    ids = project.annotations.ids_of_category(category.id)
    return MergePreview(len(ids), len(project.annotations.images_of(ids)))


def merge(project: Project, category: Category, into: Category) -> Changes:
    """Give all boxes of a category to another one, which its name stands for from then on."""
    if category.id == into.id:
        return Changes()
    members = project.annotations.ids_of_category(category.id)
    merged = replace(category, retired=True, merged_into=into.id, hotkey="")
    return annotate.do(
        project,
        Edit(
            f'Merge category "{category.name}" into "{into.name}"',
            None,
            Side(categories=(category,), member_of=category.id, members=members),
            Side(categories=(merged,), member_of=into.id, members=members),
        ),
    )


def retire(project: Project, category: Category) -> Changes:
    """Offer a category no longer; its boxes keep it, and its name, typed anew, brings it back."""
    retired = replace(category, retired=True, hotkey="")
    label = f'Retire category "{category.name}"'
    return annotate.do(project, Edit(label, None, Side(categories=(category,)), Side(categories=(retired,))))
