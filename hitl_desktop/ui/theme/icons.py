"""Icons in the colours of the theme; they are Lucide's (ISC licence, `resources/icons`).

They are pixmaps: Qt clones the engine of an icon, and the process ended where a clone was made in Python.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from hitl_desktop.paths import resources_dir
from hitl_desktop.ui.theme import style

_SIDE = 20
_SCALE: Final = 2.0


@lru_cache(maxsize=500)
def tinted(name: str, colour: str, side: int = _SIDE, scale: float = 2.0) -> QPixmap:
    """An icon in one colour."""
    svg = (resources_dir() / "icons" / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
    pixmap = QPixmap(round(side * scale), round(side * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap


def icon(name: str, side: int = _SIDE) -> QIcon:
    """An icon of the theme that is on: its text colour, dimmed while disabled, the accent's while checked."""
    colours = style.colours()
    made = QIcon()
    for scale in _scales():
        made.addPixmap(tinted(name, colours.text, side, scale))
        made.addPixmap(tinted(name, colours.border, side, scale), QIcon.Mode.Disabled)
        made.addPixmap(tinted(name, colours.accent, side, scale), QIcon.Mode.Normal, QIcon.State.On)
    return made


def _scales() -> tuple[float, ...]:
    """Each pixmap takes memory and time, so those for denser screens are drawn where there is one."""
    densest = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
    return (1.0,) if densest <= 1.0 else (1.0, max(_SCALE, densest))


_setters: list[tuple[weakref.ref[object], Callable[[object], None]]] = []


def keep_icon(owner: object, name: str, side: int = _SIDE) -> None:
    """Give an action or a button an icon that follows the theme."""

    def set_icon(target: object) -> None:
        target.setIcon(icon(name, side))  # type: ignore[attr-defined]

    set_icon(owner)
    _setters[:] = [entry for entry in _setters if entry[0]() is not owner]
    _setters.append((weakref.ref(owner), set_icon))


def _refresh() -> None:
    _setters[:] = [(ref, setter) for ref, setter in _setters if ref() is not None]
    for ref, setter in _setters:
        if (target := ref()) is not None:
            try:
                setter(target)
            except RuntimeError:  # its Qt object is deleted, the Python one not yet
                continue


style.changed.connect(_refresh)
