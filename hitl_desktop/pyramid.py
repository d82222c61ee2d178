"""Images too large to hold in memory: a small view of them, and tiles of every size on the disk.

Decoded by libvips, which streams: an image of 500 megapixels takes it tens of megabytes, not gigabytes.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hitl_desktop import cache, libvips
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    import pyvips

MOST_WHOLE_PIXELS = 64_000_000
LONGEST_WHOLE_SIDE = 32_000
"""Beyond either an image is not decoded whole: Qt paints up to 32,767 pixels a side."""

TILE = 512
OVERVIEW = 2048
_MOST_BYTES = 10_000_000_000
_KEPT_ON_DISK = "pyramids"
_INFO = "pyramid.json"


def is_huge(size: tuple[int, int]) -> bool:
    """Whether an image of this size is shown by tiles."""
    return size[0] * size[1] > MOST_WHOLE_PIXELS or max(size) > LONGEST_WHOLE_SIDE


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The tiles of an image: `levels` are its sizes, the whole one first, each half of the one before."""

    folder: Path
    size: tuple[int, int]
    levels: tuple[tuple[int, int], ...]

    @property
    def overview(self) -> Path:
        """A view of some 2,000 pixels a side."""
        return self.folder / "overview.jpg"

    def tile(self, level: int, column: int, row: int) -> Path:
        """The file of a tile of 512 x 512 pixels, fewer at the right and lower border."""
        return self.folder / "tiles_files" / str(len(self.levels) - 1 - level) / f"{column}_{row}.jpg"


def cached(path: Path) -> Pyramid | None:
    """The pyramid of an image as it is now, if it was built."""
    try:
        folder = cache.room(_KEPT_ON_DISK) / cache.key_of(path)
        info = json.loads((folder / _INFO).read_text(encoding="utf-8"))
        os.utime(folder)  # used a moment ago
    except (OSError, ValueError):
        return None
    width, height = info["size"]
    return Pyramid(folder, (width, height), tuple((w, h) for w, h in info["levels"]))


def build(path: Path, keep_on: Callable[[], bool] = lambda: True) -> Pyramid:
    """Build the pyramid of an image: some ten seconds for 500 megapixels. `keep_on` is asked now and then.

    Raises:
        UnreadableImageError: it cannot be decoded, there is no room, or it was told to stop.
    """
    vips = libvips.library()
    try:
        folder = cache.room(_KEPT_ON_DISK)
        place = folder / cache.key_of(path)
        cache.trim(folder, _MOST_BYTES)
    except OSError as error:
        raise UnreadableImageError(tr("The image cannot be prepared."), hint=str(error)) from error
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        image = libvips.upright(path)
        _stoppable(image, keep_on)
        image.dzsave(
            str(part / "tiles"), layout="dz", tile_size=TILE, overlap=0, depth="onetile", suffix=".jpg[Q=92]"
        )  # fmt: skip
        size = (image.width, image.height)
        _overview(vips, part, size)
        info = {"size": size, "levels": _levels(size)}
        (part / _INFO).write_text(json.dumps(info), encoding="utf-8")
        shutil.rmtree(place, ignore_errors=True)
        part.rename(place)
    except Exception as error:
        raise _explained(error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Pyramid(place, size, _levels(size))


def _levels(size: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Sizes from the whole image to one tile, as the deep-zoom layout has them."""
    levels = [size]
    while max(levels[-1]) > TILE:
        levels.append((math.ceil(levels[-1][0] / 2), math.ceil(levels[-1][1] / 2)))
    return tuple(levels)


def _overview(vips: Any, part: Path, size: tuple[int, int]) -> None:
    """Put the overview together from the tiles of the level that is large enough."""
    levels = _levels(size)
    fitting = [n for n, level in enumerate(levels) if max(level) >= OVERVIEW]
    number = fitting[-1] if fitting else 0
    pyramid = Pyramid(part, size, levels)
    columns, rows = (math.ceil(side / TILE) for side in levels[number])
    tiles = [
        vips.Image.new_from_file(str(pyramid.tile(number, c, r))) for r in range(rows) for c in range(columns)
    ]
    joined = vips.Image.arrayjoin(tiles, across=columns, hspacing=TILE, vspacing=TILE)
    joined = joined.crop(0, 0, *levels[number])
    joined.thumbnail_image(OVERVIEW, height=OVERVIEW, size="down").jpegsave(str(part / "overview.jpg"), Q=92)


def small_view(path: Path, side: int) -> NDArray[np.uint8]:
    """An upright view [h, w, 3] of at most `side` pixels a side: from the pyramid if there is one, else
    streamed.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    known = cached(path)
    try:
        return libvips.view(known.overview if known is not None and side <= OVERVIEW else path, side)
    except Exception as error:
        raise _explained(error) from error


def verify(path: Path) -> None:
    """Decode an image to its end.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    if cached(path) is None:
        small_view(path, 64)


def _stoppable(image: pyvips.Image, keep_on: Callable[[], bool]) -> None:
    def on_progress(running: Any, _progress: Any) -> None:
        if not keep_on():
            running.set_kill(True)

    image.set_progress(True)
    image.signal_connect("eval", on_progress)


def _explained(error: Exception) -> UnreadableImageError:
    if isinstance(error, UnreadableImageError):
        return error
    reason = str(error).strip().splitlines()
    return UnreadableImageError(
        tr(
            "The image is too large to be held whole and cannot be read in parts ({reason}).",
            reason=reason[-1] if reason else "no reason",
        ),
        hint=tr("Save it anew as TIFF, PNG or JPEG, and see that the disk has room."),
    )
