"""The only decoder: canvas, thumbnails, detector and encoder all see the same upright image.

Pillow decodes what has up to eight bits a channel, libvips what is deeper or has other channels (TIFF, PNG),
large JPEGs, and, by way of `pyramid`, what is too large to be held whole.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hitl_desktop import pyramid
from hitl_desktop.image_file import check_regular, explained
from hitl_desktop.imaging.opened_image import OpenedImage
from hitl_desktop.imaging.opening import with_image
from hitl_desktop.imaging.pillow_image import PillowImage
from hitl_desktop.imaging.pixels import RgbImage, halved

MAX_PIXELS = 300_000_000
"""Larger ones are not decoded whole: they would not fit in memory as one array with their copies."""

MOST_STREAMED = 2_000_000_000
"""Larger ones are refused from their header: some files of kilobytes claim billions."""

_FOR_MODELS = 4096
_FINER = 3
"""An image is read at a half or quarter where that still has so many times the pixels of a network's input."""


class Inspection(NamedTuple):
    """Upright width and height of a readable image, and the remark to show about its file.

    `perceptual_hash` is its `perceptual_hash`, where that costs next to nothing; else None.
    """

    size: tuple[int, int]
    remark: str | None
    perceptual_hash: int | None = None


def inspect(path: Path) -> Inspection:
    """Decode an image to its end, at a fraction of the cost where possible.

    Raises:
        UnreadableImageError: it cannot be decoded; a header alone proves nothing.
    """

    def check(image: OpenedImage) -> Inspection:
        seen = None
        if pyramid.is_huge(image.size):
            pyramid.verify(path)
        else:
            seen = image.check()
        return Inspection(
            image.upright_size(), image.remark(), None if seen is None else perceptual_hash(seen)
        )

    return with_image(path, check, MOST_STREAMED)


def verify(path: Path) -> tuple[int, int]:
    """Upright width and height of an image that was decoded to its end.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    return inspect(path).size


def read_header(path: Path) -> tuple[tuple[int, int], int]:
    """Upright width and height as the header says, and the orientation (EXIF, 1 to 8) by which pixels are
    turned.

    Raises:
        UnreadableImageError: there is no header that can be read.
    """

    def read(image: OpenedImage) -> tuple[tuple[int, int], int]:
        if isinstance(image, PillowImage) and image.image.format == "PNG" and not pyramid.is_huge(image.size):
            image.image.load()  # its orientation may follow the pixels
        return image.upright_size(), image.turned_by()

    return with_image(path, read, MOST_STREAMED)


def is_of_size(path: Path, size: tuple[int, int]) -> bool:
    """Whether an image's upright size is this, by its header alone; a PNG, turned or not, may also be turned
    by 90.

    Raises:
        UnreadableImageError: there is no header that can be read.
    """

    def read(image: OpenedImage) -> bool:
        if (
            isinstance(image, PillowImage) and image.image.format == "PNG"
        ):  # its orientation may follow the pixels
            return sorted(image.size) == sorted(size)
        return image.upright_size() == size

    return with_image(path, read, MOST_STREAMED)


def read_upright(path: Path) -> RgbImage:
    """The whole image.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    return with_image(path, lambda image: image.pixels(), MAX_PIXELS)


def read_for_models(
    path: Path, side: int | None = None, *, is_stretched: bool = False
) -> tuple[tuple[int, int], RgbImage]:
    """The upright size, and the whole image, or of a huge one a view of some 4,000 pixels a side.

    For a network whose input has a longer `side` of so many pixels, a large image is read at a half, a quarter or an
    eighth: of a JPEG of 12 megapixels at a half, that takes a quarter of the memory and half of the time. Where images
    are stretched to a square, their shorter side counts.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """

    def read(image: OpenedImage) -> tuple[tuple[int, int], RgbImage]:
        if pyramid.is_huge(image.size):
            return image.upright_size(), pyramid.small_view(path, _FOR_MODELS)
        longest = max(image.size)
        counts = min(image.size) if is_stretched else longest
        for fraction in (8, 4, 2):
            if side is not None and counts >= fraction * _FINER * side:
                pixels = image.reduced(-(-longest // fraction))
                return image.upright_size(), pixels
        pixels = image.pixels()
        return (pixels.shape[1], pixels.shape[0]), pixels

    return with_image(path, read, MOST_STREAMED)


def read_reduced(path: Path, side: int) -> RgbImage:
    """The image scaled down to at most `side` pixels a side; JPEGs are decoded at a fraction of their cost.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    return with_image(path, lambda image: image.reduced(side), MAX_PIXELS)


def read_for_screen(
    path: Path, *, smallest: int, most: int | None = None
) -> tuple[tuple[int, int], list[RgbImage]]:
    """The upright size, and the image as a screen has it: whole, half, a quarter ... while above `smallest`
    pixels.

    With `most`, only one image of about so many pixels a side, from what little of a JPEG that takes. A huge
    image (`pyramid.is_huge`) gives one image of some 2,000 pixels a side.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """

    def read(image: OpenedImage) -> tuple[tuple[int, int], list[RgbImage]]:
        if pyramid.is_huge(image.size):
            view = pyramid.small_view(path, min(most or pyramid.OVERVIEW, pyramid.OVERVIEW))
            return image.upright_size(), [view]
        reduced = most is not None and max(image.size) > most
        levels = [image.reduced(most) if most is not None and reduced else image.pixels()]
        while most is None and max(levels[-1].shape) > 2 * smallest:
            levels.append(halved(levels[-1]))
        return image.upright_size(), [np.ascontiguousarray(level) for level in levels]

    return with_image(path, read, MOST_STREAMED)


def perceptual_hash(pixels: RgbImage) -> int:
    """A perceptual hash of an image in 64 bits (signed): whether each of 8 x 8 places is darker than the
    one to its right.

    Nearly the same images differ in few of them (difference hash).
    """
    import cv2  # noqa: PLC0415 - heavy

    small = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    bits = np.asarray(small[:, :-1] < small[:, 1:], np.uint8)
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)


def content_hash(path: Path) -> str:
    """A hash of the file's bytes.

    Raises:
        UnreadableImageError: the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    with explained(path):
        check_regular(path)
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()
