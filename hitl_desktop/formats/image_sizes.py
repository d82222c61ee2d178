"""The sizes of image files that lie beside labels without them."""

from __future__ import annotations

from pathlib import Path

from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import read_header


def of_file(file: Path) -> tuple[int, int] | None:
    """The upright width and height by the header of a file; None where it cannot be read."""
    try:
        return read_header(file)[0]
    except UnreadableImageError:
        return None
