"""All panels at once: put away for the image alone, and brought back as they were."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDockWidget

_MAIN = 2


class Panels:
    """The docks of the window."""

    def __init__(self, docks: Sequence[QDockWidget]) -> None:
        self._docks = docks
        self._put_away: list[QDockWidget] = []

    def toggle(self) -> None:
        """Give the image all of the window but the bars, or bring the panels back that were there."""
        shown = [dock for dock in self._docks if dock.isVisible()]
        if shown:
            self._put_away = [dock for dock in self._docks if dock in self._put_away or dock in shown]
        for dock in self._put_away or self._docks[:_MAIN]:  # all may have been closed one by one
            dock.setVisible(not shown)
        if not shown:
            self._put_away = []
