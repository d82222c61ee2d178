"""What the header of a TIFF contains about its pixels (bands, bits, "nothing measured"), and its bands one by
one."""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import TiffImagePlugin

from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BIG = (b"II+\0", b"MM\0+")
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 258, 259, 262, 266
_STRIP_OFFSETS, _ORIENTATION, _BANDS, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANAR = 273, 274, 277, 278, 279, 284
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 317, 322, 323, 324, 325
_EXTRA, _SAMPLE_FORMAT, _JPEG_TABLES, _GDAL_NO_DATA = 338, 339, 347, 42113
_GREY = (0, 1)
_RGB = 2
_SEPARATE = 2
_UNSIGNED = 1
_MOST_BITS = 128
_SIGNED_OR_FLOAT = (2, 3)
_NUMBERS = {2: "signed", 3: "floating-point", 4: "untyped", 5: "complex", 6: "complex"}
_ALPHA = (1, 2)
_LONG, _UNDEFINED = 4, 7


@dataclass(frozen=True, slots=True)
class Layout:
    """How the pixels of the first page are stored.

    `alpha` is the number of the band for how opaque they are; `is_cut`, they lie partly behind the
    file's end.
    """

    size: tuple[int, int]
    orientation: int
    bits: int
    bands: int
    numbers: int
    photometric: int
    is_planar: bool
    alpha: int | None
    no_data: float | None
    is_cut: bool

    @property
    def needs_libvips(self) -> bool:
        """Whether Pillow has no mode for such pixels, or one that loses some of their bits."""
        colours = self.bands - (self.alpha is not None)
        is_deep = self.bits > 8 or self.numbers != _UNSIGNED
        return is_deep or self.is_planar or colours > (1 if self.photometric in _GREY else 4)

    @property
    def is_usual(self) -> bool:
        """Whether libvips reads such values."""
        return self.bits in {8, 16, 32} and self.numbers in {_UNSIGNED, *_SIGNED_OR_FLOAT}

    @property
    def words(self) -> str:
        """Such as "4 bands of 16 bits"."""
        bands = counted(self.bands, "band")
        if self.numbers == _UNSIGNED:
            return tr("{bands} of {bits} bits", bands=bands, bits=self.bits)
        kind = _NUMBERS.get(self.numbers, "unknown")
        return tr("{bands} of {bits} bits ({kind} numbers)", bands=bands, bits=self.bits, kind=kind)


def read_layout(path: Path) -> Layout:
    """The layout of a TIFF's first page; raises what a damaged header makes its reader raise."""
    tags, _ = _read_tags(path)
    bands, extra = int(_first(tags, _BANDS, 1)), _all(tags, _EXTRA)
    photometric = int(_first(tags, _PHOTOMETRIC, 1))
    bits = max(map(int, _all(tags, _BITS)), default=1)
    if bits > _MOST_BITS:
        raise ValueError(f"the header claims {bits} bits a band")
    alphas = [bands - len(extra) + n for n, kind in enumerate(extra) if kind in _ALPHA]
    return Layout(
        size=(int(_first(tags, _WIDTH, 0)), int(_first(tags, _HEIGHT, 0))),
        orientation=int(_first(tags, _ORIENTATION, 1)),
        bits=bits,
        bands=bands,
        numbers=int(_first(tags, _SAMPLE_FORMAT, _UNSIGNED)),
        photometric=photometric,
        is_planar=bands > 1 and _first(tags, _PLANAR, 1) == _SEPARATE and photometric in (*_GREY, _RGB),
        alpha=alphas[0] if alphas and 0 < alphas[0] < bands else None,
        no_data=_no_data(tags),
        is_cut=max((int(place) + int(size) for place, size in _parts(tags)), default=0) > path.stat().st_size,
    )


