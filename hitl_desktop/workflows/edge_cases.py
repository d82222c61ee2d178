"""Pictures on which every new head is tried before it is used."""

from hitl_desktop.store.image_sets import EDGE_CASES
from hitl_desktop.store.project import Project


def toggle_edge_case(project: Project, image_id: int) -> bool:
    """Put a picture into the set of edge cases, or take it out; returns whether it is in there now."""
    with project.db.transaction():
        is_in = EDGE_CASES in project.sets.of_image(image_id)
        (project.sets.remove if is_in else project.sets.add)(EDGE_CASES, [image_id])
    return not is_in
