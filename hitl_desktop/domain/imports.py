"""What an import did to a project, so that it can be taken back."""

from __future__ import annotations

import msgspec

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.images import ImageState


class ImportedImage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """State and tags of an image before an import and after it; tags are None where it has none to give."""

    id: int
    state_before: ImageState
    state_after: ImageState
    tags_before: tuple[int, ...] | None = None
    tags_after: tuple[int, ...] | None = None


class FileRow(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of an image or category: its place among those that files had, its id in the file, and its other keys."""

    kind: str
    id: int
    place: int
    file_id: str | None
    extra: bytes


class FileKeys(msgspec.Struct, frozen=True):
    """What data set files had beside boxes: rows of these images and categories (none for those that no file had).

    `top` are the keys at the top of files, and `notes` which files came in and what they lost; None where they are not
    meant.
    """

    images: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    rows: tuple[FileRow, ...] = ()
    top: tuple[tuple[str, bytes], ...] | None = None
    notes: tuple[tuple[str, str | None], ...] = ()


class ImportPortion(msgspec.Struct, frozen=True):
    """What was written in one transaction: images, and on these the boxes whose ids lie in `boxes` (first, last).

    `removed` are boxes that gave way, `changed` those that took something from the file, before and after. `sets` are
    the images that were put into sets of edge cases, by their names, and `pinned` boxes in these; `categories` and
    `attributes` are those that were not there before. `keys_before` is what files before this one had beside boxes.
    """

    boxes: tuple[int, int]
    images: tuple[ImportedImage, ...]
    removed: tuple[Annotation, ...] = ()
    changed: tuple[tuple[Annotation, Annotation], ...] = ()
    sets: tuple[tuple[str, int], ...] = ()
    pinned: tuple[tuple[str, int, int], ...] = ()
    categories: tuple[Category, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    keys_before: FileKeys = FileKeys()
