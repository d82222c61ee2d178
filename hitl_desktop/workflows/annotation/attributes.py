"""What people do to the list of attributes: add and remove; each one undoable step."""

from __future__ import annotations

from collections.abc import Iterable

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.attributes import COMMON, Attribute, AttributeKind
from hitl_desktop.domain.categories import clean_name, normalise_name
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits


def of_categories(attributes: Iterable[Attribute], category_ids: Iterable[int]) -> list[Attribute]:
    """The attributes that boxes of all these categories can have, besides the common ones."""
    wanted = set(category_ids)
    return [a for a in attributes if a.category_id is None or wanted == {a.category_id}]


def define(project: Project, attribute: Attribute) -> Changes:
    """Let boxes of a category, or all, have an attribute.

    Raises:
        HitlError: it has no name or no choices, or there is one of this name.
    """
    name = clean_name(attribute.name)
    choices = tuple(dict.fromkeys(c for choice in attribute.choices if (c := clean_name(choice))))
    if not normalise_name(name):
        raise HitlError(tr("An attribute needs a name."), hint=tr('Type one, such as "colour".'))
    if attribute.kind is AttributeKind.CHOICE and len(choices) < 2:
        raise HitlError(
            tr('"{name}" needs at least two choices.', name=name),
            hint=tr("Type them with commas, such as red, green."),
        )
    for other in (*COMMON, *project.attributes.all()):
        both = (
            None in {other.category_id, attribute.category_id} or other.category_id == attribute.category_id
        )
        if both and normalise_name(other.name) == normalise_name(name):
            raise HitlError(
                tr('There is an attribute "{name}" already.', name=other.name),
                hint=tr("Choose another name."),
            )
    added = Attribute(name, attribute.kind, choices, attribute.category_id)
    act = Act(ActKind.ADD_ATTRIBUTE, name)
    return edits.do(project, Edit(act, None, after=Side(attributes=(added,))))


def remove(project: Project, attribute: Attribute) -> Changes:
    """Take an attribute off the list.

    Raises:
        HitlError: there are boxes that have it.
    """
    used = project.attributes.count_uses(attribute)
    if used:
        raise HitlError(
            tr('"{name}" is said of {boxes}.', name=attribute.name, boxes=counted(used, "box")),
            hint=tr("Take it from them first, or keep it."),
        )
    act = Act(ActKind.REMOVE_ATTRIBUTE, attribute.name)
    return edits.do(project, Edit(act, None, before=Side(attributes=(attribute,))))
