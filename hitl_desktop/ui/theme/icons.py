"""Icons in the colours of the theme; they are Lucide's (ISC licence, `resources/icons`)."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from hitl_desktop.paths import resources_dir
from hitl_desktop.ui.theme import style

_SIDE = 20


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


class _Engine(QIconEngine):
    """Draws an icon when it is shown, in the colours of the theme that is on then."""

    def __init__(self, name: str, side: int) -> None:
        super().__init__()
        self._name, self._side = name, side

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._side)

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:  # noqa: ARG002
        return size.boundedTo(QSize(self._side, self._side))

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        scale = painter.device().devicePixelRatio()
        pixmap = self._pixmap(rect.size(), mode, state, scale)
        half = QPoint(pixmap.width(), pixmap.height()) / (2 * scale)
        painter.drawPixmap(rect.center() - half, pixmap)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self._pixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        return self._pixmap(size / scale, mode, state, scale)

    def _pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        side = min(size.width(), size.height(), self._side)
        return tinted(self._name, _colour(mode, state), side, scale)


def _colour(mode: QIcon.Mode, state: QIcon.State) -> str:
    colours = style.colours()
    if mode == QIcon.Mode.Disabled:
        return colours.border
    return colours.accent if state == QIcon.State.On else colours.text


def icon(name: str, side: int = _SIDE) -> QIcon:
    """An icon of the theme that is on: its text colour, dimmed while disabled, the accent's while checked."""
    return QIcon(_Engine(name, side))
