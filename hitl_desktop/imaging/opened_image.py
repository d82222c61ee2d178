"""What both decoders offer for an image whose header was read."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from hitl_desktop.domain.words import counted
from hitl_desktop.imaging.pixels import RgbImage
from hitl_desktop.translation import trn


class OpenedImage(Protocol):
    """An image whose header was read."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored."""
        ...

    def upright_size(self) -> tuple[int, int]:
        """Width and height as shown."""
        ...

    def turned_by(self) -> int:
        """The orientation (EXIF, 1 to 8) by which the stored pixels are turned; 1 where the decoder itself
        does it."""
        ...

    def check(self) -> RgbImage | None:
        """Decode it to its end; a small view of it, where that costs next to nothing."""
        ...

    def pixels(self) -> RgbImage:
        """The whole image, upright."""
        ...

    def reduced(self, side: int) -> RgbImage:
        """The image scaled down to at most `side` pixels a side, upright."""
        ...

    def remark(self) -> str | None:
        """What a person should be told about the file."""
        ...


class Repaired(NamedTuple):
    """The bytes that are decoded instead of a damaged file whose pixels are all there."""

    data: bytes
    remark: str | None = None


def pages_remark(count: int, kind: str) -> str | None:
    """The remark about a file with several pages; None for one."""
    if count < 2:
        return None
    return trn(
        "The file holds {parts}; the first one is used, the other one is left out.",
        "The file holds {parts}; the first one is used, the other {others} are left out.",
        count - 1,
        parts=counted(count, kind),
        others=counted(count - 1, kind),
    )
