"""The only decoder: canvas, thumbnails, detector and encoder all see the same upright picture."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hitl_desktop import pyramid
from hitl_desktop.errors import UnreadableImageError

RgbImage = NDArray[np.uint8]
"""[height, width, 3] upright red, green, blue."""

SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".webp",
        ".tif",
        ".tiff",
        ".bmp",
        ".gif",
        ".avif",
        ".jp2",
        ".ppm",
        ".pgm",
    ]
)
MAX_PIXELS = 300_000_000
"""Larger ones are not decoded whole: they would not fit in memory as one array with their copies."""

MOST_STREAMED = 2_000_000_000
"""Larger ones are refused from their header: some files of kilobytes claim billions."""

_FOR_MODELS = 4096
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
Image.MAX_IMAGE_PIXELS = None  # MAX_PIXELS takes its place, with a message of ours


def verify(path: Path) -> tuple[int, int]:
    """Upright width and height of a picture that was decoded to its end, at a fraction of the cost where possible.

    Raises:
        UnreadableImageError: it cannot be decoded; a header alone proves nothing.
    """
    with _opened(path, most_pixels=MOST_STREAMED) as image:
        width, height = image.size
        if pyramid.is_huge(image.size):
            pyramid.verify(path)
            return (height, width) if _orientation(image) >= _TURNED else (width, height)
        image.draft("RGB", (1, 1))
        image.load()
        return (height, width) if _orientation(image) >= _TURNED else (width, height)


def read_upright(path: Path) -> RgbImage:
    """The whole picture.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    with _opened(path) as image:
        return _pixels(image, path)


def read_for_models(path: Path) -> tuple[tuple[int, int], RgbImage]:
    """The upright size, and the whole picture, or of a huge one a view of some 4,000 pixels a side.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    with _opened(path, most_pixels=MOST_STREAMED) as image:
        if pyramid.is_huge(image.size):
            width, height = image.size
            size = (height, width) if _orientation(image) >= _TURNED else (width, height)
            return size, pyramid.small_view(path, _FOR_MODELS)
        pixels = _pixels(image, path)
        return (pixels.shape[1], pixels.shape[0]), pixels


def read_reduced(path: Path, side: int) -> RgbImage:
    """The picture scaled down to at most `side` pixels a side; JPEGs are decoded at a fraction of their cost.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    with _opened(path) as image:
        return np.asarray(_reduced(image, path, side, Image.Resampling.BOX))


def read_for_screen(path: Path, *, smallest: int, most: int | None = None) -> tuple[tuple[int, int], list[RgbImage]]:
    """The upright size, and the picture as a screen has it: whole, half, a quarter ... while above `smallest` pixels.

    With `most`, only one image of about so many pixels a side, from what little of a JPEG that takes. A huge picture
    (`pyramid.is_huge`) gives one image of some 2,000 pixels a side.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    with _opened(path, most_pixels=MOST_STREAMED) as image:
        width, height = image.size
        if pyramid.is_huge(image.size):
            size = (height, width) if _orientation(image) >= _TURNED else (width, height)
            return size, [pyramid.small_view(path, min(most or pyramid.OVERVIEW, pyramid.OVERVIEW))]
        if most is not None and max(width, height) > most:
            levels = [np.asarray(_reduced(image, path, most, Image.Resampling.BOX))]
        else:
            levels = [_pixels(image, path)]
        size = (height, width) if _orientation(image) >= _TURNED else (width, height)
        while most is None and max(levels[-1].shape) > 2 * smallest:
            levels.append(_halved(levels[-1]))
        return size, [np.ascontiguousarray(level) for level in levels]


def _halved(pixels: RgbImage) -> RgbImage:
    import cv2  # noqa: PLC0415 - heavy

    half = (-(-pixels.shape[1] // 2), -(-pixels.shape[0] // 2))
    return np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), np.uint8)


def looks(pixels: RgbImage) -> int:
    """What a picture looks like in 64 bits (signed): whether each of 8 x 8 places is darker than the one to its right.

    Nearly the same pictures differ in few of them (difference hash).
    """
    import cv2  # noqa: PLC0415 - heavy

    small = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    bits = np.asarray(small[:, :-1] < small[:, 1:], np.uint8)
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)


def _reduced(image: Image.Image, path: Path, side: int, how: Image.Resampling) -> Image.Image:
    shrink = side / max(image.size)
    image.draft("RGB", (max(int(image.width * shrink), 1), max(int(image.height * shrink), 1)))
    upright = _upright(image, path)
    upright.thumbnail((side, side), how)
    return upright


def content_hash(path: Path) -> str:
    """A hash of the file's bytes.

    Raises:
        UnreadableImageError: the file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    with _explained(path), path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def _explained(path: Path, size: tuple[int, int] | None = None) -> Generator[None]:
    """Turn what decoders raise into one sentence and a hint."""
    try:
        yield
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError("The file is gone.", hint="Put it back; its boxes are kept.") from error
    except IsADirectoryError as error:
        raise UnreadableImageError("This is a folder, not a picture.", hint="Rename the folder.") from error
    except PermissionError as error:
        raise UnreadableImageError("You may not read this file.", hint="Change its permissions.") from error
    except Image.UnidentifiedImageError as error:
        raise UnreadableImageError(
            _why_unidentified(path), hint="Replace the file with a good copy, or leave it out."
        ) from error
    except MemoryError as error:
        raise UnreadableImageError("The picture does not fit in memory.", hint="Scale it down.", size=size) from error
    # Decoders of broken data raise almost anything: what they say becomes the reason of this one picture.
    except (
        OSError,
        ValueError,
        SyntaxError,
        TypeError,
        IndexError,
        EOFError,
        ArithmeticError,
        LookupError,
        AttributeError,
    ) as error:
        text = str(error).strip().split("\n")[0] or type(error).__name__
        damaged = "The file is cut short" if "truncated" in text.lower() else "The file is damaged"
        raise UnreadableImageError(
            f"{damaged} ({text}).", hint="Replace it with a good copy, or leave it out.", size=size
        ) from error


