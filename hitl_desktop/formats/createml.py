"""CreateML object detection: a JSON list of images; boxes as centre and size in pixels. It has no image sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec

from hitl_desktop.domain.dataset import Dataset, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_json
from hitl_desktop.translation import tr

Record = dict[str, Any]


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a file.

    Raises:
        FormatError: it is none.
    """
    data = read_json(path)
    if not is_list(data):
        raise FormatError(tr("{path} is no CreateML file.", path=path), hint=tr("Give a list of images."))
    builder = DatasetBuilder(sizes)
    for number, record in enumerate(cast("list[Any]", data)):
        where = f"[{number}]"
        if not isinstance(record, dict):
            builder.lost_track = True
            builder.problem(where, tr("is not an object and was left out"), IssueKind.BAD_RECORD)
            continue
        name = cast("Record", record).get("image", cast("Record", record).get("imagefilename"))
        image = builder.image(where, name, state=ImageState.DECIDED)
        boxes: Any = cast("Record", record).get("annotations", cast("Record", record).get("annotation"))
        for place, each in enumerate(cast("list[Any]", boxes) if isinstance(boxes, list) and image else ()):
            box = cast("Record", each) if isinstance(each, dict) else {}
            given = box.get("coordinates")
            sides = cast("Record", given) if isinstance(given, dict) else {}
            numbers = [sides.get(key) for key in ("x", "y", "width", "height")]
            assert image is not None  # noqa: S101 - the loop is empty otherwise
            builder.box(f"{where}.annotations[{place}]", image, box.get("label"), numbers, form="centre")
    return builder.result()


def is_list(data: object) -> bool:
    """Whether a value is a CreateML file."""
    items = cast("list[Any]", data) if isinstance(data, list) else []
    records = [cast("Record", item) for item in items[:20] if isinstance(item, dict)]
    return bool(records) and any(
        "annotations" in r and ("image" in r or "imagefilename" in r) for r in records
    )


def write(dataset: Dataset, path: Path) -> None:
    """Write a file, atomically.

    Raises:
        FormatError: the place cannot be written.
    """
    categories, by_image = {c.id: c.name for c in dataset.categories}, dataset.by_image()
    records = [
        {
            "image": image.file_name,
            "annotations": [
                {
                    "label": categories[a.category_id],
                    "coordinates": {
                        "x": a.bbox.x + a.bbox.w / 2,
                        "y": a.bbox.y + a.bbox.h / 2,
                        "width": a.bbox.w,
                        "height": a.bbox.h,
                    },
                }
                for a in by_image.get(image.id, ())
            ],
        }
        for image in dataset.images
    ]
    write_atomically(path, msgspec.json.format(msgspec.json.encode(records), indent=1))
