"""The arrows of fields as files, for a style sheet takes pictures from files alone."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from hitl_desktop.paths import cache_dir, resources_dir

log = logging.getLogger(__name__)

_SIDE = 12
_SCALE = 2
NAMES = ("chevron-up", "chevron-down")


def arrow_file(name: str, colour: str) -> Path | None:
    """An arrow in a colour, made when it is not there yet; None where it cannot be written."""
    file = cache_dir() / "arrows" / f"{name}-{colour.lstrip('#')}.png"
    if not file.exists():
        svg = (resources_dir() / "icons" / f"{name}.svg").read_text("utf-8").replace("currentColor", colour)
        pixmap = QPixmap(_SIDE * _SCALE, _SIDE * _SCALE)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(pixmap.rect()))
        painter.end()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.info("no arrows: %s", error)
            return None
        if not pixmap.save(str(file)):
            return None
    return file
