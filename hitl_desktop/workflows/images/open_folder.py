"""From a folder of images to a project that lists them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import GONE, ImageRecord, ImageState
from hitl_desktop.errors import ProjectError, UnreadableImageError
from hitl_desktop.image_file import stamp_of
from hitl_desktop.imaging import content_hash, inspect, verify
from hitl_desktop.paths import data_dir
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import SUFFIX, Project
from hitl_desktop.texts import remark_text
from hitl_desktop.translation import tr
from hitl_desktop.workflows.images.changed_files import (
    CHANGED,
    NO_BOXES,
    OTHER_IMAGE,
    Content,
    Fate,
    another_file,
    moved_along,
    note_content,
    note_size,
    take_content,
)
from hitl_desktop.workflows.images.folder_walk import PassedOver, check_folder, first_image, list_images

_GONE_IN_WORDS = tr("Its file is gone from the folder; its boxes are kept.")
"""What earlier versions stored as remark."""
_JUST_NOW_S = 5.0
_BATCH = 1000
_SCAN_BATCH = 16


@dataclass(slots=True)
class Scan:
    """What reading all images showed.

    `changed` describes by path what became of images that were read before and whose files hold something
    else now; `ids` are theirs.
    """

    read: int = 0
    changed: dict[str, str] = field(default_factory=dict[str, str])
    ids: set[int] = field(default_factory=set[int])
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    is_unfinished: bool = False
    """Whether a file that cannot be read was written a moment ago: somebody may still be writing it."""


def add_folder(
    project: Project, folder: Path, progress: Progress, passed_over: PassedOver | None = None
) -> Changes:
    """List the images of a folder in the project; those already there stay as they are.

    Raises:
        HitlError: the folder cannot be opened or holds no image.
    """
    first_image(folder)
    _list(project, project.add_folder(folder), folder, progress, passed_over)
    return Changes(images=True, queue=True)


class Listed(NamedTuple):
    """Images that were added, by path, what was left out, and the folders that were looked into.

    `gone` counts images that were there the last time and are not now; they and their boxes stay.
    """

    added: tuple[str, ...]
    passed_over: PassedOver
    folders: tuple[str, ...] = ()
    gone: int = 0


def list_folders(project: Project, progress: Progress) -> Listed:
    """List what is new in the folders of the project that are there; images whose files are gone stay."""
    passed_over, absent, last = PassedOver(), project.absent_folders(), project.images.last_id()
    folders: list[str] = []
    gone = 0
    for folder_id in project.files.listed_folders():
        if folder_id not in absent:
            there = _list(project, folder_id, project.folder_path(folder_id), progress, passed_over, folders)
            gone += _mark_gone(project, folder_id, there)
    return Listed(project.images.paths_after(last), passed_over, tuple(folders), gone)


def _mark_gone(project: Project, folder_id: int, there: Set[str]) -> int:
    """Remark on images whose files are not in their folder any longer; returns how many these are that were before."""
    own = [image for image in project.images.all() if image.folder_id == folder_id]
    gone = [i for i in own if i.path not in there and not i.is_gone and not i.reason]
    back = [i for i in own if i.path in there and (i.is_gone or i.remark == _GONE_IN_WORDS)]
    with project.db.transaction():
        for image in gone:
            project.images.set_remark(image.id, GONE + (image.remark or ""))
        for image in back:
            remark = (image.remark or "").removeprefix(GONE).removeprefix(_GONE_IN_WORDS)
            project.images.set_remark(image.id, remark or None)
    return len(gone)


def _list(
    project: Project,
    folder_id: int,
    folder: Path,
    progress: Progress,
    passed_over: PassedOver | None = None,
    folders: list[str] | None = None,
) -> set[str]:
    """List the images of a folder in the project; returns all their paths."""
    batch: list[str] = []
    there: set[str] = set()
    done = 0
    for path in list_images(folder, passed_over, folders=folders):
        batch.append(path)
        there.add(path)
        if len(batch) == _BATCH:
            done += _insert(project, folder_id, batch)
            progress.report(done, 0, batch[-1])
            progress.check_cancelled()
            batch = []
    _insert(project, folder_id, batch)
    return there


def refresh(project: Project, progress: Progress) -> tuple[Listed, Scan]:
    """List what is new in the project's folders, and read it."""
    return list_folders(project, progress), scan(project, progress)


