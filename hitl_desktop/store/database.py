"""One SQLite connection of one thread: pragmas, transactions, errors in words."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from hitl_desktop.errors import ProjectBusyError, ProjectError
from hitl_desktop.translation import tr

APPLICATION_ID = 0x4849544C
"""`HITL`, so that a project file is told from any other SQLite file."""

BUSY_SECONDS, WINDOW_SECONDS = 10.0, 1.0
"""How long a job, and the window, wait for the lock of the file."""
_AT_ONCE_SECONDS = 0.02
_AFTER_WRITE_S = 0.002
"""A job pauses so long after each commit: the window, which looks every millisecond, gets the lock in
between."""
_CHECKPOINT_PAGES = 10_000
"""How long the write-ahead log grows (40 MB) before a job moves it into the file: a sync that others feel."""
_GIVES_WAY_EVERY_S, _WAY_S = 0.002, 0.00005
"""Each statement lets the interpreter go for some microseconds and takes it back. A thread that waits for it
is woken each time and comes too late: a job that read two thousand images held the window up for 40 ms. A
real pause lets it in."""
_MOST_VALUES = 28_000
"""Values of one INSERT (SQLite takes 32,766): a statement for each row takes half as long again, and the interpreter
back each time."""
_PORTION = 200
"""Rows that a background connection fetches between two such pauses."""
Row = tuple[Any, ...]

_HINTS = {
    "disk is full": ("The disk is full.", "Free some space and try again; what was saved before is safe."),
    "locked": ("The project file is in use by another program.", "Close the other program and try again."),
    "readonly": (
        "The project file cannot be written.",
        "Check its permissions, or copy the project to a place you own.",
    ),
    "not a database": (
        "The file is not a HITL project.",
        "Open a .hitl file, or a folder of images to start a new project.",
    ),
    "malformed": (
        "The project file is damaged.",
        "Restore it from a backup copy (NAME.hitl.backup-N beside it, if any).",
    ),
}


def explain(error: sqlite3.Error, path: Path) -> ProjectError:
    """The error in words a user can act on."""
    text = str(error)
    for key, (message, hint) in _HINTS.items():
        if key in text:
            kind = ProjectBusyError if key == "locked" else ProjectError
            return kind(f"{message[:-1]}: {path}.", hint=hint)
    return ProjectError(
        tr("The project file {path} could not be used ({text}).", path=path, text=text),
        hint=tr("Check that its folder exists and can be written."),
    )


def sqlite_version() -> str:
    """The version of the SQLite library."""
    return sqlite3.sqlite_version


class Database:
    """A connection to a project file; use it in the thread that made it."""

    def __init__(self, path: Path, *, background: bool = False) -> None:
        """Open an existing file.

        The connection of the window leaves checkpoints to the background ones, whose commits nobody waits
        for; it syncs each commit to disk, they only each checkpoint.
        """
        self.path = path
        self._background, self._gives_way_at = background, 0.0
        self._patience = WINDOW_SECONDS
        try:
            self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        except sqlite3.Error as error:
            raise explain(error, path) from error
        try:
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if background else 'FULL'}")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES if background else 0}")
            if not background:
                self._connection.execute("PRAGMA busy_timeout = 0")  # it waits by itself, see `_patiently`
        except sqlite3.Error as error:
            self._connection.close()
            raise explain(error, path) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        self._give_way()
        try:
            return self._connection.execute(sql, values) if self._background else self._patiently(sql, values)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise
            raise explain(error, self.path) from error

    def _give_way(self) -> None:
        if self.is_awaited and time.perf_counter() > self._gives_way_at:
            time.sleep(_WAY_S)
            self._gives_way_at = time.perf_counter() + _GIVES_WAY_EVERY_S

    @property
    def is_awaited(self) -> bool:
        """Whether this is the connection of a job beside a window; a command has the process for itself."""
        return self._background and threading.active_count() > 1

    def _patiently(self, sql: str, values: Sequence[Any] | Mapping[str, Any]) -> sqlite3.Cursor:
        """Run a statement of the window, which waits for the lock by looking every millisecond: SQLite's own
        waiting grows to 100 ms a step."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return self._connection.execute(sql, values)
            except sqlite3.OperationalError as error:
                if (
                    "locked" not in str(error)
                    or self._connection.in_transaction
                    or time.monotonic() > deadline
                ):
                    raise
                time.sleep(0.001)

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row, in a transaction of their own if there is none."""
        if not self._background and not self._connection.in_transaction:
            with self.transaction():
                self.many(sql, rows)
            return
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise
            raise explain(error, self.path) from error

    def insert_many(self, into: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows of as many columns each; `into` is the statement up to its VALUES."""
        waiting = iter(rows)
        with self.transaction():
            for first in waiting:
                rest = islice(waiting, _MOST_VALUES // len(first) - 1)
                values = [*first, *chain.from_iterable(rest)]
                marks = f"({', '.join('?' * len(first))})"
                self.execute(f"{into} VALUES {', '.join([marks] * (len(values) // len(first)))}", values)

    def insert(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one INSERT and return the new row's id."""
        row_id = self.execute(sql, values).lastrowid
        assert row_id is not None  # noqa: S101 - an INSERT always has one
        return row_id

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row, if any."""
        return self.execute(sql, values).fetchone()

    def all(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        """All rows."""
        if not self._background:
            return self.execute(sql, values).fetchall()
        return list(self.each(sql, values))

    def each(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[Row]:
        """All rows, one by one: for very many."""
        cursor = self.execute(sql, values)
        while part := cursor.fetchmany(_PORTION):
            yield from part
            self._give_way()

    def scalar(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.one(sql, values)
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; a transaction inside another joins it."""
        if self._connection.in_transaction:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        finally:
            if self._connection.in_transaction:  # the block or the commit failed
                self.execute("ROLLBACK")
        if self.is_awaited:
            time.sleep(_AFTER_WRITE_S)

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Do not wait for the lock in here: for what is tried again later, or can be left undone."""
        before, self._patience = self._patience, _AT_ONCE_SECONDS
        try:
            yield
        finally:
            self._patience = before

    def checkpoint(self) -> bool:
        """Bring everything that was committed into the file and to the platter; returns whether that was
        possible."""
        busy, in_log, moved = self.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        return not busy and in_log == moved

    def copy_to(self, file: Path) -> None:
        """Copy the project to a file that is not there; by SQLite, for a copy by hand would drop its locks."""
        self.execute("VACUUM INTO ?", (str(file),))

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """Reads that all see the same moment; a write in here is refused, for it would lock the file until
        the end."""
        if self._connection.in_transaction:
            yield
            return
        self.execute("PRAGMA query_only = 1")
        self.execute("BEGIN")
        try:
            yield
        finally:
            self.execute("COMMIT")
            self.execute("PRAGMA query_only = 0")
