"""Open Images: boxes as shares in one table, names of classes in another (https://storage.googleapis.com/openimages/web/factsfigures_v7.html).

Nine digits. Sizes and images without boxes are in a third table, as the original has its image ids.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder, lenient
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_csv
from hitl_desktop.translation import tr

HEADER = ("ImageID", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax")
_FLAGS = {"IsOccluded": "occluded", "IsTruncated": "truncated"}
_BOXES, _NAMES, _IMAGES = "boxes.csv", "class-descriptions-boxable.csv", "image_ids.csv"


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a table of boxes with the other tables beside it.

    Raises:
        FormatError: there is none.
    """
    root = path if path.is_dir() else path.parent
    tables = [path] if path.is_file() else folder.files_in(root, ".csv")
    boxes = [table for table in tables if is_boxes(table)]
    if not boxes:
        raise FormatError(
            tr("{path} has no table of Open Images boxes.", path=path),
            hint=tr("Give the CSV with XMin and XMax."),
        )
    names = _names(root)
    builder = DatasetBuilder(sizes)
    files: dict[str, str] = {}
    if (root / _IMAGES).is_file():
        header, rows = read_csv(root / _IMAGES)
        for number, row in rows:
            cells = dict(zip(header, row, strict=False))
            name = cells.get("FileName") or cells.get("ImageID", "")
            files[cells.get("ImageID", "")] = name
            size = (cells.get("Width"), cells.get("Height"))
            builder.image(
                f"{_IMAGES}:{number}", name, size, state=ImageState.DECIDED, split=cells.get("Subset", "")
            )
    for table in boxes:
        header, rows = read_csv(table)
        for number, row in rows:
            cells = dict(zip(header, row, strict=False))
            where, image_id = f"{table.name}:{number}", cells.get("ImageID", "")
            name = files.get(image_id, f"{image_id}.jpg" if image_id else "")
            image = builder.images.get(name) or builder.image(where, name, state=ImageState.DECIDED)
            if image is None:
                continue
            label = cells.get("LabelName", "")
            corners = [cells.get(key) for key in ("XMin", "YMin", "XMax", "YMax")]
            confidence = lenient.number(cells.get("Confidence"))
            builder.box(
                where, image, names.get(label, label), corners, form="share corners",
                score=None if cells.get("Source") != "machine" and confidence == 1 else confidence,
                crowd=lenient.flag(cells.get("IsGroupOf")),
                attributes={word: True for key, word in _FLAGS.items() if lenient.flag(cells.get(key))},
            )  # fmt: skip
    return builder.result()


def is_boxes(file: Path) -> bool:
    """Whether a table is of Open Images boxes."""
    try:
        return set(HEADER) - {"Confidence"} <= set(read_csv(file)[0])
    except FormatError:
        return False


def _names(root: Path) -> dict[str, str]:
    file = next(iter(sorted(root.glob("class-descriptions*.csv"))), None)
    if file is None:
        return {}
    header, rows = read_csv(file)
    pairs = [header, *(row for _, row in rows)]
    return {pair[0]: pair[1] for pair in pairs if len(pair) > 1 and pair[0] != "LabelName"}


def write(dataset: Dataset, path: Path) -> None:
    """Write a folder with the tables.

    Raises:
        FormatError: the place cannot be written.
    """
    labels = {c.id: f"/hitl/{c.id}" for c in dataset.categories}
    stems = folder.stems(image.file_name for image in dataset.images)
    ids = {image.id: stems[image.file_name] for image in dataset.images}
    sizes = {image.id: (image.width, image.height) for image in dataset.images}
    boxes: list[Sequence[object]] = []
    for a in dataset.annotations:
        width, height = sizes[a.image_id]
        shares = (a.bbox.x / width, a.bbox.right / width, a.bbox.y / height, a.bbox.bottom / height)
        values = dict(a.attributes)
        score = "1" if a.score is None else f"{a.score:.9g}"
        flags = [int(values.get(word) is True) for word in ("occluded", "truncated")]
        source = "verification" if a.score is None else "machine"
        numbers = [f"{n:.12g}" for n in shares]
        first = [ids[a.image_id], source, labels[a.category_id], score]
        boxes.append([*first, *numbers, *flags, int(a.crowd), 0, 0])
    with folder.whole_folder(path) as put:
        header = ["ImageID", "Source", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax",
                  "IsOccluded", "IsTruncated", "IsGroupOf", "IsDepiction", "IsInside"]  # fmt: skip
        put(_BOXES, _csv([header, *boxes]))
        put(
            _NAMES,
            _csv([["LabelName", "DisplayName"], *((labels[c.id], c.name) for c in dataset.categories)]),
        )
        listed = [[ids[i.id], i.split, i.file_name, i.width, i.height] for i in dataset.images]
        put(_IMAGES, _csv([["ImageID", "Subset", "FileName", "Width", "Height"], *listed]))


def _csv(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