def _insert(project: Project, folder_id: int, paths: list[str]) -> int:
    """Names that are no valid text (lone surrogates) are listed in a readable form and as unreadable."""
    good = [path for path in paths if _is_text(path)]
    with project.db.transaction():
        project.images.add(folder_id, good)
        for path in set(paths) - set(good):
            shown = os.fsencode(path).decode("utf-8", "replace")
            project.images.add(folder_id, [shown])
            project.files.mark_unreadable(
                folder_id, shown, tr("The file name is not valid text. Rename the file.")
            )
    return len(paths)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def scan(project: Project, progress: Progress, *, workers: int = 2) -> Scan:
    """Read every image that was not read yet: its size, its hash, or the reason why it cannot be read.

    Images that could not be read before get another chance, and those whose files were written since are
    compared; those whose whole folder is absent are left as they are. Cancelling keeps what is known; the
    next run goes on from there.
    """
    absent = project.absent_folders()
    waiting = [image for image in project.images.to_read() if image.folder_id not in absent]
    waiting += project.images.some(_written_since(project, progress))
    result = Scan()
    with ThreadPoolExecutor(workers, thread_name_prefix="scan") as pool:
        for start in range(0, len(waiting), _SCAN_BATCH):
            progress.check_cancelled()
            batch = waiting[start : start + _SCAN_BATCH]
            readings = list(pool.map(_read_anew, [project.path_of(image) for image in batch], batch))
            with project.db.transaction():
                for image, reading in zip(batch, readings, strict=True):
                    if isinstance(reading, _Touched):
                        project.files.set_stamp(image.id, reading.stamp)
                        continue
                    if (what := note_reading(project, image, reading)) and image.content_hash:
                        result.changed[image.path] = what
                        result.ids.add(image.id)
                    result.read += isinstance(reading, Reading)
                    if isinstance(reading, UnreadableImageError):
                        result.is_unfinished |= _was_just_written(project.path_of(image))
            progress.report(min(start + _SCAN_BATCH, len(waiting)), len(waiting), batch[-1].path)
    images = project.images.all()
    result.unreadable = [(image.path, image.reason) for image in images if image.reason]
    result.remarks = [
        (image.path, remark_text(image) or "") for image in images if image.remark and not image.reason
    ]
    return result


def _written_since(project: Project, progress: Progress) -> list[int]:
    """The images whose files are there and were written since they were read last, by time and size."""
    folders = {folder_id: str(project.folder_path(folder_id)) for folder_id in project.files.folders()}
    changed: list[int] = []
    for number, (image_id, folder_id, path, stamp) in enumerate(project.files.stamps()):
        if number % _BATCH == 0:
            progress.check_cancelled()
        if stamp_of(os.path.join(folders[folder_id], path)) not in (None, stamp):  # noqa: PTH118 - 100,000 files
            changed.append(image_id)
    return changed


def _was_just_written(path: Path) -> bool:
    try:
        return 0 <= time.time() - path.stat().st_mtime < _JUST_NOW_S
    except OSError:
        return False


class _Touched(NamedTuple):
    """A file that has the bytes that are known."""

    stamp: str | None


def _read_anew(path: Path, image: ImageRecord) -> Reading | UnreadableImageError | _Touched:
    """Read an image; of one that was read before only the bytes, where they are the same."""
    if image.content_hash is not None and image.reason is None:
        stamp = stamp_of(path)
        try:
            if content_hash(path) == image.content_hash:
                return _Touched(stamp)
        except UnreadableImageError as error:
            return error
    return read_image(path)


class Reading(NamedTuple):
    """Upright size of an image, what its file holds, and the remark to show about it."""

    size: tuple[int, int]
    content: Content
    remark: str | None


def read_image(path: Path) -> Reading | UnreadableImageError:
    """Read an image to its end; what it shows, or why it cannot be read."""
    try:
        stamp = stamp_of(path)
        size, remark, seen = inspect(path)
        return Reading(size, Content(content_hash(path), seen, stamp), remark)
    except UnreadableImageError as error:
        return error


def note_reading(project: Project, image: ImageRecord, reading: Reading | UnreadableImageError) -> str:
    """Keep what reading an image showed; returns a note to show about one that was read before."""
    image = project.images.get(image.id) or image  # another job may have moved its boxes meanwhile
    if isinstance(reading, UnreadableImageError):
        return _note_failed_reading(project, image, reading)
    if not note_size(project, image, reading.size):
        return _note_reason(project, image, another_file(image, reading.size))
    fate, remark = _note_content_of(project, image, reading)
    if image.content_hash not in (None, reading.content.hash):
        is_unlabelled = image.state is ImageState.UNDECIDED and not project.annotations.of_image(image.id)
        remark = remark or (NO_BOXES if is_unlabelled else "")
        if remark and fate is not Fate.OTHER:
            project.predictions.forget_detections(image.id)
    project.images.set_reason(image.id, OTHER_IMAGE if fate is Fate.OTHER else None)
    project.images.set_remark(image.id, CHANGED if fate is Fate.UNSURE else reading.remark)
    return remark


