"""Images whose files are gone, found again below a folder: by their path, by name and size, by content."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.errors import HitlError, UnreadableImageError
from hitl_desktop.imaging import content_hash, read_header
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.images.folder_walk import check_folder, list_images
from hitl_desktop.workflows.images.relink import point_to

log = logging.getLogger(__name__)

_KINDS = ("by_path", "by_name", "by_content")


@dataclass(slots=True)
class FoundImages:
    """How many images were missing, and of those that were found, by what: the end of their path, name and size, or
    content. `left` are the paths of the others."""

    missing: int = 0
    by_path: int = 0
    by_name: int = 0
    by_content: int = 0
    left: list[str] = field(default_factory=list[str])
    changes: Changes = field(default_factory=Changes)

    @property
    def words(self) -> str:
        """What was found, in a sentence or two."""
        if not self.missing:
            return tr("No image is missing.")
        found = self.missing - len(self.left)
        return sentences(
            tr(
                "Found {found} of {missing} that were missing.",
                found=found,
                missing=counted(self.missing, "image"),
            ),
            tr("{n} by their bytes, under other names.", n=self.by_content) if self.by_content else "",
        )


def find_missing(project: Project, root: Path, progress: Progress, *, dry_run: bool = False) -> FoundImages:
    """Look below a folder for images whose files are gone, and let the project find them there from now on.

    Where several files fit equally well none is taken. A folder all of whose images lie in one place again moves as
    a whole, so that new images of it appear, too.

    Raises:
        HitlError: the folder cannot be opened.
    """
    check_folder(root)
    root = Path(os.path.abspath(root))  # noqa: PTH100 - links are the user's choice
    images = project.images.all()
    missing = [image for image in images if not project.path_of(image).is_file()]
    gone = {image.id for image in missing}
    present = {str(project.path_of(image)) for image in images if image.id not in gone}
    paths = [path for path in list_images(root, progress=progress) if str(root / path) not in present]
    search = _Search(project, root, paths, progress)
    found = search.run(missing)
    report = FoundImages(
        len(missing),
        *(search.counts[kind] for kind in _KINDS),
        left=[i.path for i in missing if i.id not in found],
    )
    if found and not dry_run:
        paths_of = {image.id: image.path for image in missing}
        moved = _move_folders(project, images, found, root)
        for image_id, path in found.items():
            if image_id not in moved and not _pointed(project, image_id, root / path):
                report.left.append(paths_of[image_id])
        report.changes = Changes(images=True, queue=True, annotations_of=frozenset(found))
    return report


def _pointed(project: Project, image_id: int, file: Path) -> bool:
    try:
        with project.db.transaction():
            point_to(project, image_id, file)
    except HitlError as error:  # another image of the project, with labels of its own
        log.info("%s was not taken: %s", file, error)
        return False
    return True


@dataclass(slots=True)
class _Search:
    project: Project
    root: Path
    paths: list[str]
    progress: Progress
    taken: set[str] = field(default_factory=set[str])
    counts: Counter[str] = field(default_factory=Counter[str])

    def run(self, missing: list[ImageRecord]) -> dict[int, str]:
        """The path below the root of each image that was found."""
        found: dict[int, str] = {}
        for kind, fits in zip(_KINDS, (self._same_path, self._same_name, None), strict=True):
            waiting = [image for image in missing if image.id not in found]
            pairs = self._by_content(waiting) if fits is None else self._each(waiting, fits)
            for image, path in pairs:
                if path not in self.taken:
                    found[image.id] = path
                    self.taken.add(path)
                    self.counts[kind] += 1
        return found

    def _each(
        self, images: list[ImageRecord], fits: Callable[[ImageRecord, str], bool]
    ) -> Iterator[tuple[ImageRecord, str]]:
        """Images that exactly one file fits, of those with the same name."""
        by_name: dict[str, list[str]] = {}
        for path in self.paths:
            by_name.setdefault(_name(path), []).append(path)
        for image in images:
            self.progress.check_cancelled()
            fitting = [
                p for p in by_name.get(_name(image.path), ()) if p not in self.taken and fits(image, p)
            ]
            if len(fitting) == 1:
                yield image, fitting[0]

    def _same_path(self, image: ImageRecord, path: str) -> bool:
        return "/" in image.path and f"/{path}".endswith(f"/{image.path}")

    def _same_name(self, image: ImageRecord, path: str) -> bool:
        if image.width is None:
            return True
        file = self.root / path
        try:
            if image.content_hash is not None:  # names and sizes of photographs repeat
                return content_hash(file) == image.content_hash
            return read_header(file)[0] == (image.width, image.height)
        except UnreadableImageError:
            return False

    def _by_content(self, images: list[ImageRecord]) -> Iterator[tuple[ImageRecord, str]]:
        """Images by the hash of their bytes; only files of the right length are read."""
        lengths = {i: int(stamp.split()[-1]) for i, _, _, stamp in self.project.files.stamps()}
        wanted = {image.content_hash: image for image in images if image.content_hash and image.id in lengths}
        sizes = {lengths[image.id] for image in wanted.values()}
        for number, path in enumerate(self.paths):
            self.progress.check_cancelled()
            self.progress.report(number, len(self.paths), path)
            file = self.root / path
            if path in self.taken or not wanted or file.stat().st_size not in sizes:
                continue
            image = wanted.pop(content_hash(file), None)
            if image is not None:
                yield image, path


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _move_folders(project: Project, images: list[ImageRecord], found: dict[int, str], root: Path) -> set[int]:
    """Move folders that are absent and all of whose images lie below one other folder; returns the images of these."""
    absent, moved = project.absent_folders(), set[int]()
    known = {project.folder_path(folder_id) for folder_id in project.files.folders()}
    for folder_id in absent:
        own = [image for image in images if image.folder_id == folder_id]
        places = {_folder_of(root / found[i.id], i.path) if i.id in found else None for i in own}
        place = next(iter(places)) if len(places) == 1 else None
        if place is not None and place not in known:
            known.add(place)
            project.move_folder(folder_id, place)
            moved |= {image.id for image in own}
    return moved


def _folder_of(file: Path, path: str) -> Path | None:
    """The folder in which a file lies as an image lay in its own; None where it has another name or place."""
    text, tail = os.fspath(file), os.sep + path.replace("/", os.sep)
    return Path(text[: -len(tail)] or os.sep) if text.endswith(tail) else None
