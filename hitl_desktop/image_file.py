"""The file of an image before its pixels are decoded: what kind it is, whether it may be opened, what is
wrong."""

from __future__ import annotations

import errno
import os
import stat
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from hitl_desktop import tiff
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.translation import tr

SUFFIXES = frozenset(
    (
        ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif",
        ".heic", ".heif", ".hif", ".jxl", ".jp2", ".ppm", ".pgm",
    )
)  # fmt: skip
"""Kinds of files that are listed as images."""

OTHER_SUFFIXES = frozenset(
    (
        ".dcm", ".nii", ".czi", ".nd2", ".lif", ".svs", ".ndpi", ".mrxs", ".vsi", ".lsm", ".oib", ".fits",
        ".fit", ".exr", ".hdr", ".psd", ".svg", ".eps", ".pdf", ".ico", ".tga", ".pcx", ".jxr", ".wdp",
        ".jls", ".ecw", ".sid", ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2",
        ".orf", ".rw2", ".raf", ".pef", ".srw", ".x3f", ".3fr", ".iiq", ".raw", ".mp4", ".mov", ".avi",
        ".mkv", ".m4v", ".webm",
    )
)  # fmt: skip
"""Kinds of files that show something and cannot be read here; how many there are is reported."""

_READ_BY_PILLOW = (
    "JPEG",
    "PNG",
    "WEBP",
    "TIFF",
    "BMP",
    "DIB",
    "GIF",
    "AVIF",
    "JPEG2000",
    "PPM",
    "TGA",
    "PCX",
    "ICO",
)
"""Not all that Pillow reads: for some files (EPS) it starts another program."""
_BRANDS_OF_AVIF = (b"avif", b"avis")
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = (b"iCCP", b"tEXt", b"zTXt", b"iTXt")
_JPEG_XL = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")

Image.MAX_IMAGE_PIXELS = None  # sizes are refused by `imaging`, with a message of ours
# Once, as long as nobody else can be at it: filters are the whole process's, and changing them is not safe in
# threads. Pillow warns about odd metadata that no annotator cares about.
warnings.filterwarnings("ignore", module=r"PIL\.")


class Kind(Enum):
    """Kinds of files that are not read by Pillow alone."""

    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    HEIF = "heif"
    JPEG_XL = "jpeg xl"
    OTHER = "other"


class CutShortError(UnreadableImageError):
    """An image whose file ends before its pixels do, or before its end mark."""


def stamp_of(path: Path | str) -> str | None:
    """Time of the last write and size of a file: other bytes have another stamp. None when there is no such
    file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - 100,000 files
    except OSError:
        return None
    return f"{found.st_mtime_ns} {found.st_size}"


def check_regular(path: Path) -> None:
    """Refuse what is no regular file before it is opened: opening a pipe waits for whoever writes to it.

    Raises:
        UnreadableImageError: it is a folder, pipe, socket or device.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise UnreadableImageError(tr("This is a folder, not an image."), hint=tr("Rename the folder."))
    if not stat.S_ISREG(mode):
        raise UnreadableImageError(
            tr("This is no regular file but a pipe, socket or device, so it is not opened."),
            hint=tr("Take it out."),
        )


def kind_of(path: Path) -> Kind:
    """The kind of a file, by its first bytes."""
    with path.open("rb") as file:
        start = file.read(16)
    if start.startswith(b"\xff\xd8"):
        return Kind.JPEG
    if start.startswith(_PNG):
        return Kind.PNG
    if start.startswith(tiff.MAGIC):
        return Kind.TIFF
    if start.startswith(_JPEG_XL):
        return Kind.JPEG_XL
    if start[4:8] == b"ftyp" and start[8:12] not in _BRANDS_OF_AVIF:
        return Kind.HEIF
    return Kind.OTHER


