"""Pictures for the screen: decoded off the GUI thread, neighbours ahead of time, the newest wish first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import RgbImage, read_reduced, read_upright
from hitl_desktop.ui.jobs import lower_priority

KEPT_BYTES = 300_000_000
THUMBNAIL_SIDE = 96
_KEPT_THUMBNAILS = 2000
_SMALLEST_LEVEL = 700


@dataclass(frozen=True, slots=True)
class Loaded:
    """A picture at full size, half, quarter ..., or the reason why there is none."""

    levels: tuple[QImage, ...]
    size: tuple[int, int]
    problem: str = ""

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return sum(level.sizeInBytes() for level in self.levels)


def load(path: Path) -> Loaded:
    """Decode a picture and halve it until it is small; safe off the GUI thread."""
    try:
        pixels = read_upright(path)
        levels = [to_qimage(pixels)]
    except UnreadableImageError as error:
        return Loaded((), error.size or (0, 0), str(error))
    except MemoryError:
        return Loaded((), (0, 0), "The picture does not fit in memory. Scale it down or close other programs.")
    while max(levels[-1].width(), levels[-1].height()) > 2 * _SMALLEST_LEVEL:
        half = QSize(max(levels[-1].width() // 2, 1), max(levels[-1].height() // 2, 1))
        mode = Qt.TransformationMode.SmoothTransformation
        levels.append(levels[-1].scaled(half, Qt.AspectRatioMode.IgnoreAspectRatio, mode))
    return Loaded(tuple(levels), (pixels.shape[1], pixels.shape[0]))


def to_qimage(pixels: RgbImage) -> QImage:
    """The same pixels as Qt paints them fastest, in memory of their own."""
    height, width = pixels.shape[:2]
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)


class ImageLoader(QObject):
    """Decodes on two threads, the wanted picture before its neighbours; thumbnails on a third.

    Signals:
        loaded: (image id, `Loaded`) of a picture that was asked for.
        thumbnail_ready: image id.
    """

    loaded = Signal(int, object)
    thumbnail_ready = Signal(int)
    _done = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._pictures = ThreadPoolExecutor(2, thread_name_prefix="load")
        self._small = ThreadPoolExecutor(1, thread_name_prefix="thumbnail", initializer=lower_priority)
        self._kept: OrderedDict[int, Loaded] = OrderedDict()
        self._running: dict[int, Future[Loaded]] = {}
        self._thumbnails: OrderedDict[int, QImage] = OrderedDict()
        self._small_running: OrderedDict[int, Future[QImage]] = OrderedDict()
        self._wanted: int | None = None
        self._closed = False
        self._done.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def want(self, image_id: int, path: Path, neighbours: Sequence[tuple[int, Path]] = ()) -> Loaded | None:
        """Ask for a picture; returns it at once when it is there, else `loaded` follows. Neighbours are prefetched."""
        self._wanted = image_id
        keep = {image_id, *(n for n, _ in neighbours)}
        for other, future in list(self._running.items()):
            if other not in keep and future.cancel():
                del self._running[other]
        found = self._kept.get(image_id)
        if found is not None:
            self._kept.move_to_end(image_id)
        for other, place in ((image_id, path), *neighbours):
            if other not in self._kept and other not in self._running and not self._closed:
                self._running[other] = future = self._pictures.submit(load, place)
                future.add_done_callback(partial(self._post, partial(self._loaded, other)))
        return found

    def forget(self, image_id: int) -> None:
        """Read a picture anew next time."""
        self._kept.pop(image_id, None)
        self._thumbnails.pop(image_id, None)

    def clear(self) -> None:
        """Forget everything, for another project."""
        self._kept.clear()
        self._thumbnails.clear()
        for future in (*self._running.values(), *self._small_running.values()):
            future.cancel()
        self._running.clear()
        self._small_running.clear()
        self._wanted = None

    def thumbnail(self, image_id: int, path: Callable[[], Path | None]) -> QImage | None:
        """A small picture when it is there, else None and `thumbnail_ready` follows."""
        if image_id in self._thumbnails:
            return self._thumbnails[image_id]
        place = path()
        if image_id not in self._small_running and place is not None and not self._closed:
            while len(self._small_running) > 60:  # scrolled past long ago
                old, future = next(iter(self._small_running.items()))
                future.cancel()
                del self._small_running[old]
            self._small_running[image_id] = future = self._small.submit(_thumbnail, place)
            future.add_done_callback(partial(self._post, partial(self._thumbnail_done, image_id)))
        return None

    def close(self) -> None:
        """Stop the threads."""
        self._closed = True
        self._pictures.shutdown(wait=True, cancel_futures=True)
        self._small.shutdown(wait=True, cancel_futures=True)

    def _post(self, callback: Callable[[Future[Any]], None], future: Future[Any]) -> None:
        if not self._closed:
            self._done.emit(partial(callback, future))

    def _call(self, callback: Callable[[], None]) -> None:
        if not self._closed:
            callback()

    def _loaded(self, image_id: int, future: Future[Loaded]) -> None:
        if self._running.get(image_id) is not future or future.cancelled():
            return
        del self._running[image_id]
        picture = future.result()
        self._kept[image_id] = picture
        while len(self._kept) > 1 and sum(p.bytes for p in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)
        if image_id == self._wanted:
            self.loaded.emit(image_id, picture)

    def _thumbnail_done(self, image_id: int, future: Future[QImage]) -> None:
        if self._small_running.get(image_id) is not future or future.cancelled():
            return
        del self._small_running[image_id]
        self._thumbnails[image_id] = future.result()
        while len(self._thumbnails) > _KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)
        self.thumbnail_ready.emit(image_id)


def _thumbnail(path: Path) -> QImage:
    """A small picture; an empty one for a file that cannot be read."""
    try:
        return to_qimage(read_reduced(path, THUMBNAIL_SIDE))
    except UnreadableImageError:
        return QImage()
