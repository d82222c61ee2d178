"""Arrays of pixels: turned upright, and scaled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]
"""[height, width, 3] upright red, green, blue."""

_SIDEWAYS = 5
"""From this orientation on, width and height change places."""


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height after turning by an orientation (EXIF, 1 to 8)."""
    return (size[1], size[0]) if orientation >= _SIDEWAYS else size


def turned_array(pixels: RgbImage, orientation: int) -> RgbImage:
    """Pixels turned upright by an orientation (EXIF, 1 to 8)."""
    if orientation >= _SIDEWAYS:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def resized(pixels: RgbImage, size: tuple[int, int]) -> RgbImage:
    """Pixels scaled down to a width and height, each the mean of those that it covers."""
    import cv2  # noqa: PLC0415 - heavy

    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def halved(pixels: RgbImage) -> RgbImage:
    """Half the width and height, rounded up."""
    half = (-(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2))
    return resized(pixels, half)


def shrunk(pixels: RgbImage, side: int) -> RgbImage:
    """Scaled down to at most `side` pixels a side."""
    height, width = pixels.shape[:2]
    shrink = side / max(width, height)
    return (
        resized(pixels, (max(round(width * shrink), 1), max(round(height * shrink), 1)))
        if shrink < 1
        else pixels
    )
