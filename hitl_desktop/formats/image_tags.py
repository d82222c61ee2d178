"""Tags of whole images: a folder for each tag with its images, or a table with an image and its tags in each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.image_sizes import of_file
from hitl_desktop.formats.text_files import read_csv
from hitl_desktop.translation import tr

_IMAGE, _TAGS = ("filename", "image", "file_name", "file", "path"), ("tags", "tag", "labels", "classes")
_SPLITS = {"train": "train", "val": "val", "valid": "val", "test": "test"}
_BETWEEN = ";"


def read_folders(path: Path, sizes: Sizes) -> ImportResult:
    """Read folders whose names are tags, perhaps below train, val and test.

    Raises:
        FormatError: there are none with images.
    """
    builder = DatasetBuilder(sizes)
    for file in folder.images_in(path) if path.is_dir() else ():
        *parts, name = file.relative_to(path).parts
        split = _SPLITS.get(parts[0].lower(), "") if parts else ""
        tags = parts[bool(split) :][:1]
        if tags:
            size = of_file(file) or (0, 0)
            builder.image(
                name, "/".join([*parts, name]), size, tags=tags, state=ImageState.UNDECIDED, split=split
            )
    if not builder.images:
        raise FormatError(
            tr("{path} has no folders with images in it.", path=path),
            hint=tr("Give the folder with a folder for each tag."),
        )
    return builder.result()


def read_table(path: Path, sizes: Sizes) -> ImportResult:
    """Read a table of images and their tags.

    Raises:
        FormatError: it is none.
    """
    header, rows = read_csv(path)
    places = tag_columns(header)
    if places is None:
        raise FormatError(
            tr(
                "{path} has no columns for image and tags: {header}.",
                path=path,
                header=", ".join(header[:12]),
            ),
            hint=tr("Call them filename and tags; tags are separated by semicolons."),
        )
    builder = DatasetBuilder(sizes)
    for number, row in rows:
        if max(places) < len(row):
            words = row[places[1]].split(_BETWEEN)
            builder.image(f"row {number}", row[places[0]], tags=words, state=ImageState.UNDECIDED)
    return builder.result()


def tag_columns(header: Sequence[str]) -> tuple[int, int] | None:
    """The places of image and tags."""
    plain = [word.casefold() for word in header]
    found = [next((plain.index(w) for w in words if w in plain), None) for words in (_IMAGE, _TAGS)]
    return None if None in found else (found[0] or 0, found[1] or 0)


def write_table(dataset: Dataset, path: Path) -> None:
    """Write the tags of each image, atomically.

    Raises:
        FormatError: the place cannot be written.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["filename", "tags"])
    table.writerows([image.file_name, _BETWEEN.join(image.tags)] for image in dataset.images)
    write_atomically(path, text.getvalue().encode())
