"""Which category of the project each class of a detector is mapped to."""

from __future__ import annotations

from collections.abc import Mapping

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes
from hitl_desktop.errors import HitlError, NotPrelabelledError
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project

NOT_SHOWN = 0
"""What a class of the detector stands for of which people want to see nothing."""


def stands_for(project: Project, detector: ModelRecord, mapping: Mapping[str, int] | None = None) -> list[int | None]:
    """The category that each class of a detector stands for: as people chose, else the one of its name.

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


def set_mapping(project: Project, mapping: Mapping[str, int]) -> None:
    """Keep what classes stand for, under the detector's hash; boxes people made stay as they are.

    Raises:
        NotPrelabelledError: no detector has run on the pictures.
        HitlError: there is no such class or category.
    """
    detector = project.models.detector()
    if detector is None:
        raise NotPrelabelledError
    ids = {c.id for c in project.categories.all() if not c.retired} | {NOT_SHOWN}
    if not set(mapping) <= set(detector.classes) or not set(mapping.values()) <= ids:
        raise HitlError("A class or category of this mapping is gone.", hint="Open the dialog again.")
    project.class_maps.set(detector.hash, mapping)


def map_class(project: Project, name: str, category_id: int) -> Changes:
    """Map one class of the detector to a category, beside what is mapped already."""
    detector = project.models.detector()
    chosen = project.class_maps.get(detector.hash) if detector is not None else {}
    set_mapping(project, {**chosen, name: category_id})
    return Changes(head=True)
