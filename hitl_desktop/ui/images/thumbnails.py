"""Small images for the queue, kept on the disk so that they are made once."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtGui import QImage

from hitl_desktop import cache
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import read_for_screen
from hitl_desktop.ui.widgets.qimages import to_qimage

SIDE = 96
_ROOM = "thumbnails"
_MOST_BYTES = 100_000_000
"""Some 30,000 of them."""
_TRIM_EVERY = 2000

log = logging.getLogger(__name__)


class Thumbnails:
    """Makes and keeps small images; for one thread beside the GUI thread."""

    def __init__(self) -> None:
        self._made = 0

    def get(self, path: Path) -> QImage:
        """A small image; an empty one for a file that cannot be read."""
        try:
            file = cache.room(_ROOM) / f"{cache.key_of(path)}.jpg"
        except OSError:
            return QImage()
        kept = QImage(str(file))
        if not kept.isNull():
            return kept
        try:
            _, levels = read_for_screen(path, smallest=SIDE, most=SIDE)
        except UnreadableImageError:
            return QImage()
        image = to_qimage(levels[-1])
        self._keep(image, file)
        return image

    def _keep(self, image: QImage, file: Path) -> None:
        part = file.with_suffix(".part")
        try:
            if image.save(str(part), "JPEG", 88):  # type: ignore[call-overload]
                part.replace(file)
            if self._made % _TRIM_EVERY == 0:
                cache.trim(file.parent, _MOST_BYTES)
        except OSError as error:  # it is made anew next time
            log.info("a thumbnail was not kept: %s", error)
        self._made += 1
