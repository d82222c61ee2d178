"""For screen readers: sentences at the moment when something happened, and names that Qt would lose."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QComboBox, QWidget

from hitl_desktop.translation import tr

_WIDEST = 360
_said_now: set[str] = set()


def announce(source: QWidget, text: str, *, urgent: bool = False) -> None:
    """Let assistive technology say a text; without any this costs nothing.

    The same text twice at one moment is said once: a notice and the act behind it may both want to.
    """
    if not text or not QAccessible.isActive() or text in _said_now:
        return
    _said_now.add(text)
    QTimer.singleShot(0, _said_now.clear)
    event = QAccessibleAnnouncementEvent(source, text)
    if urgent:
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(event)


def name_choice(box: QComboBox, name: str) -> None:
    """Name a combo box; AT-SPI takes what is chosen for its name, and hands this on as the description."""
    box.setAccessibleName(name)
    box.setAccessibleDescription(name)
    box.setMaximumWidth(_WIDEST)
    show = partial(_show_whole, box, name)  # a box is often narrower than what was chosen
    box.currentTextChanged.connect(show)
    show(box.currentText())


def _show_whole(box: QComboBox, name: str, text: str) -> None:
    box.setToolTip(tr("{name}: {choice}", name=name, choice=text) if text else name)
