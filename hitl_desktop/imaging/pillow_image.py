"""Images with up to eight bits a channel, decoded by Pillow; libvips does what that cannot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from hitl_desktop import libvips, pyramid, stretch
from hitl_desktop.imaging.opened_image import Repaired, pages_remark
from hitl_desktop.imaging.pixels import RgbImage, turned_array, upright_size

_SMALL = 64
_SHOWN_AS_THEY_ARE = {"L", "RGB"}
"""Modes of Pillow whose pixels are neither stretched nor laid on white to be shown."""
_LARGE = 2_000_000
_ORIENTATION = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_TURNED_BY_DECODER = {"TIFF", "HEIF", "JXL"}
_PAGES = {"TIFF": "page", "HEIF": "image", "MPO": "image"}


@dataclass(frozen=True, slots=True)
class PillowImage:
    """An image that Pillow opened."""

    path: Path
    image: Image.Image
    size: tuple[int, int]
    repaired: Repaired | None
    no_data: float | None

    def upright_size(self) -> tuple[int, int]:
        """Width and height as shown."""
        return upright_size(self.size, self.turned_by())

    def check(self) -> RgbImage | None:
        """Decode it to its end; a small view of it, where that costs next to nothing."""
        self.image.draft("RGB", (1, 1))
        is_deep = _is_deep_colour(self.image)  # decoding forgets it
        self.image.load()
        if is_deep:
            return None
        if self.image.mode not in _SHOWN_AS_THEY_ARE:
            return np.asarray(self._upright())
        small = self.image.reduce(max(min(self.image.size) // _SMALL, 1))
        return np.asarray(_turned(small, self.turned_by()).convert("RGB"))

    def pixels(self) -> RgbImage:
        """The whole image, upright."""
        # Copying a large one out of Pillow takes as long as decoding it, 50 ms for 12 megapixels with the
        # interpreter held; libvips decodes the same pixels into an array at once.
        is_large = self.size[0] * self.size[1] > _LARGE and self.repaired is None
        if is_large and self.image.format == "JPEG" and self.image.mode == "RGB":
            pixels = self._decoded_at_once()
            if pixels is not None:
                return pixels
        return np.asarray(self._upright())

    def _decoded_at_once(self) -> RgbImage | None:
        try:
            pixels = libvips.decode(self.path)
        except libvips.library().Error:
            return None  # Pillow tells what is wrong with it
        return None if pixels is None else turned_array(pixels, self.turned_by())

    def reduced(self, side: int) -> RgbImage:
        """The image scaled down to at most `side` pixels a side, upright."""
        shrink = side / max(self.size)
        self.image.draft("RGB", (max(int(self.size[0] * shrink), 1), max(int(self.size[1] * shrink), 1)))
        upright = self._upright()
        upright.thumbnail((side, side), Image.Resampling.BOX)
        return np.asarray(upright)

    def remark(self) -> str | None:
        """What a person should be told about the file."""
        if self.repaired is not None and self.repaired.remark:
            return self.repaired.remark
        try:
            pages = int(getattr(self.image, "n_frames", 1))
        except Exception:  # noqa: BLE001 - damage behind the first page, which alone is shown
            return None
        return pages_remark(pages, _PAGES.get(self.image.format or "", "frame"))

    def turned_by(self) -> int:
        """The orientation (EXIF, 1 to 8) by which the stored pixels are turned."""
        image = self.image
        if image.format in _TURNED_BY_DECODER or (pyramid.is_huge(self.size) and "exif" not in image.info):
            return 1  # a PNG may have it behind its pixels, for which those of a huge one are not decoded
        try:
            value = image.getexif().get(_ORIENTATION, 1)
        except Exception:  # noqa: BLE001 - damaged metadata does not cost the pixels
            return 1
        return value if value in _TRANSPOSE else 1

    def _upright(self) -> Image.Image:
        """The decoded image in RGB, turned by its orientation tag."""
        image = self.image
        deep = _is_deep_colour(image)  # decoding forgets it
        image.load()
        orientation = self.turned_by()  # after the pixels: in a PNG it may follow them
        if deep:
            return _turned(Image.fromarray(libvips.decode_deep(self.path)), orientation)
        if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
            scaled = stretch.eight_bits(np.asarray(image), no_data=self.no_data)
            return _turned(Image.fromarray(scaled), orientation).convert("RGB")
        upright = _turned(
            image.copy() if image.format == "HEIF" else image, orientation
        )  # else it is loaded once more
        if upright.mode == "RGB":
            return upright
        if upright.has_transparency_data:
            rgba = upright.convert("RGBA")
            flat = Image.new("RGB", rgba.size, (255, 255, 255))
            flat.paste(rgba, mask=rgba.getchannel("A"))
            return flat
        return upright.convert("RGB")


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image if orientation == 1 else image.transpose(_TRANSPOSE[orientation])


def _is_deep_colour(image: Image.Image) -> bool:
    """Whether a colour image has 16 bits a channel, of which Pillow would keep the upper eight."""
    return image.mode in {"RGB", "RGBA", "LA"} and any(
        ";16" in str(tile) for tile in getattr(image, "tile", ())
    )
