"""The images in a folder and below, by their names alone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hitl_desktop.errors import HitlError
from hitl_desktop.image_file import OTHER_SUFFIXES, SUFFIXES
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.translation import tr

_NOT_OF_THE_SET = frozenset(
    (
        "@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "__macosx", "$recycle.bin", "recycler",
        "system volume information", "lost+found",
    )
)  # fmt: skip
"""Folders in which network stores and systems keep thumbnails, copies and deleted images of their own,
lower case."""

PassedOver = Counter[str]
"""How many files were not listed, by ending (of kinds that cannot be read) or by folder (of those left
out)."""


def list_images(
    folder: Path,
    passed_over: PassedOver | None = None,
    progress: Progress | None = None,
    folders: list[str] | None = None,
) -> Iterator[str]:
    """Paths of the images in a folder and below, relative, with forward slashes, in order of name.

    Only names are looked at. Hidden files and folders are left out, and folders that systems keep for
    themselves; what is left out and could be an image is counted in `passed_over`. Linked folders are
    followed, after the others, each real folder once; all of them are noted in `folders`. It can be cancelled at
    each folder.
    """
    walk = _Walk(
        PassedOver() if passed_over is None else passed_over,
        progress or NoProgress(),
        [] if folders is None else folders,
    )
    yield from walk.images(folder, "")
    while walk.links:
        place, prefix = walk.links.pop(0)
        yield from walk.images(place, prefix)


@dataclass(slots=True)
class _Walk:
    passed_over: PassedOver
    progress: Progress
    folders: list[str]
    links: list[tuple[Path, str]] = field(default_factory=list)
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def images(self, folder: Path, prefix: str) -> Iterator[str]:
        """Images in a real folder and below; links to folders are put off."""
        self.progress.check_cancelled()
        visible = [entry for entry in self._entries(folder) if not entry.name.startswith(".")]
        folders = [entry for entry in visible if _is_folder(entry)]
        names = {entry.name for entry in folders}
        for name in (entry.name for entry in visible if entry.name not in names):
            ending = os.path.splitext(name)[1].lower()  # noqa: PTH122 - 100,000 names
            if ending in SUFFIXES:
                yield prefix + name
            elif ending in OTHER_SUFFIXES:
                self.passed_over[ending] += 1
        for entry in folders:
            if entry.name.lower() in _NOT_OF_THE_SET:
                self.passed_over[entry.name] += _images_below(entry.path)
            elif entry.is_symlink():
                self.links.append((folder / entry.name, f"{prefix}{entry.name}/"))
            else:
                yield from self.images(folder / entry.name, f"{prefix}{entry.name}/")

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What a folder holds, in order of name; nothing at the second visit, or where it may not be read."""
        try:
            found = folder.stat()
            if (found.st_dev, found.st_ino) in self._seen:
                return []
            self._seen.add((found.st_dev, found.st_ino))
            self.folders.append(str(folder))
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError:
            return []  # a folder that may not be read, or a link to nowhere


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _images_below(folder: str) -> int:
    return sum(Path(name).suffix.lower() in SUFFIXES for _, _, names in os.walk(folder) for name in names)


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be opened.

    Raises:
        HitlError: it is missing, no folder, or may not be read.
    """
    if not folder.exists():
        raise HitlError(
            tr("There is no folder {folder}.", folder=folder),
            hint=tr("Check the name; perhaps a drive is not connected."),
        )
    if not folder.is_dir():
        raise HitlError(
            tr("{folder} is not a folder.", folder=folder),
            hint=tr("Choose the folder that holds the images."),
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        raise HitlError(
            tr("The folder {folder} may not be read.", folder=folder),
            hint=tr("Change its permissions, or choose another one."),
        )


def first_image(folder: Path, progress: Progress | None = None) -> str:
    """The first image in a folder.

    Raises:
        HitlError: the folder cannot be opened or holds no image.
    """
    check_folder(folder)
    passed_over = PassedOver()
    for path in list_images(folder, passed_over, progress):
        return path
    if passed_over:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(passed_over.items()))
        raise HitlError(
            tr(
                "There are no images in {folder} that can be read here ({kinds}).",
                folder=folder,
                kinds=kinds,
            ),
            hint=tr("Save them as .jpg, .png or .tif, or choose another folder."),
        )
    raise HitlError(
        tr("There are no images in {folder}.", folder=folder),
        hint=tr("Choose a folder with files such as .jpg, .png, .tif, .bmp or .webp."),
    )
