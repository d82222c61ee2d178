"""Images for the screen: decoded off the GUI thread, neighbours ahead of time, the newest wish first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.image_file import stamp_of
from hitl_desktop.imaging import read_for_screen
from hitl_desktop.pyramid import Pyramid, build, cached, is_huge
from hitl_desktop.service.jobs import lower_priority
from hitl_desktop.translation import tr
from hitl_desktop.ui.images.thumbnails import Thumbnails
from hitl_desktop.ui.widgets.qimages import to_qimage

KEPT_BYTES = 100_000_000
"""Two images of 12 megapixels: the one at hand and the next."""
_KEPT_IMAGES = 24
_KEPT_THUMBNAILS = 2000
_SMALLEST_LEVEL = 700
_FIRST_VIEW = 1000
_DECODED_SMALL = {".jpg", ".jpeg", ".jpe", ".jfif"}
_PREFETCH_AFTER_MS = 30


@dataclass(frozen=True, slots=True)
class Loaded:
    """An image at full size, half, quarter ... or a first, smaller view of it; or the reason why there is
    none.

    A huge image has a small view, and a pyramid as soon as that was built. `stamp` tells the file as it was
    before.
    """

    levels: tuple[QImage, ...]
    size: tuple[int, int]
    problem: str = ""
    pyramid: Pyramid | None = None
    stamp: str | None = None

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return sum(level.sizeInBytes() for level in self.levels)


def load(path: Path, most: int | None = None) -> Loaded:
    """Decode an image at several sizes, or a first view of `most` pixels a side; safe off the GUI thread."""
    stamp = stamp_of(path)
    try:
        size, pixels = read_for_screen(path, smallest=_SMALLEST_LEVEL, most=most)
        levels = tuple(map(to_qimage, pixels))
    except UnreadableImageError as error:
        return Loaded((), error.size or (0, 0), str(error), stamp=stamp)
    except MemoryError:
        problem = tr("The image does not fit in memory. Scale it down or close other programs.")
        return Loaded((), (0, 0), problem, stamp=stamp)
    pyramid = cached(path) if is_huge(size) else None
    return Loaded(levels, size, pyramid=pyramid, stamp=stamp)


@dataclass(frozen=True, slots=True)
class _Build:
    future: Future[Pyramid]
    stop: Event


class ImageLoader(QObject):
    """Decodes the wanted image on two threads, small and whole; its neighbours and thumbnails on one each,
    behind it.

    Signals:
        loaded: (image id, `Loaded`) of an image that was asked for.
        thumbnail_ready: image id.
        failed: (image id, why) of a huge image whose details cannot be shown.
    """

    loaded = Signal(int, object)
    thumbnail_ready = Signal(int)
    failed = Signal(int, str)
    _done = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._first = ThreadPoolExecutor(1, thread_name_prefix="load-first")
        self._first_running: Future[Loaded] | None = None
        self._images = ThreadPoolExecutor(1, thread_name_prefix="load")
        self._next = ThreadPoolExecutor(1, thread_name_prefix="load-next", initializer=lower_priority)
        self._small = ThreadPoolExecutor(1, thread_name_prefix="thumbnail", initializer=lower_priority)
        self._kept: OrderedDict[int, Loaded] = OrderedDict()
        self._running: dict[int, Future[Loaded]] = {}
        self._small_images = Thumbnails()
        self._thumbnails: OrderedDict[int, QImage] = OrderedDict()
        self._small_running: OrderedDict[int, Future[QImage]] = OrderedDict()
        self._wanted: int | None = None
        self._ahead: list[tuple[int, Path]] = []
        self._soon = QTimer(self)  # neighbours are decoded once the wanted image was painted
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PREFETCH_AFTER_MS)
        self._soon.timeout.connect(self._prefetch)
        self._closed = False
        self._pyramids = ThreadPoolExecutor(1, thread_name_prefix="pyramid", initializer=lower_priority)
        self._building: dict[int, _Build] = {}
        self._paths: dict[int, Path] = {}
        self._done.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def want(self, image_id: int, path: Path, neighbours: Sequence[tuple[int, Path]] = ()) -> Loaded | None:
        """Ask for an image; returns it at once when it is there, else `loaded` follows. Neighbours are
        prefetched."""
        arrived, self._wanted = image_id != self._wanted, image_id
        self._paths = {image_id: path, **dict(neighbours)}
        self._drop_others(image_id, {n for n, _ in neighbours} - {image_id})
        found = self._kept.get(image_id)
        if found is not None and arrived and found.stamp != stamp_of(path):
            self.forget(image_id)  # the file was written over since
            found = None
        if arrived:
            self._first_running = None
        if found is not None:
            self._kept.move_to_end(image_id)
            self._build_pyramid(image_id, found)
        else:
            self._start_first_view(image_id, path)
            self._start(self._images, image_id, path)
        self._ahead = list(neighbours)
        self._soon.start()
        return found

    def _drop_others(self, image_id: int, neighbours: set[int]) -> None:
        """Cancel what is neither wanted nor near; what is wanted goes to the front if it has not begun."""
        for other, future in list(self._running.items()):
            if other not in neighbours and future.cancel():
                del self._running[other]
        for other in [i for i in self._building if i != image_id]:
            self._stop_building(other)

    def _start_first_view(self, image_id: int, path: Path) -> None:
        if path.suffix.lower() in _DECODED_SMALL and self._first_running is None and not self._closed:
            self._first_running = first = self._first.submit(load, path, _FIRST_VIEW)
            first.add_done_callback(partial(self._post, partial(self._first_view, image_id)))

    def _start(self, threads: ThreadPoolExecutor, image_id: int, path: Path) -> None:
        if image_id not in self._kept and image_id not in self._running and not self._closed:
            self._running[image_id] = future = threads.submit(load, path)
            future.add_done_callback(partial(self._post, partial(self._loaded, image_id)))

    def _prefetch(self) -> None:
        for image_id, path in self._ahead:
            self._start(self._next, image_id, path)

    def _first_view(self, image_id: int, future: Future[Loaded]) -> None:
        """Pixels enough for the view, while the others are being decoded."""
        if future is self._first_running and image_id not in self._kept and future.result().levels:
            self.loaded.emit(image_id, future.result())

    def is_kept(self, image_id: int) -> bool:
        """Whether an image is there without waiting."""
        return image_id in self._kept

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being decoded, or about to be."""
        return not self._running and not self._small_running and not self._soon.isActive()

    def forget(self, image_id: int) -> None:
        """Read an image anew next time."""
        self._kept.pop(image_id, None)
        self._thumbnails.pop(image_id, None)
        for running in (self._running, self._small_running):  # they may have read the file as it was
            if (future := running.pop(image_id, None)) is not None:
                future.cancel()
        if image_id == self._wanted:
            self._first_running = None
        self._stop_building(image_id)

    def _stop_building(self, image_id: int) -> None:
        if (begun := self._building.pop(image_id, None)) is not None:
            begun.stop.set()
            begun.future.cancel()

    def clear(self) -> None:
        """Forget everything, for another project."""
        self._kept.clear()
        self._thumbnails.clear()
        for future in (*self._running.values(), *self._small_running.values()):
            future.cancel()
        self._running.clear()
        self._small_running.clear()
        for image_id in list(self._building):
            self._stop_building(image_id)
        self._first_running = None
        self._wanted = None
        self._ahead = []

    def thumbnail(self, image_id: int, path: Callable[[], Path | None]) -> QImage | None:
        """A small image when it is there, else None and `thumbnail_ready` follows."""
        if image_id in self._thumbnails:
            return self._thumbnails[image_id]
        place = path()
        if image_id not in self._small_running and place is not None and not self._closed:
            while len(self._small_running) > 60:  # scrolled past long ago
                old, future = next(iter(self._small_running.items()))
                future.cancel()
                del self._small_running[old]
            self._small_running[image_id] = future = self._small.submit(self._small_images.get, place)
            future.add_done_callback(partial(self._post, partial(self._thumbnail_done, image_id)))
        return None

    def close(self) -> None:
        """Stop the threads."""
        self._closed = True
        for image_id in list(self._building):
            self._stop_building(image_id)
        for threads in (self._first, self._images, self._next, self._small, self._pyramids):
            threads.shutdown(wait=True, cancel_futures=True)

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
        image = future.result()
        self._kept[image_id] = image
        if self._wanted in self._kept:
            self._kept.move_to_end(self._wanted)
        while len(self._kept) > 1 and self._keeps_too_much():
            self._kept.popitem(last=False)
        if image_id == self._wanted:
            self._build_pyramid(image_id, image)
            self.loaded.emit(image_id, image)

    def _keeps_too_much(self) -> bool:
        return len(self._kept) > _KEPT_IMAGES or sum(each.bytes for each in self._kept.values()) > KEPT_BYTES

    def _build_pyramid(self, image_id: int, image: Loaded) -> None:
        """Cut the huge image that is on the screen into tiles, once."""
        wanted = image.levels and is_huge(image.size) and image.pyramid is None
        if wanted and image_id not in self._building and not self._closed:
            stop = Event()
            future = self._pyramids.submit(build, self._paths[image_id], lambda: not stop.is_set())
            self._building[image_id] = _Build(future, stop)
            future.add_done_callback(partial(self._post, partial(self._built, image_id, stop)))

    def _built(self, image_id: int, stop: Event, future: Future[Pyramid]) -> None:
        if stop.is_set():
            return
        del self._building[image_id]
        image = self._kept[image_id]  # it is on the screen, and what is on the screen is kept
        if (error := future.exception()) is not None:
            self.failed.emit(image_id, str(error))
        elif (
            future.result().size == image.size
        ):  # else the file was written over in between: the watch says so
            self._kept[image_id] = image = replace(image, pyramid=future.result())
            self.loaded.emit(image_id, image)

    def _thumbnail_done(self, image_id: int, future: Future[QImage]) -> None:
        if self._small_running.get(image_id) is not future or future.cancelled():
            return
        del self._small_running[image_id]
        self._thumbnails[image_id] = future.result()
        while len(self._thumbnails) > _KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)
        self.thumbnail_ready.emit(image_id)
