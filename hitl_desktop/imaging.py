"""The only decoder: canvas, thumbnails, detector and encoder all see the same upright picture.

Pillow decodes what has up to eight bits a channel, libvips what is deeper or has other channels (TIFF, PNG),
large JPEGs, and, by way of `pyramid`, what is too large to be held whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hitl_desktop import libvips, pyramid, stretch, tiff
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.picture_file import (
    SUFFIXES,
    CutShortError,
    Kind,
    check_regular,
    explained,
    kind_of,
    opened_by_pillow,
    without_texts,
)

__all__ = ["SUFFIXES", "Inspection", "RgbImage", "content_hash", "inspect", "looks", "read_for_models"]

T = TypeVar("T")
RgbImage = NDArray[np.uint8]
"""[height, width, 3] upright red, green, blue."""

MAX_PIXELS = 300_000_000
"""Larger ones are not decoded whole: they would not fit in memory as one array with their copies."""

MOST_STREAMED = 2_000_000_000
"""Larger ones are refused from their header: some files of kilobytes claim billions."""

_FOR_MODELS = 4096
_SMALL = 64
_SHOWN_AS_THEY_ARE = {"L", "RGB"}
"""Modes of Pillow whose pixels are neither stretched nor laid on white to be shown."""
_LARGE = 2_000_000
_ORIENTATION = 0x0112
_TURNED = 5
"""From this orientation on, width and height change places."""
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
_PAGES = {"TIFF": "page", "HEIF": "picture", "MPO": "picture"}


class Inspection(NamedTuple):
    """Upright width and height of a readable picture, and what a person should be told about its file.

    `looks` is what it looks like (`looks`), where that costs next to nothing; else None.
    """

    size: tuple[int, int]
    remark: str | None
    looks: int | None = None


def inspect(path: Path) -> Inspection:
    """Decode a picture to its end, at a fraction of the cost where possible.

    Raises:
        UnreadableImageError: it cannot be decoded; a header alone proves nothing.
    """

    def check(picture: _Picture) -> Inspection:
        seen = None
        if pyramid.is_huge(picture.size):
            pyramid.verify(path)
        else:
            seen = picture.check()
        return Inspection(picture.upright_size(), picture.remark(), None if seen is None else looks(seen))

    return _read(path, check, MOST_STREAMED)


def verify(path: Path) -> tuple[int, int]:
    """Upright width and height of a picture that was decoded to its end.

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

    def read(picture: _Picture) -> tuple[tuple[int, int], int]:
        if (
            isinstance(picture, _Plain)
            and picture.image.format == "PNG"
            and not pyramid.is_huge(picture.size)
        ):
            picture.image.load()  # its orientation may follow the pixels
        return picture.upright_size(), picture.turned_by()

    return _read(path, read, MOST_STREAMED)


def is_of_size(path: Path, size: tuple[int, int]) -> bool:
    """Whether a picture's upright size is this, by its header alone; a PNG, turned or not, may also be turned
    by 90.

    Raises:
        UnreadableImageError: there is no header that can be read.
    """

    def read(picture: _Picture) -> bool:
        if (
            isinstance(picture, _Plain) and picture.image.format == "PNG"
        ):  # its orientation may follow the pixels
            return sorted(picture.size) == sorted(size)
        return picture.upright_size() == size

    return _read(path, read, MOST_STREAMED)


def read_upright(path: Path) -> RgbImage:
    """The whole picture.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    return _read(path, lambda picture: picture.pixels(), MAX_PIXELS)


def read_for_models(path: Path) -> tuple[tuple[int, int], RgbImage]:
    """The upright size, and the whole picture, or of a huge one a view of some 4,000 pixels a side.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """

    def read(picture: _Picture) -> tuple[tuple[int, int], RgbImage]:
        if pyramid.is_huge(picture.size):
            return picture.upright_size(), pyramid.small_view(path, _FOR_MODELS)
        pixels = picture.pixels()
        return (pixels.shape[1], pixels.shape[0]), pixels

    return _read(path, read, MOST_STREAMED)


def read_reduced(path: Path, side: int) -> RgbImage:
    """The picture scaled down to at most `side` pixels a side; JPEGs are decoded at a fraction of their cost.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    return _read(path, lambda picture: picture.reduced(side), MAX_PIXELS)


