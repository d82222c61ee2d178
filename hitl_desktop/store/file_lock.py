"""One process at a time works on a project; its threads may, each with a connection of its own.

SQLite's own locks do not keep others out for sure: on POSIX systems a process loses them as soon as anything
in it opens and closes the file (https://www.sqlite.org/howtocorrupt.html, 2.2), as Qt's file dialog does to
guess what kind of file it is. Another process then took itself for the last one and deleted the log under an
open window. The lock here is on a file beside the project, by flock, which belongs to the one who opened it.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from hitl_desktop.errors import ProjectError
from hitl_desktop.translation import tr

_mutex = threading.Lock()
_held: dict[Path, tuple[int, int]] = {}


def lock_file(path: Path) -> Path:
    """The file beside a project that says that it is open."""
    return path.with_name(f".{path.name}.lock")


def hold(path: Path) -> bool:
    """Keep other processes off a project until it was released as often as it was held; returns whether nobody in
    this process held it before.

    Raises:
        ProjectError: another process works on it.
    """
    path = Path(os.path.realpath(path))
    with _mutex:
        handle, count = _held.get(path, (-1, 0))
        _held[path] = (handle if count else _take(path), count + 1)
    return count == 0


def release(path: Path) -> None:
    """Let others at it once everybody here is done."""
    path = Path(os.path.realpath(path))
    with _mutex:
        handle, count = _held.pop(path, (-1, 0))
        if count > 1:
            _held[path] = (handle, count - 1)
        elif handle >= 0:
            lock_file(path).unlink(missing_ok=True)  # before the lock goes: whoever waits for it looks again
            os.close(handle)


def _take(path: Path) -> int:
    """An open handle that has the lock; -1 where the system has no such locks."""
    if sys.platform == "win32":  # files that are open cannot be deleted there, so SQLite's locks do
        return -1
    import fcntl  # noqa: PLC0415 - not on every system

    file = lock_file(path)
    while True:
        try:
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:
            return -1  # SQLite says what is wrong with the place
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise ProjectError(
                tr("{name} is open in another window or command.", name=path.name),
                hint=tr("Close it there, or wait until it is done."),
            ) from None
        except OSError:  # some network drives
            return handle
        try:
            if os.fstat(handle).st_ino == file.stat().st_ino:
                return handle
        except FileNotFoundError:
            pass  # its holder released it between opening and locking
        os.close(handle)
