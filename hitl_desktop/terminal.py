"""What goes to a terminal: progress, errors, and the console of rich, which is imported where there is one.

Elsewhere, in a pipe, a file or a terminal that cannot move its cursor, progress is a line every few seconds.
"""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

EVERY = 5.0
"""Seconds between two lines where nobody watches a bar."""
REDRAWN = 10
"""How often a second the bar is drawn, at most."""
_NARROW, _BAR, _SHORT_BAR = 80, 24, 10


def is_drawn_on(stream: TextIO) -> bool:
    """Whether tables and bars can be drawn there: on a terminal that moves its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in {"dumb", "unknown"}


def console(stream: TextIO) -> Console:
    """A console of rich that reads no markup and guesses at no numbers: who writes a text chooses its colour."""
    from rich.console import Console  # noqa: PLC0415 - only for a terminal

    return Console(file=stream, markup=False, highlight=False, emoji=False)


def clean(text: str) -> str:
    """Without characters that would move the cursor: a file may be called anything."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def shortened(text: str, width: int) -> str:
    """A text that fits the width, without its middle where it is too long."""
    from rich.cells import cell_len, chop_cells  # noqa: PLC0415

    if cell_len(text) <= width:
        return text
    end = (width - 1) * 2 // 3  # the end of a path says more
    tail = chop_cells(text[::-1], end)[0][::-1] if end > 0 else ""
    start = width - 1 - cell_len(tail)
    return f"{chop_cells(text, start)[0] if start > 0 else ''}…{tail}"


def say_error(message: str, hint: str) -> None:
    """What happened, and on a line of its own what to do; on a terminal the first stands out."""
    if not is_drawn_on(sys.stderr):
        sys.stderr.write(f"{message}\n{hint}\n")
        return
    out = console(sys.stderr)
    out.print(message, style="bold red", soft_wrap=True)
    out.print(hint, soft_wrap=True)


class TerminalProgress:
    """A bar on stderr where that is a terminal, a line every few seconds elsewhere."""

    def __init__(self, title: str) -> None:
        self._shown = _Bar(title) if is_drawn_on(sys.stderr) else _Lines(title)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.close()

    def check_cancelled(self) -> None:
        """Ctrl+C raises by itself."""

    def report(self, done: int, total: int, text: str = "") -> None:
        """Show how far it is."""
        self._shown.show(done, total, text)


class _Stage:
    """A part of the work that counts for itself, and how fast it is."""

    def __init__(self) -> None:
        self._total, self._first, self._done, self._begun = -1, 0, 0, 0.0

    def is_new(self, done: int, total: int) -> bool:
        """Take the figures; True where they begin anew."""
        begins = total != self._total or done < self._done
        if begins:
            self._total, self._first, self._begun = total, done, time.monotonic()
        self._done = done
        return begins

    @property
    def rate(self) -> str:
        """Steps a second, or seconds a step where it is slow; nothing before the first."""
        steps, seconds = self._done - self._first, time.monotonic() - self._begun
        if steps <= 0 or seconds < 0.5:
            return ""
        if steps >= seconds:
            return tr("{rate:.1f}/s", rate=steps / seconds)
        return tr("{seconds:.1f} s each", seconds=seconds / steps)

    @property
    def far(self) -> str:
        """How many of how many."""
        return f"{self._done}/{self._total}" if self._total else str(self._done)


class _Lines:
    """Plain lines for a log."""

    def __init__(self, title: str) -> None:
        self._title, self._stage, self._last = title, _Stage(), time.monotonic()

    def show(self, done: int, total: int, text: str) -> None:
        self._stage.is_new(done, total)
        if time.monotonic() - self._last < EVERY:
            return
        self._last = time.monotonic()
        parts = (f"{self._title}: {self._stage.far}", self._stage.rate, clean(text))
        sys.stderr.write(f"{', '.join(part for part in parts if part)}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """There is nothing to clean up."""


class _Bar:
    """A bar drawn by a thread of rich, which what is printed meanwhile is set above; it leaves no trace."""

    def __init__(self, title: str) -> None:
        self._title, self._stage = title, _Stage()
        self._drawn: RichProgress | None = None

    def show(self, done: int, total: int, text: str) -> None:
        drawn = self._drawn or self._start()
        if self._stage.is_new(done, total):
            drawn.reset(drawn.task_ids[0], completed=done)
            drawn.tasks[0].total = total or None  # `reset` and `update` take None for "as it was"
        far, rate = self._stage.far, self._stage.rate
        drawn.update(drawn.task_ids[0], completed=done, far=far, rate=rate, at=clean(text))

    def close(self) -> None:
        if self._drawn is not None:
            self._drawn.stop()

    def _start(self) -> RichProgress:
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            ProgressColumn,
            Task,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.table import Column  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        out = console(sys.stderr)
        is_narrow = out.width < _NARROW

        class At(ProgressColumn):
            """What it is at, in the place that is left."""

            def render(self, task: Task) -> Text:
                taken = len(task.description) + (_SHORT_BAR if is_narrow else _BAR) + 8 + 5
                taken += len(task.fields["far"]) + len(task.fields["rate"])
                room = out.width - taken
                return Text(shortened(task.fields["at"], room) if room > 8 else "", style="dim")

        def fixed(field: str) -> TextColumn:
            return TextColumn(f"{{task.{field}}}", markup=False, table_column=Column(no_wrap=True))

        self._drawn = Progress(
            fixed("description"),
            BarColumn(_SHORT_BAR if is_narrow else _BAR),
            fixed("fields[far]"),
            fixed("fields[rate]"),
            TimeRemainingColumn(compact=True),
            At(table_column=Column(no_wrap=True)),
            console=out,
            refresh_per_second=REDRAWN,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # into a pipe it goes as it is
        )
        self._drawn.add_task(self._title, total=None, far="", rate="", at="")
        self._drawn.start()
        return self._drawn
