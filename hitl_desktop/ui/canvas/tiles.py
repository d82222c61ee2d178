"""The pixels of a very large image, where somebody looks: tiles read from the disk off the GUI thread."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter

from hitl_desktop.pyramid import TILE, Pyramid
from hitl_desktop.ui.canvas.viewport import Viewport

_KEPT = 150
"""Tiles in memory, of one megabyte each."""

Place = tuple[int, int, int]
"""Level (0 is the whole image), column, row."""


class Tiles(QObject):
    """The tiles of one image.

    Signals:
        ready: one more can be painted.
    """

    ready = Signal()
    _read = Signal(object)

    def __init__(self, pyramid: Pyramid) -> None:
        super().__init__()
        self._pyramid = pyramid
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="tiles")
        self._kept: OrderedDict[Place, QImage] = OrderedDict()
        self._seen = 0
        self._asked: dict[Place, Future[QImage]] = {}
        self._read.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def close(self) -> None:
        """Read no more."""
        self._asked.clear()
        self._threads.shutdown(wait=True, cancel_futures=True)

    @property
    def is_complete(self) -> bool:
        """Whether nothing that was asked for is still on its way."""
        return not self._asked

    def paint(
        self, painter: QPainter, viewport: Viewport, area: QRectF, wanted: float, coarse: float
    ) -> None:
        """Paint the tiles in view, as far as they are there; nothing where `coarse` pixels an image pixel
        suffice.

        `wanted` is how many pixels of the screen a pixel of the image takes.
        """
        if wanted <= coarse:
            return
        level = self._level(wanted)
        places = list(self._in_view(viewport, area, level))
        self._seen = len(places)
        for place in [p for p in self._asked if p not in places]:
            self._asked.pop(place).cancel()  # scrolled past
        for place in places:
            tile = self._kept.get(place)
            if tile is None:
                self._ask(place)
            else:
                self._kept.move_to_end(place)
                painter.drawImage(self._target(place, tile, viewport), tile, QRectF(tile.rect()))

    def _level(self, wanted: float) -> int:
        width = self._pyramid.size[0]
        sharp = [n for n, level in enumerate(self._pyramid.levels) if level[0] >= 0.99 * wanted * width]
        return sharp[-1] if sharp else 0

    def _scale(self, level: int) -> float:
        return 2.0**-level

    def _in_view(self, viewport: Viewport, area: QRectF, level: int) -> Iterator[Place]:
        scale = self._scale(level)
        left, top = (v * scale / TILE for v in viewport.to_image(area.left(), area.top()))
        right, bottom = (v * scale / TILE for v in viewport.to_image(area.right(), area.bottom()))
        columns, rows = (math.ceil(side / TILE) for side in self._pyramid.levels[level])
        for row in range(max(int(top), 0), min(int(bottom) + 1, rows)):
            for column in range(max(int(left), 0), min(int(right) + 1, columns)):
                yield level, column, row

    def _target(self, place: Place, tile: QImage, viewport: Viewport) -> QRectF:
        level, column, row = place
        scale = self._scale(level)
        x, y = viewport.to_view(column * TILE / scale, row * TILE / scale)
        ratio = viewport.scale / scale
        return QRectF(x, y, tile.width() * ratio, tile.height() * ratio)

    def _ask(self, place: Place) -> None:
        if place not in self._asked:
            file = str(self._pyramid.tile(*place))
            self._asked[place] = future = self._threads.submit(QImage, file)
            future.add_done_callback(lambda done: self._read.emit(partial(self._keep, place, done)))

    def _take(self, keep: partial[None]) -> None:
        keep()

    def _keep(self, place: Place, done: Future[QImage]) -> None:
        if self._asked.get(place) is not done or done.cancelled():
            return
        del self._asked[place]
        self._kept[place] = done.result()
        while len(self._kept) > max(_KEPT, 2 * self._seen):
            self._kept.popitem(last=False)
        self.ready.emit()
