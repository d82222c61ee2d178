"""Brings a connection's commits to the platter in a thread of its own."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

from hitl_desktop.errors import ProjectError
from hitl_desktop.store.database import Database
from hitl_desktop.translation import tr

OnSynced = Callable[[ProjectError | None], None]


class Syncer:
    """Syncs after commits, so that their thread need not wait for the disk; commits of a moment share one
    sync.

    A commit is in the file, and outlives the process, when `Database.transaction` ends; it outlives a power
    cut once the disk has it, which took up to 0.9 s on a busy machine. Only the write-ahead log is opened:
    closing any handle of the project file itself would drop SQLite's locks on it. A log that is another file
    than before is an error: acts would go into one that will not be found.
    """

    def __init__(self, db: Database, on_synced: OnSynced) -> None:
        """Take the syncs of a connection over; `on_synced` is called in the syncer's thread after each."""
        db.execute("PRAGMA synchronous = NORMAL")
        self._log = Path(f"{os.path.realpath(db.path)}-wal")
        self._on_synced = on_synced
        self._wanted = threading.Condition()
        self._asked = self._done = 0
        self._inode: int | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="syncer", daemon=True)
        self._thread.start()

    @property
    def is_pending(self) -> bool:
        """Whether a commit is not known to be on the platter yet."""
        return self._done < self._asked

    def request(self) -> None:
        """Sync what was committed until now."""
        with self._wanted:
            self._asked += 1
            self._wanted.notify()

    def close(self) -> None:
        """Finish what was asked for and end the thread."""
        with self._wanted:
            self._closed = True
            self._wanted.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wanted:
                self._wanted.wait_for(lambda: self.is_pending or self._closed)
                if not self.is_pending:
                    return
                asked = self._asked
            error = self._sync()
            self._done = asked
            self._on_synced(error)

    def _sync(self) -> ProjectError | None:
        try:
            with self._log.open("rb+") as log:
                inode = os.fstat(log.fileno()).st_ino
                if self._inode not in {None, inode}:
                    raise OSError(errno.ESTALE, tr("its log was replaced"))  # noqa: TRY301 - said as other failures are
                self._inode = inode
                os.fsync(log.fileno())
        except OSError as error:
            return ProjectError(
                tr(
                    "The latest act may not be on the disk: {strerror} ({log}).",
                    strerror=error.strerror or error,
                    log=self._log,
                ),
                hint=tr(
                    "Check that the project's folder is where it was and its disk is well, then act again."
                ),
            )
        return None
