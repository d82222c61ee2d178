"""Data sets that are folders: found files, and folders that appear whole or not at all."""

from __future__ import annotations

import ctypes
import glob
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeVar

from hitl_desktop.domain.dataset import IssueKind
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.builder import DatasetBuilder, safe_name
from hitl_desktop.image_file import SUFFIXES
from hitl_desktop.translation import tr

T = TypeVar("T")
MARK = ".hitl-desktop-export"
"""A file in each folder that this program wrote, and may replace."""
_MOST_FILES = 5_000_000
_LEFTOVER_S = 24 * 3600
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of renameat2(2)


def files_in(folder: Path, *suffixes: str) -> list[Path]:
    """The files below a folder with one of these endings, in order, but for hidden ones."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [
            Path(place, name)
            for name in sorted(names)
            if name.lower().endswith(suffixes) and not name.startswith(".")
        ]
        if len(found) > _MOST_FILES:
            break
    return found


def values_in(
    path: Path, suffix: str, read: Callable[[Path], T], builder: DatasetBuilder
) -> Iterator[tuple[Path, T]]:
    """What is in each file below a folder, or in one file; a file that cannot be read costs itself only.

    Raises:
        FormatError: `path` is a file, and cannot be read.
    """
    for file in files_in(path, suffix) if path.is_dir() else [path]:
        try:
            value = read(file)
        except FormatError as error:
            if file == path:
                raise
            builder.lost_track = True
            builder.problem(file.name, error.message, IssueKind.BAD_RECORD)
            continue
        yield file, value


def images_in(folder: Path) -> list[Path]:
    """The image files below a folder."""
    return files_in(folder, *SUFFIXES)


def stems(dataset_names: Iterable[str]) -> dict[str, str]:
    """For each image name the path without its ending that files beside it get: different for each."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in dataset_names:
        safe = safe_name(name)
        stem = str(PurePosixPath(safe).with_suffix("")) if PurePosixPath(safe).suffix else safe
        chosen, number = stem, 2
        while chosen.casefold() in taken:
            chosen, number = f"{safe.replace('.', '_')}" + (f"_{number}" if number > 2 else ""), number + 1
        taken.add(chosen.casefold())
        found[name] = chosen
    return found


def was_written_here(path: Path) -> bool:
    """Whether this program wrote a folder and all that is in it, or there is nothing in it."""
    if not (path / MARK).is_file():
        return not any(path.iterdir())
    listed = set((path / MARK).read_text("utf-8", errors="replace").splitlines())
    return all(name in listed for name in _names_in(path))


def note_files(path: Path) -> None:
    """List what is in a folder in its mark, so that what others put there later is told from it."""
    (path / MARK).write_text("\n".join(["HITL Desktop", *_names_in(path)]), encoding="utf-8")


def _names_in(path: Path) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(place, name), path)  # noqa: PTH118 - 100,000 files
        for place, _, names in os.walk(path)
        for name in names
        if name != MARK
    )


def refuse_to_swallow(path: Path, files: Iterable[Path | str]) -> None:
    """Refuse to replace a folder that one of these files is in.

    Raises:
        FormatError: one is.
    """
    inside = os.path.realpath(path) + os.sep
    found = next((f for f in files if os.path.abspath(f).startswith(inside)), None) if path.is_dir() else None  # noqa: PTH100
    if found is not None:
        raise FormatError(
            tr("{path} holds {file}, so it was not replaced.", path=path, file=Path(found).name),
            hint=tr("Choose another folder: this one would be gone with what is in it."),
        )


@contextmanager
def whole_folder(path: Path) -> Generator[Callable[[str, bytes | str], None]]:
    """Write files by their relative names into a folder, which takes the place of `path` at the end; an error or a
    crash leaves what was there.

    Raises:
        FormatError: the place cannot be written.
    """
    with whole_place(path) as part:

        def write(name: str, content: bytes | str) -> None:
            file = part / safe_name(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

        part.mkdir(parents=True)
        (part / MARK).write_text("HITL Desktop", encoding="utf-8")
        yield write


@contextmanager
def whole_place(path: Path) -> Generator[Path]:
    """A place beside `path` for a folder that is to be made there, and takes the place of `path` at the end; an error
    or a crash leaves what was there.

    Raises:
        FormatError: the place cannot be written.
    """
    path = path.absolute()
    _drop_leftovers(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        _take_place(part, path)
    except OSError as error:
        raise FormatError(
            tr("{path} could not be written ({strerror}).", path=path, strerror=error.strerror),
            hint=tr("Choose a folder that exists and that you may write to."),
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _drop_leftovers(path: Path) -> None:
    """Delete what an export to this place left that was killed a day ago or earlier."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.????????.part") if path.parent.is_dir() else ():
        if left.is_dir() and (left / MARK).is_file() and time.time() - left.stat().st_mtime > _LEFTOVER_S:
            shutil.rmtree(left, ignore_errors=True)


def _take_place(part: Path, path: Path) -> None:
    """Let a folder be at `path`; what was there is at its place then, or gone."""
    if not path.exists():
        part.rename(path)
    elif not _exchanged(part, path):
        old = path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")
        path.rename(old)
        try:
            part.rename(path)
        except OSError:
            old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places at once, so that a crash finds either; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        return False
    here = _AT_FDCWD
    return library.renameat2(here, os.fsencode(one), here, os.fsencode(other), _RENAME_EXCHANGE) == 0
