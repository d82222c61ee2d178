"""What stays as it is while the pointer moves: painted once, and shown until it changes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from hitl_desktop.ui.theme.style import colours

Paint = Callable[[QPainter], None]


class Still:
    """The image with its boxes.

    Of a view that was painted before, the image without boxes is kept, too: an act changes boxes alone. While
    somebody pans it is not, for copying it takes time.
    """

    def __init__(self) -> None:
        self._view: object = None
        self._image: QPixmap | None = None
        self._key: object = None
        self._whole = QPixmap()

    def forget(self) -> None:
        """Other pixels are to be shown."""
        self._view = self._image = self._key = None

    def pixmap(
        self, size: QSize, ratio: float, view: object, boxes: object, image: Paint, over: Paint
    ) -> QPixmap:
        """Image and boxes on a surface of `size` logical pixels.

        `image` paints the one, as long as `view` is the same, `over` the others, as long as `boxes` are.
        """
        view = (view, size, ratio)
        if self._key == (view, boxes):
            return self._whole
        pixmap = self._image if view == self._view else None
        if pixmap is None:
            pixmap = QPixmap(size * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(QColor(colours().canvas))
            _paint(pixmap, image)
            self._image = pixmap if view == self._view else None
            self._view = view
        self._whole = pixmap if self._image is None else QPixmap(self._image)  # painting on it copies it
        _paint(self._whole, over)
        self._key = (view, boxes)
        return self._whole


def _paint(pixmap: QPixmap, what: Paint) -> None:
    painter = QPainter(pixmap)
    what(painter)
    painter.end()
