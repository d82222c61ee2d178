"""TIFFs as other programs write them: any number of bands, band by band or pixel by pixel, with tags of their
own."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

GREY, RGB = 1, 2
_FORMATS = {"u": 1, "i": 2, "f": 3, "c": 6}


def write_tiff(
    path: Path,
    pixels: np.ndarray[Any, Any],
    *,
    photometric: int = GREY,
    planar: bool = False,
    extra: Sequence[int] = (),
    no_data: str | None = None,
    orientation: int = 1,
    order: str = "<",
    cut: bool = False,
) -> Path:
    """Write [h, w] or [h, w, bands], uncompressed, in two strips a band; `cut`, the last one lies behind the
    end of the file."""
    values = (pixels[..., np.newaxis] if pixels.ndim == 2 else pixels).astype(
        pixels.dtype.newbyteorder(order)
    )
    height, width, bands = values.shape
    rows = -(-height // 2)
    parts = [values[..., n] for n in range(bands)] if planar else [values]
    strips = [
        np.ascontiguousarray(part[start : start + rows]).tobytes() for part in parts for start in (0, rows)
    ]
    body, offsets = bytearray(8), list[int]()
    for strip in strips:
        offsets.append(len(body))
        body += strip
    if cut:
        offsets[-1] += 2 * len(body)
    tags: dict[int, tuple[str, Sequence[int] | bytes]] = {
        256: ("L", [width]),
        257: ("L", [height]),
        258: ("H", [values.dtype.itemsize * 8] * bands),
        259: ("H", [1]),
        262: ("H", [photometric]),
        273: ("L", offsets),
        274: ("H", [orientation]),
        277: ("H", [bands]),
        278: ("L", [rows]),
        279: ("L", [len(strip) for strip in strips]),
        284: ("H", [2 if planar else 1]),
        339: ("H", [_FORMATS[values.dtype.kind]] * bands),
    }
    if extra:
        tags[338] = ("H", extra)
    if no_data is not None:
        tags[42113] = ("s", no_data.encode() + b"\0")
    entries = []
    for tag, (kind, content) in sorted(tags.items()):
        data = (
            bytes(content)
            if isinstance(content, bytes)
            else struct.pack(f"{order}{len(content)}{kind}", *content)
        )
        place = data.ljust(4, b"\0")
        if len(data) > 4:
            place = struct.pack(f"{order}L", len(body))
            body += data + b"\0" * (len(data) % 2)
        entries.append(struct.pack(f"{order}HHL", tag, {"s": 2, "H": 3, "L": 4}[kind], len(content)) + place)
    body += b"\0" * (len(body) % 2)
    body[:8] = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HL", 42, len(body))
    body += struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    path.write_bytes(body)
    return path