def read_for_screen(
    path: Path, *, smallest: int, most: int | None = None
) -> tuple[tuple[int, int], list[RgbImage]]:
    """The upright size, and the picture as a screen has it: whole, half, a quarter ... while above `smallest`
    pixels.

    With `most`, only one image of about so many pixels a side, from what little of a JPEG that takes. A huge
    picture (`pyramid.is_huge`) gives one image of some 2,000 pixels a side.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """

    def read(picture: _Picture) -> tuple[tuple[int, int], list[RgbImage]]:
        if pyramid.is_huge(picture.size):
            view = pyramid.small_view(path, min(most or pyramid.OVERVIEW, pyramid.OVERVIEW))
            return picture.upright_size(), [view]
        reduced = most is not None and max(picture.size) > most
        levels = [picture.reduced(most) if most is not None and reduced else picture.pixels()]
        while most is None and max(levels[-1].shape) > 2 * smallest:
            levels.append(_halved(levels[-1]))
        return picture.upright_size(), [np.ascontiguousarray(level) for level in levels]

    return _read(path, read, MOST_STREAMED)


def _halved(pixels: RgbImage) -> RgbImage:
    half = (-(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2))
    return _resized(pixels, half)


def _resized(pixels: RgbImage, size: tuple[int, int]) -> RgbImage:
    import cv2  # noqa: PLC0415 - heavy

    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def looks(pixels: RgbImage) -> int:
    """What a picture looks like in 64 bits (signed): whether each of 8 x 8 places is darker than the one to
    its right.

    Nearly the same pictures differ in few of them (difference hash).
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


class _Picture(Protocol):
    """A picture whose header was read."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored."""
        ...

    def upright_size(self) -> tuple[int, int]: ...

    def turned_by(self) -> int:
        """The orientation (EXIF, 1 to 8) by which the stored pixels are turned; 1 where the decoder itself
        does it."""
        ...

    def check(self) -> RgbImage | None:
        """Decode it to its end; a small view of it, where that costs next to nothing."""
        ...

    def pixels(self) -> RgbImage: ...

    def reduced(self, side: int) -> RgbImage: ...

    def remark(self) -> str | None: ...


class _Mended(NamedTuple):
    """What is read instead of a file, for its pixels are all there."""

    data: bytes
    remark: str | None = None


def _read(path: Path, act: Callable[[_Picture], T], most_pixels: int) -> T:
    """What `act` makes of a picture."""
    with explained(path):
        check_regular(path)
        kind = kind_of(path)
        try:
            with explained(path), _opened(path, kind, most_pixels) as picture:
                return act(picture)
        except UnreadableImageError as error:
            mended = _mended(path, kind, error)
            if mended is None:
                raise
        with _opened(path, kind, most_pixels, mended) as picture:
            return act(picture)


def _mended(path: Path, kind: Kind, error: UnreadableImageError) -> _Mended | None:
    """A JPEG that lacks nothing but its end mark, or a PNG without texts too long or damaged; None for
    others."""
    if kind is Kind.JPEG and isinstance(error, CutShortError):
        data = libvips.with_end_mark(path)
        remark = "The end mark of the file is missing; all of its pixels are there."
        return None if data is None else _Mended(data, remark)
    if kind is Kind.PNG and (
        "MAX_TEXT" in error.message or isinstance(error.__cause__, Image.UnidentifiedImageError)
    ):
        return _Mended(without_texts(path))
    return None


@contextmanager
def _opened(path: Path, kind: Kind, most_pixels: int, mended: _Mended | None = None) -> Generator[_Picture]:
    layout = tiff.read_layout(path) if kind is Kind.TIFF else None
    deep = _Deep.of(path, layout) if layout is not None and layout.needs_libvips else None
    if deep is not None:
        _check_size(deep.size, most_pixels)
        with explained(path, deep.size):
            yield deep
        return
    with opened_by_pillow(path, kind, BytesIO(mended.data) if mended else None) as image:
        _check_size(image.size, most_pixels)
        with explained(path, image.size):
            yield _Plain(path, image, image.size, mended, layout.no_data if layout else None)


