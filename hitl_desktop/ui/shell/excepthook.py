"""What no code expected: to the log whole, to the person in one line, never a traceback on the screen."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from types import TracebackType

from hitl_desktop.paths import log_file
from hitl_desktop.service.messages import Messages

_MOST_BYTES, _OLD_LOGS = 1_000_000, 2


def start_log() -> None:
    """Write warnings and worse to the log file; of a long one the latest parts are kept."""
    handler = RotatingFileHandler(log_file(), maxBytes=_MOST_BYTES, backupCount=_OLD_LOGS, encoding="utf-8")
    logging.basicConfig(
        handlers=[handler], level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


def install(messages: Messages) -> None:
    """Send uncaught exceptions of the GUI thread to the log and to `messages`."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        messages.error(error.with_traceback(trace))

    sys.excepthook = hook
