"""TIFFs with deep values or other channels, decoded by libvips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hitl_desktop import libvips, tiff
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.image_file import CutShortError
from hitl_desktop.imaging.opened_image import pages_remark
from hitl_desktop.imaging.pixels import RgbImage, shrunk, turned_array, upright_size
from hitl_desktop.translation import tr


@dataclass(frozen=True, slots=True)
class VipsImage:
    """A TIFF that libvips decodes."""

    path: Path
    size: tuple[int, int]
    orientation: int
    pages: int

    @classmethod
    def of(cls, path: Path, layout: tiff.Layout) -> VipsImage | None:
        """Read its header; None for what Pillow is to try: one band, but for numbers that it cannot hold.

        Raises:
            UnreadableImageError: neither reads such values, or the file is cut short.
            pyvips.Error: the header is damaged.
        """
        if layout.is_cut:
            hint = tr("Replace it with a good copy, or leave it out.")
            raise CutShortError(tr("The file ends before its pixels do."), hint=hint, size=layout.size)
        try:
            return cls(path, *libvips.header(path))
        except libvips.library().Error as error:
            if layout.bands == 1 and (layout.is_usual or layout.bits < 16):
                return None
            if layout.is_usual:
                raise
            raise UnreadableImageError(
                tr("A TIFF with {words} is not supported.", words=layout.words),
                hint=tr("Save it with 8, 16 or 32 bits a band, or leave it out."),
                size=layout.size,
            ) from error

    def upright_size(self) -> tuple[int, int]:
        """Width and height as shown."""
        return upright_size(self.size, self.orientation)

    def turned_by(self) -> int:
        """The orientation (EXIF, 1 to 8) by which the stored pixels are turned."""
        return self.orientation

    def check(self) -> None:
        """Decode it to its end."""
        libvips.check_deep(self.path)

    def pixels(self) -> RgbImage:
        """The whole image, upright."""
        return turned_array(libvips.decode_deep(self.path), self.orientation)

    def reduced(self, side: int) -> RgbImage:
        """The image scaled down to at most `side` pixels a side, upright."""
        return shrunk(self.pixels(), side)

    def remark(self) -> str | None:
        """What a person should be told about the file."""
        return pages_remark(self.pages, "page")