def _why_unidentified(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        return "The file is empty."
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "The file is a web page, not a picture."
    return "The file is not a picture of a known format, or its header is damaged."


@contextmanager
def _opened(path: Path, most_pixels: int = MAX_PIXELS) -> Generator[Image.Image]:
    with _explained(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns about odd metadata that no annotator cares about
        with Image.open(path) as image:
            width, height = image.size
            if width < 1 or height < 1:
                raise UnreadableImageError("The picture has no pixels.", hint="Leave it out.")
            if width * height > most_pixels:
                raise UnreadableImageError(
                    f"The header claims {width} x {height} pixels, more than {most_pixels // 1_000_000} million.",
                    hint="Cut the picture into tiles or scale it down.",
                    size=(width, height),
                )
            with _explained(path, image.size):
                yield image


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except (OSError, ValueError, SyntaxError, TypeError, LookupError):  # damaged metadata does not cost the pixels
        return 1
    return value if value in _TRANSPOSE else 1


def _pixels(image: Image.Image, path: Path) -> RgbImage:
    """The upright picture as an array. Copying a large one out of Pillow takes as long as decoding it, 50 ms for 12
    megapixels with the interpreter held; libvips decodes the same pixels into an array at once.
    """
    if image.format == "JPEG" and image.mode == "RGB" and image.width * image.height > _LARGE:
        try:
            return _turned_array(pyramid.decode(path), _orientation(image))
        except UnreadableImageError:
            pass  # Pillow says what is wrong with it
    return np.asarray(_upright(image, path))


def _turned_array(pixels: RgbImage, orientation: int) -> RgbImage:
    if orientation >= _TURNED:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _upright(image: Image.Image, path: Path) -> Image.Image:
    """The decoded picture in RGB, turned as its orientation says."""
    deep = _is_deep_colour(image)  # decoding forgets it
    image.load()
    orientation = _orientation(image)  # after the pixels: in a PNG it may follow them
    if deep:
        return _turned(Image.fromarray(_deep_colour(path)), orientation)
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return _turned(Image.fromarray(_stretched(np.asarray(image))), orientation).convert("RGB")
    upright = _turned(image, orientation)
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
    """Whether a colour picture has 16 bits a channel, of which Pillow would keep the upper eight."""
    return image.mode in {"RGB", "RGBA"} and any(";16" in str(tile) for tile in getattr(image, "tile", ()))


def _deep_colour(path: Path) -> RgbImage:
    import cv2  # noqa: PLC0415 - heavy, and needed for rare pictures only

    data = np.fromfile(path, np.uint8)
    # IMREAD_COLOR_RGB decodes 16-bit TIFF wrongly in OpenCV 5.0.0, so the channels are turned round here.
    pixels = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise UnreadableImageError("The file is damaged.", hint="Replace it with a good copy, or leave it out.")
    return _stretched(np.asarray(pixels)[:, :, ::-1])


def _stretched(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Eight bits from deeper values: the 0.1th to 99.9th percentile of the finite ones becomes 0..255.

    Unsigned 16-bit values that use more than half of their range are scaled as they are, so colours stay true.
    """
    numbers = values.astype(np.float32)
    finite = numbers[np.isfinite(numbers)]
    if finite.size == 0:
        return np.zeros(values.shape, np.uint8)
    step = max(1, finite.size // 1_000_000)
    low, high = np.percentile(finite[::step], (0.1, 99.9))
    if values.dtype == np.uint16 and high - low > 0x7FFF:
        low, high = 0.0, 65535.0
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    if high <= low:
        return np.full(values.shape, 128, np.uint8)
    np.nan_to_num(numbers, copy=False, nan=low, posinf=high, neginf=low)
    return np.clip((numbers - low) * (255.0 / (high - low)) + 0.5, 0, 255).astype(np.uint8)
