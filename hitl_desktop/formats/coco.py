"""COCO detection files (https://cocodataset.org/#format-data)."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import CROWD, Value, Values, as_values
from hitl_desktop.domain.categories import Category, clean_name, normalise_name
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportIssue, ImportResult
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.atomic import write_atomically

Record = dict[str, Any]
Problem = Callable[[str, str], None]
_MOST_ID = 2**53
"""Beyond this other readers of JSON lose digits."""


def read(path: Path) -> ImportResult:
    """Read a file; a bad record costs that record only.

    Raises:
        FormatError: the file is missing, no JSON, or no COCO detection file at all.
    """
    try:
        data = _decode(path.read_bytes())
    except OSError as error:
        raise FormatError(
            f"{path} cannot be read ({error.strerror}).", hint="Check the name and its permissions."
        ) from error
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"{path} is not valid JSON ({error}).", hint="Export it again from where it came from."
        ) from error
    if not isinstance(data, dict) or not isinstance(cast("Record", data).get("images"), list):
        raise FormatError(
            f"{path} is not a COCO detection file: it has no list of images.",
            hint='It needs "images", "annotations" and "categories" lists.',
        )
    issues: list[ImportIssue] = []

    def problem(where: str, what: str) -> None:
        issues.append(ImportIssue(where, what))

    root = cast("Record", data)
    categories, category_ids = _read_categories(root, problem)
    images = {image.id: image for image in _read_images(root, problem)}
    incomplete: set[int] = set()
    pinned: dict[int, tuple[str, ...]] = {}
    annotations = tuple(_read_annotations(root, images, category_ids, problem, incomplete, pinned))
    dataset = Dataset(tuple(images.values()), categories, annotations, pinned)
    return ImportResult(dataset, tuple(issues), frozenset(incomplete))


def _decode(content: bytes) -> Any:
    """JSON, also with a byte order mark, and with what Python writes and JSON forbids: NaN, half of a letter."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return json.loads(content, object_hook=_in_whole_letters)


def _in_whole_letters(record: Record) -> Record:
    """Halves of letters (lone surrogates), which no file can hold, become the sign for an unknown one."""
    return {_whole(key): _whole(value) for key, value in record.items()}


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return [_whole(part) for part in cast("list[Any]", value)] if isinstance(value, list) else value


def _records(root: Record, key: str, problem: Problem) -> Iterator[tuple[str, Record]]:
    values: Any = root.get(key, [])
    if not isinstance(values, list):
        problem(key, "is not a list and was left out")
        return
    for number, value in enumerate(cast("list[Any]", values)):
        if isinstance(value, dict):
            yield f"{key}[{number}]", cast("Record", value)
        else:
            problem(f"{key}[{number}]", "is not an object and was left out")


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST_ID


def _number(value: object) -> float | None:
    """A finite number, or None."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _read_categories(root: Record, problem: Problem) -> tuple[tuple[Category, ...], dict[int, int]]:
    """The categories, and which of the file's ids stands for which of them (same names are one; ids below 1 move)."""
    records: list[tuple[int, str]] = []
    seen: set[int] = set()
    for where, record in _records(root, "categories", problem):
        id_, name = record.get("id"), record.get("name")
        if not _is_id(id_) or not isinstance(name, str) or not normalise_name(name):
            problem(where, "needs a whole number as id and a name, and was left out")
        elif id_ in seen:
            problem(where, f"repeats the id {id_} and was left out")
        else:
            seen.add(cast("int", id_))
            records.append((cast("int", id_), clean_name(name)))
    next_id = max([0, *seen]) + 1
    by_name: dict[str, int] = {}
    categories: list[Category] = []
    ids: dict[int, int] = {}
    for id_, name in records:
        key = normalise_name(name)
        if key in by_name:
            problem(
                "categories", f"{name!r} (id {id_}) is the same name as id {by_name[key]}; both become one category"
            )
            ids[id_] = by_name[key]
            continue
        new_id = id_
        if id_ < 1:
            new_id, next_id = next_id, next_id + 1
            problem("categories", f"{name!r} has the id {id_}; COCO tools need ids from 1 up, so it becomes {new_id}")
        by_name[key] = ids[id_] = new_id
        categories.append(Category(new_id, name))
    return tuple(categories), ids


def _read_images(root: Record, problem: Problem) -> Iterator[DatasetImage]:
    seen: set[int] = set()
    for where, record in _records(root, "images", problem):
        id_, name = record.get("id"), record.get("file_name")
        if not _is_id(id_) or not isinstance(name, str) or not name:
            problem(where, "needs a whole number as id and a file_name, and was left out")
            continue
        if id_ in seen:
            problem(where, f"repeats the id {id_} and was left out")
            continue
        seen.add(cast("int", id_))
        width, height = record.get("width"), record.get("height")
        size_known = _is_id(width) and _is_id(height)
        state = record.get("state")
        name = name.replace("\\", "/").removeprefix("./")
        yield DatasetImage(
            cast("int", id_),
            name,
            cast("int", width) if size_known else 0,
            cast("int", height) if size_known else 0,
            _words(record, "tags"),
            ImageState(state) if isinstance(state, str) and state in set(ImageState) else ImageState.DECIDED,
            _words(record, "sets"),
        )


