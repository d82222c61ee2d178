"""A project as one archive for a colleague: its file, and its images if wanted, in places relative to each other."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr

_IMAGES = "images"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The archive, how many images are in it, and what is missing, in sentences."""

    path: Path
    images: int
    remarks: tuple[str, ...] = ()


def write_bundle(project: Project, path: Path, progress: Progress, *, with_images: bool) -> Bundle:
    """Write a zip archive; unpacked anywhere, its project finds the images that are in it.

    Raises:
        HitlError: the place cannot be written, or exists already.
    """
    if path.exists():
        raise HitlError(tr("{path} exists already.", path=path), hint=tr("Choose another name."))
    part = path.with_name(f".{path.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="hitl-bundle-") as name:
            copy = Path(name) / project.path.name
            project.db.copy_to(copy)
            if with_images:
                _point_at_images(copy)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(copy, copy.name)
                written, missing = _add_images(project, archive, progress) if with_images else (0, 0)
        part.replace(path)
    except OSError as error:
        raise HitlError(
            tr("{path} could not be written ({strerror}).", path=path, strerror=error.strerror),
            hint=tr("Check that there is room, and that you may write there."),
        ) from error
    finally:
        part.unlink(missing_ok=True)
    remarks = (
        (tr("The files of {images} are not there, so they are not in it.", images=counted(missing, "image")),)
        if missing
        else ()
    )
    return Bundle(path, written, remarks)


def _point_at_images(file: Path) -> None:
    """Have the copy of a project look for its images beside it."""
    with Project.open(file) as copy:
        for folder_id in copy.files.folders():
            copy.move_folder(folder_id, file.parent / _IMAGES / str(folder_id))


def _add_images(project: Project, archive: zipfile.ZipFile, progress: Progress) -> tuple[int, int]:
    images, written = project.images.all(), 0
    for number, image in enumerate(images, start=1):
        progress.check_cancelled()
        file = project.path_of(image)
        if file.is_file():
            # images are compressed already
            archive.write(file, f"{_IMAGES}/{image.folder_id}/{image.path}", zipfile.ZIP_STORED)
            written += 1
        progress.report(number, len(images), image.path)
    return written, len(images) - written
