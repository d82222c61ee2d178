"""Pictures on which new heads are tried: some drawn by their content, and the edge cases that people pin.

What is tried there is a head that was taught everything else, so that the comparison is about pictures it never saw.
"""

from zlib import crc32

from hitl_desktop.store.image_sets import EDGE_CASES
from hitl_desktop.store.project import Project

ONE_IN = 5


def is_drawn(group: str) -> bool:
    """Whether pictures of a group (`ImageRecord.group`) are of those drawn: always the same, whoever asks."""
    return crc32(group.encode()) % ONE_IN == 0


def pinned(project: Project) -> frozenset[int]:
    """The pictures of all sets."""
    return frozenset(i for members in project.sets.all().values() for i in members)


def toggle_edge_case(project: Project, image_id: int) -> bool:
    """Put a picture into the set of edge cases, or take it out; returns whether it is in there now."""
    with project.db.transaction():
        is_in = EDGE_CASES in project.sets.of_image(image_id)
        (project.sets.remove if is_in else project.sets.add)(EDGE_CASES, [image_id])
    return not is_in
