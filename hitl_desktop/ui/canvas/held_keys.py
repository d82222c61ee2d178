"""Keys that act while they are held, wherever the keyboard's layout has them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence

from hitl_desktop.ui.canvas.physical_keys import us_key

_REPEATS_WITHIN_MS = 8
_DEFAULT = {"pan_held": ("Space",), "hide_boxes": ("H",)}


class HeldKeys:
    """`keys_of` gives the keys of an action that goes on while one of them is held."""

    def __init__(self) -> None:
        self.keys_of: Callable[[str], tuple[str, ...]] = _DEFAULT.__getitem__
        self._released = (0, 0)

    def note_release(self, event: QKeyEvent) -> None:
        """A key was let go, perhaps by the keyboard's own repetition."""
        self._released = (event.key(), event.timestamp())

    def is_repeating(self, event: QKeyEvent) -> bool:
        """Whether a key repeats by itself: X11 lets it go and presses it at once, and Qt does not always
        notice."""
        key, when = self._released
        return event.key() == key and when > 0 and event.timestamp() - when < _REPEATS_WITHIN_MS

    def is_key_of(self, action_id: str, event: QKeyEvent) -> bool:
        """Whether a key is pressed or let go that is one of an action's, with the modifiers it is pressed
        with."""
        pressed = event.type() == QEvent.Type.KeyPress
        texts = [QKeySequence(event.keyCombination() if pressed else event.key()).toString()]
        if place := us_key(event):  # where the layout has no Latin letter on a key, its place counts
            held = QKeySequence(event.modifiers().value).toString() if pressed else ""
            texts.append(f"{held}{place}")
        keys = self.keys_of(action_id)
        return any(text == key if pressed else key.endswith(text) for key in keys for text in texts if text)
