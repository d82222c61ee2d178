"""Which key of the keyboard was pressed, whatever letter its layout has on it."""

from __future__ import annotations

import sys

from PySide6.QtGui import QKeyEvent

_ROWS = {16: "QWERTYUIOP", 30: "ASDFGHJKL", 44: "ZXCVBNM", 2: "1234567890"}
_CODES = {first + n: key for first, keys in _ROWS.items() for n, key in enumerate(keys)} | {57: "Space"}
"""Scan codes of the IBM PC (set 1), as Windows reports them; X11 and Wayland add 8 (Linux:
input-event-codes.h)."""
_X11_OFFSET = 8
_MAC: dict[int, str] = dict(
    zip(
        (12, 13, 14, 15, 17, 16, 32, 34, 31, 35, 0, 1, 2, 3, 5, 4, 38, 40, 37, 6, 7, 8, 9, 11, 45, 46, 49),
        [*"QWERTYUIOP", *"ASDFGHJKL", *"ZXCVBNM", "Space"],
        strict=True,
    )
)
"""Virtual key codes of macOS (HIToolbox/Events.h, kVK_ANSI_...)."""
_LATIN_UP_TO = 0x7F


def us_key(event: QKeyEvent) -> str:
    """What a keyboard of the United States has on the key, if the layout in use has no Latin letter there."""
    if 0 < event.key() <= _LATIN_UP_TO:
        return ""
    if sys.platform == "darwin":
        return _MAC.get(event.nativeVirtualKey(), "")
    offset = 0 if sys.platform == "win32" else _X11_OFFSET
    return _CODES.get(event.nativeScanCode() - offset, "")
