"""Progress on a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

_WIDTH = 30
_EVERY = 0.1


class TerminalProgress:
    """A bar on stderr when that is a terminal; silent otherwise."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = sys.stderr.isatty()
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def check_cancelled(self) -> None:
        """Ctrl+C raises by itself."""

    def report(self, done: int, total: int, text: str = "") -> None:
        """Draw the bar, ten times a second at most."""
        now = time.monotonic()
        if not self._shown or (now - self._last < _EVERY and done != total):
            return
        self._last = now
        share = f"[{'#' * (_WIDTH * done // total):<{_WIDTH}}] {done}/{total}" if total else str(done)
        sys.stderr.write(f"\r\x1b[K{self._title} {share} {text[-40:]}")
        sys.stderr.flush()
