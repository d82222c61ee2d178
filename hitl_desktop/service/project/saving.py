"""Whether what hands did is safe: in the file at once, on the platter a moment later; what fails waits in
memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

from hitl_desktop.errors import HitlError, ProjectError
from hitl_desktop.service.events import Event, MainThread
from hitl_desktop.service.messages import Messages
from hitl_desktop.store.database import Database
from hitl_desktop.store.wal_sync import Syncer

RETRY_MS = 2000


class Saving:
    """Watches over the writes of one open project after another, on the main thread.

    Attributes:
        changed: The disk has what was done, or could not take it.
    """

    def __init__(self, messages: Messages, main_thread: MainThread) -> None:
        self.changed = Event[[]]()
        self._messages, self._main_thread = messages, main_thread
        self._db: Database | None = None
        self._syncer: Syncer | None = None
        self._opened = 0
        self._write_failed = self._sync_failed = False
        self._waiting: Callable[[], Callable[[], None]] | None = None
        self._end_retries: Callable[[], None] | None = None

    def begin(self, db: Database) -> None:
        """Watch over a connection."""
        self._db = db
        self._opened += 1
        self._write_failed = self._sync_failed = False
        self._syncer = Syncer(db, partial(self._post_answer, self._opened))

    def end(self) -> None:
        """Finish what is on its way; before the connection is closed."""
        self.drop()
        if self._syncer is not None:
            self._syncer.close()
        self._db = self._syncer = None

    @property
    def is_pending(self) -> bool:
        """Whether the latest acts, safe in the file already, are still on their way to the platter."""
        return self._syncer is not None and self._syncer.is_pending

    @property
    def has_failed(self) -> bool:
        """Whether an act is not in the file, or may not be on the platter."""
        return self._write_failed or self._sync_failed

    def written(self) -> None:
        """An act was committed."""
        self._write_failed = self.is_waiting
        if self._syncer is not None:
            self._syncer.request()

    def failed(self, error: HitlError) -> None:
        """An act could not be committed."""
        self._write_failed = True
        self._messages.error(error)

    def keep(self, attempt: Callable[[], Callable[[], None]], error: HitlError) -> None:
        """An act could not be committed and waits: `attempt` is called until the disk takes it.

        What it returns shows the act, and is called once nothing waits any longer.
        """
        self._write_failed, self._waiting = True, attempt
        if self._end_retries is None:
            self._end_retries = self._main_thread.repeat(RETRY_MS, self.retry)
        self._messages.error(error)
        self.changed.emit()

    @property
    def is_waiting(self) -> bool:
        """Whether an act waits in memory for the disk."""
        return self._waiting is not None

    def retry(self) -> bool:
        """Try once more what waits; returns whether nothing does any longer."""
        if self._waiting is None:
            return True
        try:
            with self._db.at_once() if self._db is not None else nullcontext():
                show = self._waiting()
        except ProjectError:  # the disk still refuses it, which is on the screen
            return False
        except HitlError as error:  # it became impossible, and would be so next time
            self.drop()
            self.written()
            self._messages.error(error)
            self.changed.emit()
            return True
        self.drop()
        self.written()
        show()
        self.changed.emit()
        return True

    def drop(self) -> None:
        """Nothing waits any longer."""
        self._waiting = None
        if self._end_retries is not None:
            self._end_retries()
            self._end_retries = None

    def _post_answer(self, opened: int, error: ProjectError | None) -> None:
        self._main_thread.post(partial(self._on_synced, opened, error))

    def _on_synced(self, opened: int, error: ProjectError | None) -> None:
        """The result of a write to the disk; `opened` is which of the projects opened so far it is about."""
        if error is not None:
            self._messages.error(error)
        if opened != self._opened or self._db is None:
            return
        if error is not None:
            self._sync_failed = True
        elif (
            self._sync_failed
        ):  # the failed pages may be lost to later syncs: have all of them written once more
            try:
                self._sync_failed = not self._db.checkpoint()
            except HitlError as failure:
                self._messages.error(failure)
        self.changed.emit()
