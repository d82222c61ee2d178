"""Boxes belong to the pixels they were drawn on: what happens to them when the file of a picture has another size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Edit, Side
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.placement import Placement, Size, placement
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.formats import extras
from hitl_desktop.imaging import content_hash, read_header
from hitl_desktop.store.extras import KeptBox
from hitl_desktop.store.project import Project
from hitl_desktop.workflows import annotate


def note_size(project: Project, image: ImageRecord, size: Size) -> bool:
    """Note the upright size of a picture's file; boxes of one that was scaled or turned move with it, as an edit.

    False where there are boxes and nobody can tell where they lie now; then neither size nor boxes change.
    """
    before = (image.width or 0, image.height or 0)
    if before == size:
        return True
    boxes = tuple(project.annotations.of_image(image.id))
    if not boxes or 0 in before:
        project.images.set_size(image.id, *size)
        return True
    place = _placement(project, image, before, size)
    if place is None:
        return False
    project.images.set_size(image.id, *size)
    moved = tuple(replace(a, bbox=place.box(a.bbox)) for a in boxes)
    label = "Turn boxes with the picture" if place.orientation > 1 else "Scale boxes with the picture"
    annotate.do(project, Edit(label, image.id, Side(boxes), Side(moved)))
    _move_extras(project, boxes, place)
    return True


def _move_extras(project: Project, boxes: Sequence[Annotation], place: Placement) -> None:
    """Outlines, key points and areas of a file move with their boxes, as far as they fitted these."""
    kept = project.extras.annotations([a.id for a in boxes])
    project.extras.add_annotations(
        (a.id, KeptBox(kept[a.id].category_id, place.box(a.bbox), extras.moved(kept[a.id].extra, place)[0]))
        for a in boxes
        if a.id in kept and kept[a.id].bbox == a.bbox
    )


def keep_up(project: Project, image: ImageRecord, size: Size) -> tuple[ImageRecord | None, str]:
    """The picture after its file turned out to have this size, and what happened if it is not the one that is known.

    None where it is another file, and nobody can tell where its boxes lie: that is noted as its reason.
    """
    with project.db.transaction():
        now = project.images.get(image.id)
        if now is None or (now.width, now.height) == size:
            return image, ""
        if not note_size(project, now, size):
            why = another_file(now, size)
            project.images.set_reason(image.id, why)
            return None, why
        if not now.width or not project.annotations.of_image(image.id):
            return project.images.get(image.id), ""
        try:
            project.images.set_content_hash(image.id, content_hash(project.path_of(image)))
        except UnreadableImageError:
            return None, ""  # it went away just now
        what = f"It is {size[0]} x {size[1]} now, not {now.width} x {now.height}; its boxes moved with it."
        return project.images.get(image.id), what


def _placement(project: Project, image: ImageRecord, before: Size, size: Size) -> Placement | None:
    try:
        orientation = read_header(project.path_of(image))[1]
    except UnreadableImageError:
        orientation = 1
    return placement(before, size, orientation)


def another_file(image: ImageRecord, size: Size) -> str:
    """Why a picture cannot be used as it is when its file has another size that explains nothing."""
    return (
        f"The file is another one: it is {size[0]} x {size[1]} now, and its boxes were drawn on "
        f"{image.width} x {image.height}. Put the old file back, or read the picture again and check its boxes."
    )