def without_texts(path: Path) -> bytes:
    """The bytes of a PNG without its colour profile and texts, which Pillow refuses beyond a megabyte, and
    without what else is damaged and no image needs.
    """
    data = path.read_bytes()
    kept, place = [data[: len(_PNG)]], len(_PNG)
    while place < len(data):
        after = place + 12 + int.from_bytes(data[place : place + 4], "big")
        kind, content = data[place + 4 : place + 8], data[place + 4 : after - 4]
        is_spare = bool(kind[:1].upper() != kind[:1])  # small first letters are of what may be left out
        is_damaged = is_spare and zlib.crc32(content) != int.from_bytes(data[after - 4 : after], "big")
        if kind not in _PNG_TEXTS and not is_damaged:
            kept.append(data[place:after])
        place = after
    return b"".join(kept)


@contextmanager
def opened_by_pillow(path: Path, kind: Kind, stream: BinaryIO | None = None) -> Generator[Image.Image]:
    """An image whose header Pillow has read, from `stream` if given; its pixels are decoded on demand."""
    with Image.open(stream or path, formats=_formats(kind)) as image:
        yield image


def _formats(kind: Kind) -> tuple[str, ...]:
    """The formats that Pillow tries; decoders of their own are imported when the first such image is
    opened."""
    if kind is Kind.HEIF:
        import pi_heif  # noqa: PLC0415 - rare

        pi_heif.register_heif_opener()
        return ("HEIF", "AVIF")
    if kind is Kind.JPEG_XL:
        import pylibjxl  # noqa: PLC0415 - rare

        pylibjxl.register_pillow()
        return ("JXL",)
    return _READ_BY_PILLOW


@contextmanager
def explained(path: Path, size: tuple[int, int] | None = None) -> Generator[None]:
    """Turn whatever a decoder raises into an `UnreadableImageError`: one sentence, and a hint.

    Decoders of damaged data raise almost anything, and one image must cost no more than one image.
    """
    try:
        yield
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError(
            tr("The file is gone."), hint=tr("Put it back; its boxes are kept.")
        ) from error
    except IsADirectoryError as error:
        raise UnreadableImageError(
            tr("This is a folder, not an image."), hint=tr("Rename the folder.")
        ) from error
    except PermissionError as error:
        raise UnreadableImageError(
            tr("You may not read this file."), hint=tr("Change its permissions.")
        ) from error
    except Image.UnidentifiedImageError as error:
        raise UnreadableImageError(
            _why_unidentified(path), hint=tr("Replace the file with a good copy, or leave it out."), size=size
        ) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UnreadableImageError(
                tr("The file is a link that leads back to itself."),
                hint=tr("Put the file itself in its place."),
            ) from error
        raise _as_unreadable(error, size) from error
    except MemoryError as error:
        raise UnreadableImageError(
            tr("The image does not fit in memory."), hint=tr("Scale it down."), size=size
        ) from error
    except Exception as error:
        raise _as_unreadable(error, size) from error


def _as_unreadable(error: Exception, size: tuple[int, int] | None) -> UnreadableImageError:
    text = (str(error).strip() or type(error).__name__).splitlines()[-1].strip().rstrip(".")
    hint = tr("Replace it with a good copy, or leave it out.")
    if "not a known file format" in text:
        text = tr("its header cannot be read")  # and not where the file lies
    if any(word in text.lower() for word in ("truncated", "premature", "out of data")):
        return CutShortError(tr("The file is cut short ({text}).", text=text), hint=hint, size=size)
    if any(
        word in text.lower()
        for word in ("not supported", "unsupported", "not configured", "unknown compression")
    ):
        hint = tr("Save it as another kind of file, or leave it out.")
        return UnreadableImageError(
            tr("This kind of file is not supported ({text}).", text=text), hint=hint, size=size
        )
    return UnreadableImageError(tr("The file is damaged ({text}).", text=text), hint=hint, size=size)


def _why_unidentified(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        return tr("The file is empty.")
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return tr("The file is a web page, not an image.")
    return tr("The file is not an image of a known format, or its header is damaged.")
