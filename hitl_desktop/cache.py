"""What can be made anew at any time, kept on the disk for speed: bounded, and safe to delete."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from hitl_desktop.paths import cache_dir

_ABANDONED_S = 24 * 3600


def key_of(path: Path) -> str:
    """A name for what is made from a file, another one as soon as the file is another.

    Raises:
        OSError: there is no such file.
    """
    found = path.stat()
    key = f"{os.path.abspath(path)}\0{found.st_mtime_ns}\0{found.st_size}"  # noqa: PTH100 - links are other names
    return hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def room(name: str) -> Path:
    """The folder for one kind of thing; made when missing."""
    folder = cache_dir() / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep(entry: Path, data: bytes) -> None:
    """Write an entry whole or not at all.

    Raises:
        OSError: the disk is full or cannot be written.
    """
    part = entry.with_name(f".{entry.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(entry)


def trim(folder: Path, most_bytes: int) -> None:
    """Delete the entries of a folder that were not used for longest, until a tenth below the limit."""
    entries = [(entry.stat().st_mtime, _size(entry), entry) for entry in _finished(folder)]
    total = sum(size for _, size, _ in entries)
    if total <= most_bytes:
        return
    for _, size, entry in sorted(entries, key=lambda item: item[0]):
        if total <= most_bytes * 0.9:
            break
        _delete(entry)
        total -= size


def _finished(folder: Path) -> Iterator[Path]:
    """The entries of a folder; parts that a crash left are deleted."""
    for entry in folder.iterdir():
        if not entry.name.startswith("."):
            yield entry
        elif time.time() - entry.stat().st_mtime > _ABANDONED_S:
            _delete(entry)


def _delete(entry: Path) -> None:
    shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink(missing_ok=True)


def _size(entry: Path) -> int:
    if entry.is_file():
        return entry.stat().st_size
    return sum(file.stat().st_size for file in entry.rglob("*") if file.is_file())
