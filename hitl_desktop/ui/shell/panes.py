"""`F6` goes from one part of the window to the next, wherever the keyboard is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget


class Panes:
    """The parts of the window in the order of `F6`: what each is, and what in it gets the keyboard."""

    def __init__(
        self, panes: Sequence[tuple[QWidget, QWidget]], notices: Callable[[], list[QWidget]]
    ) -> None:
        self._panes, self._notices = panes, notices

    def go(self, step: int) -> None:
        """Give the keyboard to the next part that is shown; notices that can be answered are parts, too."""
        shown = [(pane, target) for pane, target in self._panes if target.isVisible()]
        shown += [
            (notice, button) for notice in self._notices() if (button := _button_of(notice)) is not None
        ]
        if not shown:
            return
        now = QApplication.focusWidget()
        here = next((n for n, (pane, _) in enumerate(shown) if now is pane or _is_in(pane, now)), None)
        place = (here + step) % len(shown) if here is not None else 0
        shown[place][1].setFocus(Qt.FocusReason.ShortcutFocusReason)


def _is_in(pane: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and pane.isAncestorOf(widget)


def _button_of(notice: QWidget) -> QWidget | None:
    """What can be pressed in a notice that is shown, or what has the keyboard there."""
    if not notice.isVisible():
        return None
    if notice.focusProxy() is not None:
        return notice.focusProxy()
    return next((b for b in notice.findChildren(QAbstractButton) if b.isVisible() and b.isEnabled()), None)
