"""A command on a terminal of its own, of any width."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

ESCAPES = r"\x1b\[[0-9;?]*[A-Za-z]"


def on_terminal(
    *arguments: str, width: int = 100, cwd: Path | None = None, **environment: str
) -> tuple[int, str]:
    """Exit code and output, standard error with it, of Python with these arguments."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    started = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, close_fds=True, start_new_session=True,
        env={**without_colours(), "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while chunk := _read(ours):
        said += chunk
    os.close(ours)
    return started.wait(), said.decode().replace("\r\n", "\n")


def without_colours() -> dict[str, str]:
    """The environment without what this terminal is told about colours."""
    own = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "COLORTERM"}
    return {name: value for name, value in os.environ.items() if name not in own} | {"PYTHONUTF8": "1"}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""
