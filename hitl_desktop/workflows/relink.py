"""Pictures whose files changed or went elsewhere: read them anew, or say where they are now."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.store.project import Project
from hitl_desktop.workflows import annotate
from hitl_desktop.workflows.open_folder import note_reading, read_picture

_SAME_SHAPE = 0.01


def reread(project: Project, image_id: int) -> Changes:
    """Read a picture once more; if its bytes are others, detectors are to look at it again.

    Boxes stay; of a picture that was scaled they are scaled with it, as an edit that undo takes back.

    Raises:
        HitlError: the picture is no longer in the project.
    """
    image = project.images.get(image_id)
    if image is None:
        raise HitlError("This picture is no longer in the project.", hint="Choose another one in the queue.")
    reading = read_picture(project.path_of(image))
    with project.db.transaction():
        note_reading(project, image, reading)
        if not isinstance(reading, UnreadableImageError) and reading[1] != image.content_hash:
            project.predictions.look_again(image_id)
            _scale_boxes(project, image, reading[0])
    return Changes(images=True, annotations_of=frozenset({image_id}))


def _scale_boxes(project: Project, image: ImageRecord, size: tuple[int, int]) -> None:
    before, boxes = (image.width or 0, image.height or 0), project.annotations.of_image(image.id)
    if boxes and before != size and same_shape(before, size):
        by_x, by_y = size[0] / before[0], size[1] / before[1]
        scaled = tuple(
            replace(a, bbox=BBox(a.bbox.x * by_x, a.bbox.y * by_y, a.bbox.w * by_x, a.bbox.h * by_y)) for a in boxes
        )
        annotate.do(project, Edit("Scale boxes with the picture", image.id, Side(tuple(boxes)), Side(scaled)))


def same_shape(before: tuple[int, int], after: tuple[int, int]) -> bool:
    """Whether sizes (width, height) have nearly the same proportions."""
    return 0 not in {*before, *after} and abs(before[0] * after[1] / (before[1] * after[0]) - 1) < _SAME_SHAPE


def relink(project: Project, image_id: int, file: Path) -> Changes:
    """Say that a picture's file is another one now; if its whole folder went away, all of its pictures follow.

    Raises:
        HitlError: the file cannot be read, or is a picture of the project that has boxes or a decision of its own.
    """
    image = project.images.get(image_id)
    if image is None:
        raise HitlError("This picture is no longer in the project.", hint="Choose another one in the queue.")
    reading = read_picture(file)
    if isinstance(reading, UnreadableImageError):
        raise reading
    absolute = os.path.abspath(file)  # noqa: PTH100 - resolve() would follow links that the user chose
    moved = _moved_folder(project, image.folder_id, image.path, absolute)
    with project.db.transaction():
        if moved is not None:
            project.move_folder(image.folder_id, moved)
        else:
            _point_to(project, image_id, Path(absolute))
    return reread(project, image_id) | Changes(images=True, queue=True)


def _moved_folder(project: Project, folder_id: int, path: str, file: str) -> Path | None:
    """Where a folder that went away lies now, if the file lies in it as the picture did; else None."""
    tail = os.sep + path.replace("/", os.sep)
    if project.folder_path(folder_id).is_dir() or not file.endswith(tail):
        return None
    folder = Path(file[: -len(tail)] or os.sep)
    known = {project.folder_path(other) for other in project.images.folders()}
    return None if folder in known else folder


def _point_to(project: Project, image_id: int, file: Path) -> None:
    folder_id, path = project.place_of(file) or (project.add_folder(file.parent, listed=False), file.name)
    there = project.images.at(folder_id, path)
    if there is not None and there != image_id:
        if not project.images.free_ids([there]):
            raise HitlError(
                f"{file.name} is a picture of this project already, with boxes or a decision of its own.",
                hint="Choose another file, or work on that picture.",
            )
        project.images.swap_places(image_id, there)
    else:
        project.images.set_place(image_id, folder_id, path)