def _note_failed_reading(project: Project, image: ImageRecord, error: UnreadableImageError) -> str:
    if image.reason and not project.path_of(image).exists():
        return ""  # the reason why it could not be read is worth more than that it is not there
    if error.size and image.width is None:  # labels are those of the image as it was
        project.files.set_size(image.id, *error.size)
    return _note_reason(project, image, str(error))


def _note_reason(project: Project, image: ImageRecord, reason: str) -> str:
    """Keep why an image cannot be used; returns it where that is news."""
    project.images.set_reason(image.id, reason)
    return "" if image.reason else reason


def _note_content_of(project: Project, image: ImageRecord, reading: Reading) -> tuple[Fate, str]:
    """Keep what the file holds now, and compare it with what it held."""
    if (image.width, image.height) == reading.size:
        fate = note_content(project, image, reading.content)
        return fate, {Fate.OTHER: OTHER_IMAGE, Fate.UNSURE: CHANGED}.get(fate, "")
    take_content(project, image, reading.content)
    return Fate.SAME, moved_along(image, reading.size) if project.annotations.of_image(image.id) else ""


def note_unreadable(project: Project, image: ImageRecord, error: UnreadableImageError) -> bool:
    """Keep why an image cannot be read; not when its whole folder went away in the middle of the run.

    Raises:
        ProjectError: none of the project's folders is there any more.
    """
    if not project.folder_path(image.folder_id).is_dir():
        check_folders(project)
        return False
    project.images.set_reason(image.id, str(error))
    return True


def note_not_shown(image_id: int, project: Project) -> Changes:
    """Keep why an image could not be shown."""
    image = project.images.get(image_id)
    if image is not None:
        try:
            verify(project.path_of(image))
        except UnreadableImageError as error:
            note_unreadable(project, image, error)
        else:
            project.images.set_reason(image.id, tr("It could not be shown. Open it, or read it again."))
    return Changes(images=True, queue=True)


def paths_of(project: Project, image_ids: Iterable[int] | None = None) -> dict[int, str]:
    """The paths of these images, or of all."""
    images = project.images.all() if image_ids is None else project.images.some(image_ids)
    return {image.id: image.path for image in images}


def project_file_for(folder: Path) -> Path:
    """Where the project of a folder lies: in the folder, or with the app's data when the folder cannot be
    written."""
    folder = Path(os.path.abspath(folder))  # noqa: PTH100
    inside = folder / f"{folder.name or 'pictures'}{SUFFIX}"
    if inside.exists():
        return inside
    if folder.is_dir():
        with os.scandir(folder) as entries:  # a glob takes 100 ms with 50,000 names
            others = [entry.path for entry in entries if entry.name.endswith(SUFFIX)]
        if len(others) == 1:
            return Path(others[0])  # the folder was renamed or copied
    if os.access(folder, os.W_OK):
        return inside
    own = hashlib.blake2b(str(folder).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    return data_dir() / f"{folder.name or 'pictures'}-{own}{SUFFIX}"


@dataclass(frozen=True, slots=True)
class Place:
    """A project file; where it is still to be made, the folder it is for and its `first` image."""

    file: Path
    folder: Path | None = None
    first: str = ""


def locate(path: Path, progress: Progress | None = None) -> Place:
    """Where the project of a path is, or is to be; in a large tree the look for a first image takes its
    time.

    Raises:
        HitlError: a folder that cannot be opened, or without images.
    """
    if not path.is_dir():
        return Place(path)
    check_folder(path)
    file = project_file_for(path)
    return Place(file) if file.exists() else Place(file, path, first_image(path, progress))


def open_place(place: Place) -> Project:
    """The project at a place; a new one lists the first image only, so that it can be shown at once.

    Raises:
        HitlError: it cannot be opened or made.
    """
    if place.folder is None:
        return Project.open(place.file)
    project = Project.create(place.file)
    _insert(project, project.add_folder(place.folder), [place.first])
    return project


def open_path(path: Path) -> Project:
    """The project at a path; for a folder, its project, made when there is none yet.

    Raises:
        HitlError: neither a project nor a folder with images.
    """
    return open_place(locate(path))


def check_folders(project: Project) -> None:
    """Refuse to work on images whose folder has vanished.

    Raises:
        ProjectError: none of the project's folders is there.
    """
    gone = [project.folder_path(folder_id) for folder_id in project.files.folders()]
    if gone and not any(folder.is_dir() for folder in gone):
        raise ProjectError(
            tr("The images' folder {gone} is gone.", gone=gone[0]),
            hint=tr("Put it back or reconnect its drive; the project and its boxes are safe."),
        )
