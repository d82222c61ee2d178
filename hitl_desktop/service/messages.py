"""Messages to people: short lines in the window."""

from __future__ import annotations

import logging

from hitl_desktop.errors import HitlError, NotYetError
from hitl_desktop.service.events import Event
from hitl_desktop.translation import tr

log = logging.getLogger(__name__)


class Messages:
    """Lines for the people who work with the project; the same warning twice in a row is shown once.

    Attributes:
        info: a line for the status bar.
        warning: a line that stays until it is dismissed.
        refusal: the same about something that cannot be done yet, which is no trouble.
    """

    def __init__(self) -> None:
        self.info = Event[[str]]()
        self.warning, self.refusal = Event[[str]](), Event[[str]]()
        self._last = ""

    def show(self, text: str) -> None:
        """A passing remark."""
        self.info.emit(text)

    def warn(self, text: str) -> None:
        """Something that needs attention; the same one twice shows once."""
        self._tell(text, self.warning)

    def _tell(self, text: str, event: Event[[str]]) -> None:
        if text != self._last:
            self._last = text
            log.warning(text)
            event.emit(text)

    def forget(self) -> None:
        """The last warning was dealt with."""
        self._last = ""

    def error(self, error: BaseException) -> None:
        """An error in words; an unexpected one goes to the log whole."""
        if isinstance(error, HitlError):
            self._tell(str(error), self.refusal if isinstance(error, NotYetError) else self.warning)
        else:
            log.error("unexpected error", exc_info=error)
            self.warn(
                tr(
                    "Something went wrong in the program itself ({name}). What was saved is "
                    "safe; the log (Help menu) has the details.",
                    name=type(error).__name__,
                )
            )
