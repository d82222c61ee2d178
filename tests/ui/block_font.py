"""A font in which every letter is the same block, so that a snapshot is alike on all machines.

Texts keep their places and lengths in it, but neither fonts that are installed nor how they are smoothed matter.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from hitl_desktop.ui.canvas.painting import label_pixmap

FAMILY = "Blocks"
_EM, _ADVANCE, _ASCENT, _DESCENT = 1000, 560, 900, 250
_BLOCK = (60, 0, 500, 600)
"""Left, lower, right and upper edge."""
_FIRST, _LAST, _SPACES = 0x20, 0x2FFF, "\u0020\u00a0"
"""Characters that are blocks, or empty."""


@contextmanager
def block_font(app: QApplication) -> Iterator[None]:
    """Write all texts in blocks."""
    before = app.font()
    number = QFontDatabase.addApplicationFontFromData(_font())
    assert QFontDatabase.applicationFontFamilies(number) == [FAMILY]
    blocks = QFont(before)
    blocks.setFamily(FAMILY)
    blocks.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    app.setFont(blocks)
    label_pixmap.cache_clear()
    yield
    app.setFont(before)
    label_pixmap.cache_clear()
    QFontDatabase.removeApplicationFont(number)


def _font() -> bytes:
    tables = {
        b"OS/2": _os2(), b"cmap": _cmap(), b"glyf": _glyph(),
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, _EM, 0, 0, *_BLOCK, 0, 8, 2, 1, 0),
        b"hhea": struct.pack(">IhhhHhhhhhhQhH", 0x10000, _ASCENT, -_DESCENT, 0, _ADVANCE, 0, 0, 0, 1, 0, 0, 0, 0, 3),
        b"hmtx": struct.pack(">HhHhHh", _ADVANCE, 0, _ADVANCE, _BLOCK[0], _ADVANCE, 0),
        b"loca": struct.pack(">IIII", 0, 0, *[len(_glyph())] * 2),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 3, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _names(),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 1, 0, 0, 0, 0),
    }  # fmt: skip
    head = struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 32)
    offset, entries, body = len(head) + 16 * len(tables), b"", b""
    for tag, table in tables.items():
        entries += tag + struct.pack(">III", 0, offset + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    return head + entries + body


def _glyph() -> bytes:
    left, low, right, high = _BLOCK
    xs, ys = (left, right - left, 0, left - right), (low, 0, high - low, 0)
    outline = struct.pack(">hhhhh", 1, *_BLOCK) + struct.pack(">HH", 3, 0) + bytes([1] * 4)
    return outline + struct.pack(">4h4h", *xs, *ys) + bytes(2)


def _cmap() -> bytes:
    count = _LAST - _FIRST + 1
    ends, starts = struct.pack(">HH", _LAST, 0xFFFF), struct.pack(">HH", _FIRST, 0xFFFF)
    segments = ends + bytes(2) + starts + struct.pack(">hh", 0, 1) + struct.pack(">HH", 4, 0)
    glyphs = b"".join(struct.pack(">H", 2 if chr(_FIRST + n) in _SPACES else 1) for n in range(count))
    length = 14 + len(segments) + len(glyphs)
    table = struct.pack(">HHHHHHH", 4, length, 0, 4, 4, 1, 0) + segments + glyphs
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table


def _names() -> bytes:
    texts = {1: FAMILY, 2: "Regular", 4: FAMILY, 6: FAMILY}
    records, strings = b"", b""
    for number, text in texts.items():
        raw = text.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, number, len(raw), len(strings))
        strings += raw
    return struct.pack(">HHH", 0, len(texts), 6 + len(records)) + records + strings


def _os2() -> bytes:
    return (
        struct.pack(">HhHHH", 3, _ADVANCE, 400, 5, 0) + struct.pack(">11h", *[0] * 11) + bytes(10)
        + struct.pack(">IIII", 1, 0, 0, 0) + b"    " + struct.pack(">HHH", 0x40, _FIRST, _LAST)
        + struct.pack(">hhhHH", _ASCENT, -_DESCENT, 0, _ASCENT, _DESCENT) + struct.pack(">II", 1, 0)
        + struct.pack(">hhHHH", 600, 600, 0, 32, 1)
    )  # fmt: skip
