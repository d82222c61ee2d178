"""How long work reports progress and learns that it should stop."""

from typing import Protocol


class JobCancelled(BaseException):
    """Raised inside a job when the user cancelled it."""


class Progress(Protocol):
    """What a workflow needs from whoever waits for it."""

    def check_cancelled(self) -> None:
        """Raise `JobCancelled` when the work should stop here."""
        ...

    def report(self, done: int, total: int, text: str = "") -> None:
        """Say that `done` of `total` steps are finished; `total` 0 means unknown."""
        ...


class NoProgress:
    """Nobody is listening."""

    def check_cancelled(self) -> None:
        """Never cancelled."""

    def report(self, done: int, total: int, text: str = "") -> None:
        """Say nothing."""


class Quiet:
    """Passes cancellation on and says nothing: for a part of a job that has steps of its own."""

    def __init__(self, progress: Progress) -> None:
        self.check_cancelled = progress.check_cancelled

    def report(self, done: int, total: int, text: str = "") -> None:
        """Say nothing."""
