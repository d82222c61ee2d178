"""The pixels of an image on a canvas: levels of smaller copies, tiles of a huge one, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from hitl_desktop.pyramid import Pyramid
from hitl_desktop.ui.canvas.camera import Camera
from hitl_desktop.ui.canvas.display import Display, adjust
from hitl_desktop.ui.canvas.tiles import Tiles


class Pixels:
    """What is painted of an image; `on_tile` is called when more of it is ready."""

    def __init__(self, on_tile: Callable[[], None]) -> None:
        self._on_tile = on_tile
        self.levels: list[QImage] = []
        self._tiles: Tiles | None = None

    def use(self, levels: Sequence[QImage], pyramid: Pyramid | None) -> None:
        """Show these levels, from the largest to the smallest, with the tiles of a pyramid over them."""
        self.levels = list(levels)
        if self._tiles is not None:
            self._tiles.close()
        self._tiles = Tiles(pyramid) if pyramid is not None else None
        if self._tiles is not None:
            self._tiles.ready.connect(self._on_tile)

    def is_sharp(self, size: tuple[int, int]) -> bool:
        """Whether these are the pixels of the image of this size, not of a reduced one."""
        if self._tiles is not None:
            return self._tiles.is_complete
        return bool(self.levels) and (self.levels[0].width(), self.levels[0].height()) == size

    def paint(self, painter: QPainter, camera: Camera, size: QSize, ratio: float, display: Display) -> None:
        """Paint the part in view on a surface of `size` logical pixels, with the display's brightness ..."""
        if display.is_plain:
            self._paint(painter, camera, ratio)
            return
        image = QImage(size * ratio, QImage.Format.Format_ARGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)  # what lies around the image is not adjusted
        inner = QPainter(image)
        self._paint(inner, camera, ratio)
        inner.end()
        adjust(image, display)
        painter.drawImage(0, 0, image)

    def _paint(self, painter: QPainter, camera: Camera, ratio: float) -> None:
        """The smallest level that is still sharp, only the part in view; nearest pixels from 200 % up."""
        viewport, (width, height) = camera.viewport, camera.image
        wanted = viewport.scale * ratio
        enough = [level for level in self.levels if level.width() >= wanted * width]
        image = enough[-1] if enough else self.levels[0]
        left_top, right_bottom = viewport.to_image(0, 0), viewport.to_image(*camera.view)
        part = QRectF(QPointF(*left_top), QPointF(*right_bottom)).intersected(QRectF(0, 0, width, height))
        if part.isEmpty():
            return
        x, y = viewport.to_view(part.x(), part.y())
        target = QRectF(x, y, part.width() * viewport.scale, part.height() * viewport.scale)
        sx, sy = image.width() / width, image.height() / height
        source = QRectF(part.x() * sx, part.y() * sy, part.width() * sx, part.height() * sy)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, wanted < 2.0)
        painter.drawImage(target, image, source)
        if self._tiles is not None:
            self._tiles.paint(painter, viewport, camera.area, wanted, sx)