def _check_size(size: tuple[int, int], most_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableImageError("The picture has no pixels.", hint="Leave it out.")
    if width * height > most_pixels:
        raise UnreadableImageError(
            f"The header claims {width} x {height} pixels, more than {most_pixels // 1_000_000} million.",
            hint="Cut the picture into tiles or scale it down.",
            size=size,
        )


@dataclass(frozen=True, slots=True)
class _Deep:
    """A TIFF that libvips decodes."""

    path: Path
    size: tuple[int, int]
    orientation: int
    pages: int

    @classmethod
    def of(cls, path: Path, layout: tiff.Layout) -> _Deep | None:
        """Read its header; None for what Pillow is to try: one band, but for numbers that it cannot hold.

        Raises:
            UnreadableImageError: neither reads such values, or the file is cut short.
            pyvips.Error: the header is damaged.
        """
        if layout.is_cut:
            hint = "Replace it with a good copy, or leave it out."
            raise CutShortError("The file ends before its pixels do.", hint=hint, size=layout.size)
        try:
            return cls(path, *libvips.header(path))
        except libvips.library().Error as error:
            if layout.bands == 1 and (layout.is_usual or layout.bits < 16):
                return None
            if layout.is_usual:
                raise
            raise UnreadableImageError(
                f"A TIFF with {layout.words} is not supported.",
                hint="Save it with 8, 16 or 32 bits a band, or leave it out.",
                size=layout.size,
            ) from error

    def upright_size(self) -> tuple[int, int]:
        return _upright_size(self.size, self.orientation)

    def turned_by(self) -> int:
        return self.orientation

    def check(self) -> None:
        libvips.check_deep(self.path)

    def pixels(self) -> RgbImage:
        return _turned_array(libvips.decode_deep(self.path), self.orientation)

    def reduced(self, side: int) -> RgbImage:
        return _shrunk(self.pixels(), side)

    def remark(self) -> str | None:
        return _of_pages(self.pages, "page")


@dataclass(frozen=True, slots=True)
class _Plain:
    """A picture that Pillow opened."""

    path: Path
    image: Image.Image
    size: tuple[int, int]
    mended: _Mended | None
    no_data: float | None

    def upright_size(self) -> tuple[int, int]:
        return _upright_size(self.size, self.turned_by())

    def check(self) -> RgbImage | None:
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
        """Copying a large one out of Pillow takes as long as decoding it, 50 ms for 12 megapixels with the
        interpreter held; libvips decodes the same pixels into an array at once.
        """
        is_large = self.size[0] * self.size[1] > _LARGE and self.mended is None
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
        return None if pixels is None else _turned_array(pixels, self.turned_by())

    def reduced(self, side: int) -> RgbImage:
        shrink = side / max(self.size)
        self.image.draft("RGB", (max(int(self.size[0] * shrink), 1), max(int(self.size[1] * shrink), 1)))
        upright = self._upright()
        upright.thumbnail((side, side), Image.Resampling.BOX)
        return np.asarray(upright)

    def remark(self) -> str | None:
        if self.mended is not None and self.mended.remark:
            return self.mended.remark
        try:
            pages = int(getattr(self.image, "n_frames", 1))
        except Exception:  # noqa: BLE001 - damage behind the first page, which alone is shown
            return None
        return _of_pages(pages, _PAGES.get(self.image.format or "", "frame"))

    def turned_by(self) -> int:
        image = self.image
        if image.format in _TURNED_BY_DECODER or (pyramid.is_huge(self.size) and "exif" not in image.info):
            return 1  # a PNG may have it behind its pixels, for which those of a huge one are not decoded
        try:
            value = image.getexif().get(_ORIENTATION, 1)
        except Exception:  # noqa: BLE001 - damaged metadata does not cost the pixels
            return 1
        return value if value in _TRANSPOSE else 1

    def _upright(self) -> Image.Image:
        """The decoded picture in RGB, turned as its orientation tells."""
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


def _of_pages(count: int, kind: str) -> str | None:
    if count < 2:
        return None
    left = f"the other {kind} is" if count == 2 else f"the other {count - 1} {kind}s are"
    return f"The file holds {count} {kind}s; the first one is used, {left} left out."


def _upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation >= _TURNED else size


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image if orientation == 1 else image.transpose(_TRANSPOSE[orientation])


def _turned_array(pixels: RgbImage, orientation: int) -> RgbImage:
    if orientation >= _TURNED:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _shrunk(pixels: RgbImage, side: int) -> RgbImage:
    height, width = pixels.shape[:2]
    shrink = side / max(width, height)
    return (
        _resized(pixels, (max(round(width * shrink), 1), max(round(height * shrink), 1)))
        if shrink < 1
        else pixels
    )


def _is_deep_colour(image: Image.Image) -> bool:
    """Whether a colour picture has 16 bits a channel, of which Pillow would keep the upper eight."""
    return image.mode in {"RGB", "RGBA", "LA"} and any(
        ";16" in str(tile) for tile in getattr(image, "tile", ())
    )
