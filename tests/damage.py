"""Small images of every format, and seeded damage to their bytes."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from .tiffs import RGB, write_tiff

FILES = Path(__file__).parent / "files"
_OTHER_NUMBERS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\1\0")


def small_files(folder: Path) -> list[Path]:
    """A small file of each format that is read."""
    import pylibjxl

    noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    image = Image.fromarray(noise)
    exif = Image.Exif()
    exif[0x0112] = 6
    for name, mode, options in (
        ("a.jpg", "RGB", {"exif": exif}),
        ("progressive.jpg", "RGB", {"progressive": True}),
        ("cmyk.jpg", "CMYK", {}),
        ("a.png", "RGBA", {"exif": exif}),
        ("palette.png", "P", {}),
        ("a.gif", "P", {"save_all": True, "append_images": [image.rotate(180)]}),
        ("a.webp", "RGB", {"exif": exif}),
        ("animated.webp", "RGBA", {"save_all": True, "append_images": [image.rotate(180)]}),
        ("a.avif", "RGB", {}),
        ("a.jp2", "RGB", {}),
        ("a.bmp", "RGB", {}),
        ("a.ppm", "RGB", {}),
        ("lzw.tif", "RGB", {"compression": "tiff_lzw"}),
        ("jpeg.tif", "RGB", {"compression": "jpeg"}),
        ("a.mpo", "RGB", {"save_all": True, "append_images": [image.rotate(180)]}),
    ):
        image.convert(mode).save(folder / name, **options)
    Image.fromarray(noise[..., 0].astype(np.uint16) * 200).save(folder / "deep.png")
    (folder / "a.jxl").write_bytes(pylibjxl.encode(noise))
    write_tiff(folder / "deep.tif", noise.astype(np.uint16) * 9, photometric=RGB)
    write_tiff(folder / "bands.tif", noise.repeat(2, axis=2).astype(np.float32), planar=True, no_data="-1")
    return [*sorted(folder.iterdir()), *sorted(FILES.glob("*.heic"))]


def damaged(data: bytes, seed: int) -> bytes:
    """The bytes with a few of them turned, cut, inserted, left out, swapped or made another number."""
    rng = random.Random(seed)
    now = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if not now:
            break
        place = rng.randrange(min(len(now), 512) if rng.random() < 0.5 else len(now))
        kind = rng.randrange(7)
        if kind == 0:
            now[place] ^= 1 << rng.randrange(8)
        elif kind == 1:
            now[place] = rng.choice((0, 255, 127, 128, rng.randrange(256)))
        elif kind == 2:
            del now[place:]
        elif kind == 3:
            now[place:place] = rng.randbytes(rng.choice((1, 4, 64, 1000)))
        elif kind == 4:
            del now[place : place + rng.choice((1, 4, 64, 500))]
        elif kind == 5:
            other, length = rng.randrange(len(now)), rng.choice((4, 16, 64, 256))
            first, second = bytes(now[place : place + length]), bytes(now[other : other + length])
            now[place : place + length], now[other : other + length] = second, first
        else:
            now[place : place + 4] = rng.choice(_OTHER_NUMBERS)[: len(now[place : place + 4])]
    return bytes(now)


def with_exif(image: Image.Image, kind: str, exif: bytes) -> bytes:
    """A file of a kind of Pillow's with these bytes as its EXIF block."""
    stream = BytesIO()
    image.save(stream, kind, exif=exif)
    return stream.getvalue()


SHORT_EXIF = b"Exif\0\0II*\0"
