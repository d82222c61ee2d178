"""Which category of the project each class of a detector is mapped to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes, Edit
from hitl_desktop.errors import HitlError, NotPrelabelledError
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.annotation.categories import add_all, sides_of_new

NOT_SHOWN = 0
"""What a class of the detector is mapped to if people want to see none of its boxes."""
_MAPPED = Act(ActKind.MAP_CLASSES)


def class_to_category(
    project: Project, detector: ModelRecord, mapping: Mapping[str, int] | None = None
) -> list[int | None]:
    """The category to which each class of a detector is mapped: as people chose, else the one of its name.

    None where there is none yet, `NOT_SHOWN` where people want to see nothing of it.
    """
    chosen = project.class_maps.get(detector.hash) if mapping is None else mapping
    by_key, merged = project.categories.by_name(), project.categories.merged()
    offered = {c.id for c in project.categories.all() if not c.retired}
    found: list[int | None] = []
    for name in detector.classes:
        category = chosen.get(name)
        category = merged.get(category, category) if category else category
        is_one = category == NOT_SHOWN or category in offered
        found.append(category if is_one else by_key.get(normalise_name(name)))
    return found


def own_classes(project: Project, model_id: int) -> set[int]:
    """The classes of a detector, by number, that are mapped to categories of the project."""
    detector = project.models.get(model_id)
    return (
        {n for n, category in enumerate(class_to_category(project, detector)) if category}
        if detector
        else set()
    )


def set_mapping(
    project: Project,
    mapping: Mapping[str, int],
    new: Sequence[str] = (),
    *,
    act: Act = _MAPPED,
) -> Changes:
    """Keep the category of each class, under the detector's hash, as one step that undo takes back.

    Classes in `new` become categories in the same step; boxes people made stay as they are.

    Raises:
        NotPrelabelledError: no detector has run on the images.
        HitlError: there is no such class or category.
    """
    detector = project.models.detector()
    if detector is None:
        raise NotPrelabelledError
    ids = {c.id for c in project.categories.all() if not c.retired} | {NOT_SHOWN}
    if not set(mapping) <= set(detector.classes) or not set(mapping.values()) <= ids:
        raise HitlError(tr("A class or category of this mapping is gone."), hint=tr("Open the dialog again."))
    with project.db.transaction():
        before = project.class_maps.get(detector.hash)
        made = sides_of_new(project, new)
        if before == mapping and not made[1].categories:
            return Changes()
        earlier, later = (
            replace(side, mapping=(detector.hash, tuple(chosen.items())))
            for side, chosen in zip(made, (before, mapping), strict=True)
        )
        return edits.do(project, Edit(act, None, earlier, later))


def map_class(project: Project, name: str, category_id: int) -> Changes:
    """Map one class of the detector to a category, beside what is mapped already, as one step that undo takes
    back."""
    detector = project.models.detector()
    chosen = project.class_maps.get(detector.hash) if detector is not None else {}
    category = project.categories.get(category_id)
    act = Act(ActKind.MAP_CLASS, name, into=category.name) if category is not None else _MAPPED
    return set_mapping(project, {**chosen, name: category_id}, act=act)


def ignore_classes(project: Project, names: Sequence[str]) -> Changes:
    """Show no boxes of these classes of the detector, as one step that undo takes back."""
    detector = project.models.detector()
    chosen = project.class_maps.get(detector.hash) if detector is not None else {}
    act = Act(ActKind.IGNORE_CLASSES, names[0] if len(names) == 1 else "", len(names))
    return set_mapping(project, {**chosen, **dict.fromkeys(names, NOT_SHOWN)}, act=act)


def use_as_categories(project: Project, names: Sequence[str]) -> Changes:
    """Make these classes of the detector categories of the project, as one step that undo takes back.

    Raises:
        HitlError: a class has no usable name.
    """
    return add_all(project, names, ActKind.USE_CLASSES)
