"""VGG Image Annotator 2 projects, and the annotations alone: JSON (https://www.robots.ox.ac.uk/~vgg/software/via/)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from hitl_desktop.domain.attributes import Value
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import lenient
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_json
from hitl_desktop.translation import tr

Record = dict[str, Any]
_VERIFIED = "verified"
"""The attribute of files that a person has looked at: without boxes they are empty."""
_METADATA = "_via_img_metadata"
_NAMES = ("class", "label", "name", "type", "category")
"""Attributes of regions that hold the category, the usual ones first."""


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a project, or its exported annotations.

    Raises:
        FormatError: it is none.
    """
    data = read_json(path)
    if not is_project(data):
        raise FormatError(
            tr("{path} is no VGG Image Annotator file.", path=path),
            hint=tr("Save the project, and give that."),
        )
    root = cast("Record", data)
    builder = DatasetBuilder(sizes)
    for name in _options(root):
        builder.category(name)
    for key, value in cast("Record", root.get(_METADATA, root)).items():
        record = cast("Record", value) if isinstance(value, dict) else {}
        of_file: Any = record.get("file_attributes")
        attributes = cast("Record", of_file) if isinstance(of_file, dict) else {}
        flags = [k for k, v in attributes.items() if v is True or v == "1"]
        tags = [flag for flag in flags if flag != _VERIFIED]
        raw: Any = record.get("regions")
        regions = list(cast("Record", raw).values()) if isinstance(raw, dict) else raw
        image = builder.image(
            key, record.get("filename"), (attributes.get("width"), attributes.get("height")), tags=tags,
            state=ImageState.DECIDED if regions or _VERIFIED in flags else None,
        )  # fmt: skip
        for number, region in enumerate(
            cast("list[Any]", regions) if isinstance(regions, list) and image else ()
        ):
            assert image is not None  # noqa: S101 - the loop is empty otherwise
            where = f"{image.file_name}: regions[{number}]"
            _read_region(builder, image, where, cast("Record", region) if isinstance(region, dict) else {})
    return builder.result()


def is_project(data: object) -> bool:
    """Whether a value is such a file."""
    if not isinstance(data, dict):
        return False
    record = cast("Record", data)
    if isinstance(record.get(_METADATA), dict):
        return True
    first = next(iter(record.values()), None)
    return isinstance(first, dict) and {"filename", "regions"} <= set(cast("Record", first))


def _read_region(builder: DatasetBuilder, image: DatasetImage, where: str, region: Record) -> None:
    shape, own = (
        cast("Record", part) if isinstance(part, dict) else {}
        for part in (region.get("shape_attributes"), region.get("region_attributes"))
    )
    kind, name = shape.get("name"), _category(own)
    rest: dict[str, Value] = {
        k: (float(v) if isinstance(v, int | float) and not isinstance(v, bool) else v)
        for k, v in own.items()
        if k not in (*_NAMES, "score") and isinstance(v, str | int | float) and v not in ("", False)
    }
    more = {"attributes": rest, "score": own.get("score")}
    if kind == "rect":
        numbers = [shape.get(key) for key in ("x", "y", "width", "height")]
        builder.box(where, image, name, numbers, **more)  # type: ignore[arg-type]
    elif kind in {"circle", "ellipse"}:
        radii = [lenient.number(shape.get(key)) for key in (("r", "r") if kind == "circle" else ("rx", "ry"))]
        sides = [None if r is None else 2 * r for r in radii]
        numbers = [shape.get("cx"), shape.get("cy"), *sides]
        builder.box(where, image, name, numbers, form="centre", is_outline=True, **more)  # type: ignore[arg-type]
    elif isinstance(shape.get("all_points_x"), list) and isinstance(shape.get("all_points_y"), list):
        pairs = zip(shape["all_points_x"], shape["all_points_y"], strict=False)
        builder.outline(where, image, name, [n for pair in pairs for n in pair], **more)
    else:
        builder.incomplete.add(image.id)
        builder.problem(where, tr("is a shape without a box here, and was left out"), IssueKind.NO_BOX)


def _options(root: Record) -> list[str]:
    """The categories that a project offers for regions."""
    found: Any = root
    for key in ("_via_attributes", "region", _NAMES[0], "options"):
        found = cast("Record", found).get(key) if isinstance(found, dict) else None
    return [name for name in cast("Record", found) if name.strip()] if isinstance(found, dict) else []


def _category(own: Record) -> object:
    value = next((own[key] for key in _NAMES if key in own), None)
    if value is None and len(own) == 1:
        (value,) = own.values()
    if isinstance(value, dict):  # a checkbox: the options that are on
        return ", ".join(k for k, on in cast("Record", value).items() if on)
    return value


def write(dataset: Dataset, path: Path) -> None:
    """Write a project, atomically. Categories are the attribute "class" of regions.

    Raises:
        FormatError: the place cannot be written.
    """
    categories, by_image = {c.id: c.name for c in dataset.categories}, dataset.by_image()
    metadata = {
        f"{image.file_name}-1": {
            "filename": image.file_name,
            "size": -1,
            "regions": [_region(a, categories) for a in by_image.get(image.id, ())],
            "file_attributes": {"width": str(image.width), "height": str(image.height)}
            | dict.fromkeys(image.tags, "1")
            | ({_VERIFIED: "1"} if image.state is ImageState.DECIDED else {}),
        }
        for image in dataset.images
    }
    options = {c.name: "" for c in dataset.categories}
    project = {
        "_via_settings": {"project": {"name": path.stem}, "core": {"filepath": {}, "default_filepath": ""}},
        _METADATA: metadata,
        "_via_attributes": {
            "region": {
                "class": {"type": "dropdown", "description": "", "options": options, "default_options": {}}
            },
            "file": {},
        },
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": list(metadata),
    }
    write_atomically(path, msgspec.json.format(msgspec.json.encode(project), indent=1))


def _region(a: Any, categories: Mapping[int, str]) -> Record:
    box = {"name": "rect", "x": a.bbox.x, "y": a.bbox.y, "width": a.bbox.w, "height": a.bbox.h}
    own: Record = {"class": categories[a.category_id]} | dict(a.attributes)
    return {
        "shape_attributes": box,
        "region_attributes": own | ({"score": a.score} if a.score is not None else {}),
    }
