"""An image file opened by the decoder that it needs, and repaired where its pixels are all there."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image

from hitl_desktop import libvips, tiff
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.image_file import (
    CutShortError,
    Kind,
    check_regular,
    explained,
    kind_of,
    opened_by_pillow,
    without_texts,
)
from hitl_desktop.imaging.opened_image import OpenedImage, Repaired
from hitl_desktop.imaging.pillow_image import PillowImage
from hitl_desktop.imaging.vips_image import VipsImage
from hitl_desktop.translation import tr

T = TypeVar("T")


def with_image(path: Path, act: Callable[[OpenedImage], T], most_pixels: int) -> T:
    """The result of `act` on an opened image.

    Raises:
        UnreadableImageError: it cannot be read, or has more than `most_pixels`.
    """
    with explained(path):
        check_regular(path)
        kind = kind_of(path)
        try:
            with explained(path), _opened(path, kind, most_pixels) as image:
                return act(image)
        except UnreadableImageError as error:
            repaired = _repaired(path, kind, error)
            if repaired is None:
                raise
        with _opened(path, kind, most_pixels, repaired) as image:
            return act(image)


def _repaired(path: Path, kind: Kind, error: UnreadableImageError) -> Repaired | None:
    """A JPEG that lacks nothing but its end mark, or a PNG without texts too long or damaged; None for
    others."""
    if kind is Kind.JPEG and isinstance(error, CutShortError):
        data = libvips.with_end_mark(path)
        remark = tr("The end mark of the file is missing; all of its pixels are there.")
        return None if data is None else Repaired(data, remark)
    if kind is Kind.PNG and (
        "MAX_TEXT" in error.message or isinstance(error.__cause__, Image.UnidentifiedImageError)
    ):
        return Repaired(without_texts(path))
    return None


@contextmanager
def _opened(
    path: Path, kind: Kind, most_pixels: int, repaired: Repaired | None = None
) -> Generator[OpenedImage]:
    layout = tiff.read_layout(path) if kind is Kind.TIFF else None
    deep = VipsImage.of(path, layout) if layout is not None and layout.needs_libvips else None
    if deep is not None:
        _check_size(deep.size, most_pixels)
        with explained(path, deep.size):
            yield deep
        return
    with opened_by_pillow(path, kind, BytesIO(repaired.data) if repaired else None) as image:
        _check_size(image.size, most_pixels)
        with explained(path, image.size):
            yield PillowImage(path, image, image.size, repaired, layout.no_data if layout else None)


def _check_size(size: tuple[int, int], most_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableImageError(tr("The image has no pixels."), hint=tr("Leave it out."))
    if width * height > most_pixels:
        raise UnreadableImageError(
            tr(
                "The header claims {width} x {height} pixels, more than {most_pixels} million.",
                width=width,
                height=height,
                most_pixels=most_pixels // 1000000,
            ),
            hint=tr("Cut the image into tiles or scale it down."),
            size=size,
        )
