"""Boxes in a table: a row a box, with a header whose words are recognised, or mapped by the person. Nine digits."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_csv
from hitl_desktop.translation import tr

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "image": (
        "filename",
        "image",
        "file_name",
        "file",
        "path",
        "image_path",
        "image_id",
        "imageid",
        "img",
        "frame",
    ),
    "category": ("class", "label", "category", "name", "class_name", "labelname", "region_class"),
    "left": ("xmin", "x_min", "x1", "left", "xtl"),
    "top": ("ymin", "y_min", "y1", "top", "ytl"),
    "right": ("xmax", "x_max", "x2", "right", "xbr"),
    "bottom": ("ymax", "y_max", "y2", "bottom", "ybr"),
    "x": ("x", "bbox_x", "box_x"),
    "y": ("y", "bbox_y", "box_y"),
    "w": ("w", "bbox_width", "box_width", "bbox_w"),
    "h": ("h", "bbox_height", "box_height", "bbox_h"),
    "width": ("width", "image_width", "img_width"),
    "height": ("height", "image_height", "img_height"),
    "score": ("score", "confidence", "conf", "probability"),
    "split": ("split", "subset", "set"),
}
"""What columns are called, by what they hold."""
_CORNERS, _SIDES = ("left", "top", "right", "bottom"), ("x", "y", "w", "h")
_HEADER = ("filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax", "score", "split")


def read(path: Path, sizes: Sizes, columns: Mapping[str, str] | None = None) -> ImportResult:
    """Read a table; `columns` gives the words of the header for what `WORDS` names.

    Raises:
        FormatError: it is none, or lacks a column.
    """
    header, rows = read_csv(path)
    places = columns_of(header, columns)
    form = next((f for f in (_CORNERS, _SIDES) if all(key in places for key in f)), None)
    if form is None and places.keys() >= {
        "x",
        "y",
        "width",
        "height",
    }:  # of the box, where nothing else has them
        places |= {"w": places.pop("width"), "h": places.pop("height")}
        form = _SIDES
    if form is None or not {"image", "category"} <= places.keys():
        raise FormatError(
            tr(
                "{path} has no columns for image, category and box: {header}.",
                path=path,
                header=_start(header),
            ),
            hint=tr('Say which are which: --columns "image=file,category=label,left=x0,..."'),
        )
    builder = DatasetBuilder(sizes)
    for number, row in rows:
        cells = {key: row[place].strip() for key, place in places.items() if place < len(row)}
        known = builder.images.get(cells.get("image", ""))
        image = known or builder.image(
            f"row {number}", cells.get("image"), (cells.get("width"), cells.get("height")),
            state=ImageState.DECIDED, split=cells.get("split", ""),
        )  # fmt: skip
        numbers = [cells.get(key) or None for key in form]
        if image is None or (not cells.get("category") and not any(numbers)):
            continue  # an image without boxes
        kind = "corners" if form is _CORNERS else "sides"
        builder.box(
            f"row {number}",
            image,
            cells.get("category"),
            numbers,
            form=kind,
            score=cells.get("score") or None,
        )
    return builder.result()


def columns_of(header: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, int]:
    """The place of each column that is recognised, or was named.

    Raises:
        FormatError: a column that was named is not there.
    """
    plain = [word.strip().strip("#").casefold().replace(" ", "_") for word in header]
    found: dict[str, int] = {}
    for key, words in WORDS.items():
        place = next((plain.index(word) for word in words if word in plain), None)
        if place is not None and place not in found.values():
            found[key] = place
    for key, word in (given or {}).items():
        if key not in WORDS or word not in header:
            raise FormatError(
                tr("There is no column {word} for {key}.", word=word, key=key),
                hint=tr(
                    "Columns: {header}. They can be: {keys}.", header=", ".join(header), keys=", ".join(WORDS)
                ),
            )
        found[key] = header.index(word)
    return found


def _start(header: Sequence[str]) -> str:
    return ", ".join(header[:12])


def is_table(header: Sequence[str]) -> bool:
    """Whether a header has what boxes need."""
    places = columns_of(header).keys()
    has_box = any(places >= set(form) for form in (_CORNERS, _SIDES)) or places >= {
        "x",
        "y",
        "width",
        "height",
    }
    return has_box and places >= {"image", "category"}


def write(dataset: Dataset, path: Path) -> None:
    """Write a table, atomically; an image without boxes has a row with its name and size.

    Raises:
        FormatError: the place cannot be written.
    """
    categories, by_image = {c.id: c.name for c in dataset.categories}, dataset.by_image()
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_HEADER)
    for image in dataset.images:
        first: list[object] = [image.file_name, image.width, image.height]
        for a in by_image.get(image.id, ()):
            corners = (a.bbox.x, a.bbox.y, a.bbox.right, a.bbox.bottom)
            score = "" if a.score is None else f"{a.score:.9g}"
            table.writerow(
                [*first, categories[a.category_id], *(f"{n:.9g}" for n in corners), score, image.split]
            )
        if image.id not in by_image:
            table.writerow([*first, "", "", "", "", "", "", image.split])
    write_atomically(path, text.getvalue().encode())
