"""Sets of edge cases that people pin: they always belong to the holdout on which new heads are compared."""

from collections.abc import Sequence

from hitl_desktop.store.edge_case_sets import EDGE_CASES
from hitl_desktop.store.project import Project


def edge_case_ids(project: Project) -> frozenset[int]:
    """The images of all sets."""
    return frozenset(i for members in project.sets.all().values() for i in members)


def toggle_edge_case(
    project: Project, image_id: int, name: str = EDGE_CASES, annotation_ids: Sequence[int] = ()
) -> bool:
    """Put an image into a set of edge cases, or take it out; returns whether it is in there now.

    Boxes that are pinned say what of the image it is about. With boxes that are not pinned yet it stays, or
    goes, in.
    """
    with project.db.transaction():
        is_in = name in project.sets.of_image(image_id)
        new = set(annotation_ids) - project.sets.boxes_of(name)
        if is_in and not new:
            project.sets.remove(name, [image_id])
            return False
        project.sets.add(name, [image_id])
        project.sets.pin_boxes(name, image_id, new)
    return True


def add_to_set(project: Project, name: str, image_ids: Sequence[int]) -> None:
    """Put images into a set, which is made if there is none of that name."""
    with project.db.transaction():
        project.sets.add(name, image_ids)


def rename_set(project: Project, name: str, new: str) -> None:
    """Give a set another name; if there is one of that name, they become one."""
    with project.db.transaction():
        project.sets.rename(name, new)


def delete_set(project: Project, name: str) -> None:
    """Delete a set; its images stay. A version that waited for it is tried anew at the next learning."""
    with project.db.transaction():
        project.sets.delete(name)
