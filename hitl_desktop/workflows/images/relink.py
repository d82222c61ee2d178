"""Images whose files changed or went elsewhere: read them anew, or give their new place."""

from __future__ import annotations

import os
from pathlib import Path

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.imaging import read_header
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.images.changed_files import another_file, note_size, take_content
from hitl_desktop.workflows.images.open_folder import Reading, note_reading, read_image


def reread(project: Project, image_id: int) -> Changes:
    """Read an image once more; if its bytes are others, detectors are to look at it again.

    Boxes of an image that was scaled or turned move with it, as an edit that undo takes back. Where it is
    unknown how, they stay as they are, and the image is to be decided again.

    Raises:
        HitlError: the image is no longer in the project.
    """
    image = project.images.get(image_id)
    if image is None:
        raise HitlError(
            tr("This image is no longer in the project."), hint=tr("Choose another one in the queue.")
        )
    reading = read_image(project.path_of(image))
    with project.db.transaction():
        note_reading(project, image, reading)
        if not isinstance(reading, UnreadableImageError) and reading.content.hash != image.content_hash:
            project.predictions.forget_detections(image_id)
            _take_as_it_is(project, image, reading)
    return Changes(images=True, annotations_of=frozenset({image_id}), queue=True)


def _take_as_it_is(project: Project, image: ImageRecord, reading: Reading) -> None:
    """A person reads another image anew whose boxes nobody can place: they stay, and somebody has to decide
    again."""
    now = project.images.get(image.id)
    if now is None or now.reason is None:
        return
    project.files.set_size(image.id, *reading.size)
    take_content(project, now, reading.content)
    project.images.set_reason(image.id, None)
    if image.state is ImageState.DECIDED:
        sides = Side(state=ImageState.DECIDED), Side(state=ImageState.UNDECIDED)
        edits.do(project, Edit(Act(ActKind.REOPEN_CHANGED), image.id, *sides))


def relink(project: Project, image_id: int, file: Path) -> Changes:
    """Say that an image's file is another one now; if its whole folder went away, all of its images
    follow.

    Raises:
        HitlError: the file cannot be read, or is an image of the project that has boxes or a decision of its
            own.
    """
    image = project.images.get(image_id)
    if image is None:
        raise HitlError(
            tr("This image is no longer in the project."), hint=tr("Choose another one in the queue.")
        )
    reading = read_image(file)
    if isinstance(reading, UnreadableImageError):
        raise reading
    absolute = os.path.abspath(file)  # noqa: PTH100 - resolve() would follow links that the user chose
    moved = _moved_folder(project, image.folder_id, image.path, absolute)
    with project.db.transaction():
        if moved is not None:
            project.move_folder(image.folder_id, moved)
            _check_sizes(project, image.folder_id)
        else:
            point_to(project, image_id, Path(absolute))
    return reread(project, image_id) | Changes(images=True, queue=True)


def _check_sizes(project: Project, folder_id: int) -> None:
    """The other images of a folder that moved: are they the same that were labelled, or perhaps a smaller
    copy?"""
    labelled = {a.image_id for a in project.annotations.all()}
    for image in project.images.all():
        if image.folder_id == folder_id and image.id in labelled:
            try:
                size = read_header(project.path_of(image))[0]
            except UnreadableImageError:
                continue
            if not note_size(project, image, size):
                project.images.set_reason(image.id, another_file(image, size))


def _moved_folder(project: Project, folder_id: int, path: str, file: str) -> Path | None:
    """Where a folder that went away lies now, if the file lies in it as the image did; else None."""
    tail = os.sep + path.replace("/", os.sep)
    if project.folder_path(folder_id).is_dir() or not file.endswith(tail):
        return None
    folder = Path(file[: -len(tail)] or os.sep)
    known = {project.folder_path(other) for other in project.files.folders()}
    return None if folder in known else folder


def point_to(project: Project, image_id: int, file: Path) -> None:
    """Note that an image lies elsewhere now; an untouched image that is listed there gives way.

    Raises:
        HitlError: the file is an image of the project that has boxes or a decision of its own.
    """
    folder_id, path = project.place_of(file) or (project.add_folder(file.parent, listed=False), file.name)
    there = project.files.at(folder_id, path)
    if there is not None and there != image_id:
        if not project.images.free_ids([there]):
            raise HitlError(
                tr(
                    "{name} is an image of this project already, with boxes or a decision of its own.",
                    name=file.name,
                ),
                hint=tr("Choose another file, or work on that image."),
            )
        project.files.swap_places(image_id, there)
    else:
        project.files.set_place(image_id, folder_id, path)
