"""Arrays as Qt has them."""

from __future__ import annotations

from PySide6.QtGui import QImage

from hitl_desktop.imaging import RgbImage


def to_qimage(pixels: RgbImage) -> QImage:
    """The same pixels, not copied: the image keeps the array."""
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    image.pixels = pixels  # type: ignore[attr-defined] # Qt does not own them
    return image