def one_band(path: Path, band: int) -> bytes:
    """A TIFF of one band of a planar one, its data as they are: libvips mixes the bands of some planar files
    up.

    Raises:
        ValueError: the header contradicts itself, or the file ends before the band does.
    """
    tags, order = _read_tags(path)
    is_tiled, places = _TILE_OFFSETS in tags, _parts(tags)
    offsets_tag, bytes_tag = (_TILE_OFFSETS, _TILE_BYTES) if is_tiled else (_STRIP_OFFSETS, _STRIP_BYTES)
    count = len(places) // int(_first(tags, _BANDS, 1))
    body, offsets = bytearray(b"\0" * 8), list[int]()
    with path.open("rb") as file:
        for offset, size in places[band * count : (band + 1) * count]:
            file.seek(offset)
            offsets.append(len(body))
            body += file.read(size)
            if len(body) != offsets[-1] + size or len(body) > path.stat().st_size:
                raise ValueError("the data of a band are truncated")
    entries: dict[int, tuple[int, ...] | bytes] = {
        tag: (int(_first(tags, tag, 1)),)
        for tag in (_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _FILL_ORDER, _PREDICTOR, _SAMPLE_FORMAT)
    }
    entries |= {_PHOTOMETRIC: (1,), _BANDS: (1,), _PLANAR: (1,)}
    entries |= {
        offsets_tag: tuple(offsets),
        bytes_tag: tuple(int(n) for _, n in places[band * count :][:count]),
    }
    for tag in (_TILE_WIDTH, _TILE_HEIGHT) if is_tiled else (_ROWS_PER_STRIP,):
        entries[tag] = (min(int(_first(tags, tag, 2**32 - 1)), 2**32 - 1),)
    if _JPEG_TABLES in tags:
        entries[_JPEG_TABLES] = bytes(tags[_JPEG_TABLES])
    return _written(body, order, entries)


def _written(body: bytearray, order: str, entries: dict[int, tuple[int, ...] | bytes]) -> bytes:
    """A TIFF of data that begin after its first eight bytes."""
    rows: list[bytes] = []
    for tag, values in sorted(entries.items()):
        is_raw = isinstance(values, bytes)
        data = values if is_raw else struct.pack(f"{order}{len(values)}L", *values)
        if len(data) > 4:
            place = struct.pack(f"{order}L", len(body))
            body += data
        else:
            place = data.ljust(4, b"\0")
        rows.append(struct.pack(f"{order}HHL", tag, _UNDEFINED if is_raw else _LONG, len(values)) + place)
    body += b"\0" * (len(body) % 2)
    body[:8] = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HL", 42, len(body))
    body += struct.pack(f"{order}H", len(rows)) + b"".join(rows) + b"\0" * 4
    return bytes(body)


def _parts(tags: Any) -> list[tuple[Any, Any]]:
    """Where the strips or tiles lie, and how many bytes each has."""
    pairs = ((_TILE_OFFSETS, _TILE_BYTES), (_STRIP_OFFSETS, _STRIP_BYTES))
    offsets, sizes = next((pair for pair in pairs if pair[0] in tags), pairs[0])
    return list(zip(_all(tags, offsets), _all(tags, sizes), strict=False))


def _read_tags(path: Path) -> tuple[Any, str]:
    """The tags of the first page, and the order of bytes ("<" or ">")."""
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] in _BIG:
            head += file.read(8)
        tags = TiffImagePlugin.ImageFileDirectory_v2(head)
        file.seek(tags.next)
        tags.load(file)
    return tags, "<" if head[:2] == b"II" else ">"


def _all(tags: Any, tag: int) -> tuple[Any, ...]:
    value = tags.get(tag, ())
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _first(tags: Any, tag: int, default: Any) -> Any:
    return next(iter(_all(tags, tag)), default)


def _no_data(tags: Any) -> float | None:
    text = str(_first(tags, _GDAL_NO_DATA, "")).strip("\0 ")
    with suppress(ValueError):
        number = float(text)
        return number if math.isfinite(number) else None  # what is no finite number is never stretched
    return None
