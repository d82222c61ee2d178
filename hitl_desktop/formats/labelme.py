"""LabelMe, and X-AnyLabeling, which has scores and attributes beside: a JSON file an image (https://github.com/wkentaro/labelme)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, cast

import msgspec

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import Value
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder, lenient
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_json
from hitl_desktop.translation import tr

Record = dict[str, Any]
_CORNERS = 4


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a folder of such files, or one.

    Raises:
        FormatError: there is none.
    """
    root = path if path.is_dir() else path.parent
    builder, found = DatasetBuilder(sizes), 0
    for file, record in folder.values_in(path, ".json", read_json, builder):
        if is_record(record):
            found += 1
            _read_file(builder, record, file, root)
    if not found:
        raise FormatError(
            tr("{path} has no LabelMe files in it.", path=path), hint=tr("Give the folder with labels.")
        )
    return builder.result()


def is_record(record: object) -> bool:
    """Whether a value is a LabelMe file."""
    return isinstance(record, dict) and isinstance(cast("Record", record).get("shapes"), list)


def _read_file(builder: DatasetBuilder, record: Record, file: Path, root: Path) -> None:
    given = record.get("imagePath")
    name = (
        PurePosixPath(str(given).replace("\\", "/")).name
        if isinstance(given, str) and given
        else f"{file.stem}.jpg"
    )
    inside = file.parent.relative_to(root).as_posix()
    name = name if inside == "." else f"{inside}/{name}"
    flags = record.get("flags")
    tags = (
        [k for k, on in cast("Record", flags).items() if lenient.flag(on)] if isinstance(flags, dict) else []
    )
    size = (record.get("imageWidth"), record.get("imageHeight"))
    image = builder.image(file.name, name, size, tags=tags, state=ImageState.DECIDED)
    if image is None:
        return
    for number, shape in enumerate(record["shapes"]):
        where = f"{file.name}: shapes[{number}]"
        if isinstance(shape, dict):
            _read_shape(builder, image, where, cast("Record", shape))
        else:
            builder.incomplete.add(image.id)
            builder.problem(where, tr("is not an object and was left out"), IssueKind.BAD_RECORD)


def _read_shape(builder: DatasetBuilder, image: DatasetImage, where: str, shape: Record) -> None:
    points = _flat(shape.get("points"))
    kind = shape.get("shape_type") or "polygon"
    if kind == "circle" and len(points) == 4 and all(isinstance(p, int | float) for p in points):
        cx, cy, x, y = points
        radius = ((cx - x) ** 2 + (cy - y) ** 2) ** 0.5
        points = [cx - radius, cy - radius, cx + radius, cy + radius]
    attributes: dict[str, Value] = {}
    for source in (shape.get("flags"), shape.get("attributes")):
        for key, value in cast("Record", source).items() if isinstance(source, dict) else ():
            if value is True or (
                isinstance(value, str | float | int) and not isinstance(value, bool) and value != ""
            ):
                attributes[key] = (
                    float(value) if isinstance(value, int) and not isinstance(value, bool) else value
                )
    if lenient.flag(shape.get("difficult")):
        attributes["difficult"] = True
    more = {"score": shape.get("score"), "attributes": attributes}
    is_plain = kind == "rectangle" and (len(points) == _CORNERS or _is_upright(points))
    if is_plain and len(points) == _CORNERS:
        builder.box(where, image, shape.get("label"), points, form="corners", **more)  # type: ignore[arg-type]
    elif is_plain:
        corners = (points[0], points[1], points[4], points[5])
        builder.box(where, image, shape.get("label"), corners, form="corners", **more)  # type: ignore[arg-type]
    else:
        builder.outline(where, image, shape.get("label"), points, **more)


def _is_upright(points: Sequence[Any]) -> bool:
    """Whether four points are the corners of an upright rectangle, one after the other."""
    if len(points) != 2 * _CORNERS:
        return False
    a, b, c, d, e, f, g, h = points
    return (b, c, f, g) == (d, e, h, a)


def _flat(points: object) -> list[Any]:
    pairs = cast("list[Any]", points) if isinstance(points, list) else []
    return [n for pair in pairs if isinstance(pair, list) for n in cast("list[Any]", pair)[:2]]


def write(dataset: Dataset, path: Path, *, more: bool = False) -> None:
    """Write a JSON file for each image; with `more` as X-AnyLabeling has them.

    Raises:
        FormatError: the place cannot be written.
    """
    categories, by_image = {c.id: c.name for c in dataset.categories}, dataset.by_image()
    stems = folder.stems(image.file_name for image in dataset.images)
    shape_of = _shape_with_more if more else _shape
    with folder.whole_folder(path) as put:
        for image in dataset.images:
            record = {
                "version": "3.0.0" if more else "5.5.0",
                "flags": dict.fromkeys(image.tags, True),
                "shapes": [shape_of(a, categories) for a in by_image.get(image.id, ())],
                "imagePath": PurePosixPath(image.file_name).name,
                "imageData": None,
                "imageHeight": image.height,
                "imageWidth": image.width,
            }
            put(f"{stems[image.file_name]}.json", msgspec.json.format(msgspec.json.encode(record), indent=2))


def _shape(a: Annotation, categories: Mapping[int, str]) -> Record:
    return {
        "label": categories[a.category_id],
        "points": [[a.bbox.x, a.bbox.y], [a.bbox.right, a.bbox.bottom]],
        "group_id": None,
        "description": "",
        "shape_type": "rectangle",
        "flags": {name: True for name, value in a.attributes if value is True},
        "mask": None,
    }


def _shape_with_more(a: Annotation, categories: Mapping[int, str]) -> Record:
    x, y, right, bottom = a.bbox.x, a.bbox.y, a.bbox.right, a.bbox.bottom
    values = dict(a.attributes)
    return {
        "label": categories[a.category_id],
        "score": a.score,
        "points": [[x, y], [right, y], [right, bottom], [x, bottom]],
        "group_id": None,
        "description": "",
        "difficult": values.pop("difficult", False) is True,
        "shape_type": "rectangle",
        "flags": {name: True for name, value in values.items() if value is True},
        "attributes": {name: value for name, value in values.items() if value is not True},
        "kie_linking": [],
    }


write_with_more = partial(write, more=True)


def image_place(dataset: Dataset) -> dict[int, str]:
    """Where image files are copied to within the folder: beside their labels."""
    return {image.id: image.file_name for image in dataset.images}
