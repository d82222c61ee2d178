"""What libvips decodes: images that are streamed, deep ones, and large JPEGs."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hitl_desktop import stretch, tiff
from hitl_desktop.image_file import Kind, kind_of, opened_by_pillow

_SAMPLED_SIDE = 1000
_MOST_BY_PILLOW = 300_000_000
_LAB_AND_THE_LIKE = ("cmyk", "lab", "labq", "labs", "xyz", "lch", "yxy", "cmc")
_END_MARK = b"\xff\xd9"


def library() -> Any:
    """The module pyvips, imported and set up on first use."""
    os.environ.setdefault("VIPS_CONCURRENCY", "1")  # the window comes first
    import pyvips  # noqa: PLC0415 - takes a moment, and most images do not need it

    pyvips.cache_set_max(0)  # nothing is asked for twice
    logging.getLogger("pyvips").setLevel(logging.ERROR)  # nor is anybody to be told about odd metadata
    return pyvips


def is_known(path: Path) -> bool:
    """Whether libvips here reads files of this kind; looks at the header only."""
    vips = library()
    try:
        vips.Image.new_from_file(str(path))
    except vips.Error:
        return False
    return True


def decode(path: Path) -> NDArray[np.uint8] | None:
    """The whole image [h, w, 3], not turned, as it is stored; None unless it has three colours of eight
    bits."""
    pixels = _open(path).numpy()
    return pixels if pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8 else None


def decode_deep(path: Path) -> NDArray[np.uint8]:
    """The whole image [h, w, 3], not turned, of values of any depth and number of bands, stretched."""
    layout = _layout(path)
    colours, alpha = _colours(path, layout)
    no_data = layout.no_data if layout else None
    if alpha is None:
        return _three(_eight_bits(colours.numpy(), None, no_data))
    both = colours.bandjoin(alpha).numpy()  # one pass through the file
    values, cover = both[..., :-1], both[..., -1:].astype(np.float32)
    cover = np.nan_to_num(cover, nan=0.0, posinf=0.0, neginf=0.0).clip(0, None)
    cover /= max(float(cover.max()), 1e-9)
    seen = values[cover[..., 0] > 0]
    rgb = _three(_eight_bits(values, seen if seen.size else None, no_data))
    return (rgb * cover + 255.0 * (1.0 - cover) + 0.5).astype(np.uint8)


def check_deep(path: Path) -> None:
    """Decode an image to its end, streamed."""
    colours, _ = _colours(path, _layout(path))
    colours.cast("uchar").avg()  # of what is no number there is no average


def header(path: Path) -> tuple[tuple[int, int], int, int]:
    """Stored width and height, orientation, and the number of pages."""
    image = library().Image.new_from_file(str(path))
    pages = int(image.get("n-pages")) if image.get_typeof("n-pages") else 1
    return (image.width, image.height), _orientation(image), pages


def upright(path: Path) -> Any:
    """A streamed image of three bands of eight bits, turned by its orientation tag."""
    vips = library()
    if not is_known(path):
        return _by_pillow(vips, path)
    layout, turn = _layout(path), _orientation(vips.Image.new_from_file(str(path)))
    access = "random" if turn > 1 else "sequential"  # to be turned it goes by way of a file, not of memory
    colours, alpha = _colours(path, layout, access)
    if colours.format != "uchar":
        image = _stretched(colours, path, layout)
    elif alpha is not None:
        image = _rgb(colours.bandjoin(alpha).copy(interpretation="srgb" if colours.bands == 3 else "b-w"))
    else:
        image = _rgb(colours)
    return _turned(image, turn)


def _turned(image: Any, orientation: int) -> Any:
    if orientation == 1:
        return image
    image = image.copy()
    image.remove("orientation")  # or it would be turned once more
    if orientation in {2, 4, 5, 7}:
        image = image.flip("vertical" if orientation == 4 else "horizontal")
    angle = {3: "d180", 5: "d270", 6: "d90", 7: "d90", 8: "d270"}.get(orientation)
    return image.rot(angle) if angle else image


def view(path: Path, side: int) -> NDArray[np.uint8]:
    """An upright view [h, w, 3] of at most `side` pixels a side, streamed."""
    vips = library()
    if (
        kind_of(path) is not Kind.TIFF
        and is_known(path)
        and vips.Image.new_from_file(str(path)).format == "uchar"
    ):
        image = vips.Image.thumbnail(
            str(path), side, height=side, size="down", fail_on="truncated"
        )  # may shrink at once
    else:
        image = upright(path).thumbnail_image(side, height=side, size="down")
    return np.ascontiguousarray(_rgb(image).numpy())


def with_end_mark(path: Path) -> bytes | None:
    """The bytes of a JPEG that lacks nothing but its end mark, with one; None if pixels are missing, too."""
    data = path.read_bytes()
    stripped = data.rstrip(b"\0")  # what is cut off is often filled up
    for candidate in (data, stripped + b"\0" * stripped.endswith(b"\xff")):
        if _is_whole_jpeg(candidate + _END_MARK):
            return candidate + _END_MARK
    return None


def _is_whole_jpeg(data: bytes) -> bool:
    vips = library()
    try:
        vips.Image.new_from_buffer(data, "", access="sequential", fail_on="warning").avg()
    except vips.Error:
        return False
    return True


def _open(path: Path, access: str = "sequential") -> Any:
    fail_on = _strictness(path) if kind_of(path) is Kind.TIFF else "truncated"
    return library().Image.new_from_file(str(path), access=access, fail_on=fail_on)


def _strictness(path: Path) -> str:
    """At what a TIFF is refused: at warnings, for below them libvips fills what is missing of it up with
    black.

    Where a warning is about the header only, at errors.
    """
    vips = library()
    try:
        vips.Image.new_from_file(str(path), fail_on="warning").crop(0, 0, 1, 1).cast("uchar").avg()
    except vips.Error as error:
        return "warning" if "tiff2vips" in str(error) else "error"
    return "warning"


def _orientation(image: Any) -> int:
    return int(image.get("orientation")) if image.get_typeof("orientation") else 1


def _layout(path: Path) -> tiff.Layout | None:
    return tiff.read_layout(path) if kind_of(path) is Kind.TIFF else None


def _colours(path: Path, layout: tiff.Layout | None, access: str = "sequential") -> tuple[Any, Any]:
    """One or three bands to be shown, and the band of how opaque they are, if there is one.

    Of several bands the first three are shown, of two the first one.
    """
    if layout is not None and layout.is_planar:
        shown = range(3 if layout.bands - (layout.alpha is not None) >= 3 else 1)
        first, *others = (_band(path, n, access) for n in shown)
        colours = first.bandjoin(others).copy(interpretation="srgb") if others else first
        return colours, None if layout.alpha is None else _band(path, layout.alpha, access)
    image = _open(path, access)
    alpha = layout.alpha if layout is not None else image.bands - 1 if image.hasalpha() else None
    count = image.bands - (alpha is not None)
    opaque = None if alpha is None else image[alpha]
    if image.interpretation in _LAB_AND_THE_LIKE:
        return image[0:count].copy(interpretation=image.interpretation).colourspace("srgb"), opaque
    return (image[0:3] if count >= 3 else image[0]), opaque


def _band(path: Path, band: int, access: str) -> Any:
    return library().Image.new_from_buffer(tiff.one_band(path, band), "", access=access, fail_on="warning")


def _eight_bits(values: NDArray[Any], seen: NDArray[Any] | None, no_data: float | None) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    return stretch.eight_bits(values, stretch.bounds(values if seen is None else seen, no_data), no_data)


def _three(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    values = values[..., np.newaxis] if values.ndim == 2 else values
    return np.ascontiguousarray(np.repeat(values, 3, axis=2) if values.shape[2] == 1 else values)


def _rgb(image: Any) -> Any:
    if image.hasalpha():
        image = image.flatten(background=[255] * (image.bands - 1))
    image = image.colourspace("srgb")
    return (image[0:3] if image.bands > 3 else image).cast("uchar")


def _stretched(image: Any, path: Path, layout: tiff.Layout | None) -> Any:
    """Eight bits from deeper values by the rule of all images, its limits from some of the pixels."""
    step = max(1, max(image.width, image.height) // _SAMPLED_SIDE)
    some = _colours(path, layout)[0].subsample(step, step).numpy()
    low, high = stretch.bounds(some, layout.no_data if layout else None)
    factor = 255.0 / (high - low) if high > low else 0.0
    scaled = image.linear(factor, -low * factor if high > low else 128.0, uchar=True)
    return _rgb(scaled.copy(interpretation="srgb" if image.bands == 3 else "b-w"))


def _by_pillow(vips: Any, path: Path) -> Any:
    """An image of a kind that libvips does not read here (BMP, PPM, JPEG 2000), held whole while it is
    read."""
    with opened_by_pillow(path, kind_of(path)) as image:
        if image.width * image.height > _MOST_BY_PILLOW:
            raise vips.Error("images of this kind are read up to 300 megapixels")
        return vips.Image.new_from_array(np.asarray(image.convert("RGB")))