def _words(record: Record, key: str) -> tuple[str, ...]:
    """The names listed under a key."""
    raw: Any = record.get(key)
    words = cast("list[Any]", raw) if isinstance(raw, list) else []
    return tuple(word for word in words if isinstance(word, str) and normalise_name(word))


def _read_annotations(
    root: Record,
    images: dict[int, DatasetImage],
    category_ids: dict[int, int],
    problem: Problem,
    incomplete: set[int],
    pinned: dict[int, tuple[str, ...]],
) -> Iterator[Annotation]:
    seen: set[int] = set()
    outlines = 0
    for where, record in _records(root, "annotations", problem):
        image_id, category_id = record.get("image_id"), record.get("category_id")
        if not _is_id(image_id) or image_id not in images:
            problem(where, f"refers to the unknown image {image_id!r} and was left out")
            continue
        if not _is_id(category_id) or category_id not in category_ids:
            incomplete.add(cast("int", image_id))
            problem(where, f"refers to the unknown category {category_id!r} and was left out")
            continue
        bbox = _read_bbox(record.get("bbox"))
        if bbox is None:
            incomplete.add(cast("int", image_id))
            problem(where, f"has no usable bbox ({record.get('bbox')!r}) and was left out")
            continue
        id_ = record.get("id")
        if not _is_id(id_) or cast("int", id_) < 1 or id_ in seen:
            lost = " and leaves its sets of edge cases" if _words(record, "sets") else ""
            problem(where, f"has the id {id_!r}, which is no free number from 1 up; it gets a new one{lost}")
            id_ = 0
        seen.add(cast("int", id_))
        if id_ and (sets := _words(record, "sets")):
            pinned[cast("int", id_)] = sets
        outlines += bool(record.get("segmentation"))
        yield _annotation(cast("int", id_), cast("int", image_id), category_ids[cast("int", category_id)], bbox, record)
    if outlines:
        problem("annotations", f"{outlines} outlines (segmentation) were read as boxes only")


def _annotation(id_: int, image_id: int, category_id: int, bbox: BBox, record: Record) -> Annotation:
    origin, score, proposed_by = record.get("origin"), record.get("score"), record.get("proposed_by")
    attributes = _read_attributes(record.get("attributes"))
    return Annotation(
        id=id_,
        image_id=image_id,
        category_id=category_id,
        bbox=bbox,
        origin=Origin(origin) if isinstance(origin, str) and origin in set(Origin) else Origin.IMPORTED,
        proposed_by=proposed_by if isinstance(proposed_by, str) else None,
        score=_number(score),
        edited=record.get("edited") is True,
        crowd=record.get("iscrowd") in (1, True) or (CROWD, True) in attributes,
        attributes=tuple(pair for pair in attributes if pair[0] != CROWD),
    )


def _read_attributes(value: object) -> Values:
    """Names with a value that says something, as CVAT and others write them; anything else is no attribute."""
    if not isinstance(value, dict):
        return ()
    found: dict[str, Value] = {}
    for name, said in cast("dict[object, object]", value).items():
        if not isinstance(name, str) or not name.strip() or said is False or said == "":
            continue
        if isinstance(said, bool | str):
            found[name] = said
        elif (number := _number(said)) is not None:
            found[name] = number
    return as_values(found)


def _read_bbox(value: object) -> BBox | None:
    if not isinstance(value, list) or len(cast("list[Any]", value)) != 4:
        return None
    numbers = [n for n in map(_number, cast("list[Any]", value)) if n is not None]
    if len(numbers) < 4:
        return None
    bbox = BBox(*numbers)
    return bbox if bbox.w > 0 and bbox.h > 0 else None


def write(dataset: Dataset, path: Path) -> None:
    """Write a file, atomically; origin, score, attributes, tags and sets are extra keys that COCO tools ignore.

    Raises:
        FormatError: the place cannot be written.
    """
    write_atomically(path, msgspec.json.format(msgspec.json.encode(to_record(dataset)), indent=1))


def to_record(dataset: Dataset) -> Record:
    """The data set as COCO lays it out."""
    return {
        "info": {"description": "Exported by HITL Desktop", "version": "1.0"},
        "licenses": [],
        "images": [_image_record(image) for image in dataset.images],
        "annotations": [_annotation_record(a, dataset.pinned.get(a.id)) for a in dataset.annotations],
        "categories": [{"id": c.id, "name": c.name, "supercategory": ""} for c in dataset.categories],
    }


def _image_record(image: DatasetImage) -> Record:
    record: Record = {"id": image.id, "file_name": image.file_name, "width": image.width, "height": image.height}
    if image.tags:
        record["tags"] = list(image.tags)
    if image.sets:
        record["sets"] = list(image.sets)
    if image.state is not ImageState.DECIDED:
        record["state"] = image.state.value
    return record


def _annotation_record(annotation: Annotation, sets: Sequence[str] | None) -> Record:
    extra = {"proposed_by": annotation.proposed_by, "score": annotation.score, "edited": annotation.edited or None}
    extra |= {"attributes": dict(annotation.attributes) or None, "sets": list(sets) if sets else None}
    return {
        "id": annotation.id,
        "image_id": annotation.image_id,
        "category_id": annotation.category_id,
        "bbox": list(annotation.bbox),
        "area": annotation.bbox.area,
        "iscrowd": int(annotation.crowd),
        "segmentation": [],
        "origin": annotation.origin.value,
    } | {key: value for key, value in extra.items() if value is not None}
