"""What one record of a COCO file has: an image, a box, a category, and what is left when these are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import COMMON, CROWD, Value, Values, as_values
from hitl_desktop.domain.categories import clean_name, name_key, normalise_name
from hitl_desktop.domain.dataset import DatasetImage
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.formats import lenient
from hitl_desktop.formats.extras import apart, rounded_area
from hitl_desktop.formats.lenient_json import decoded

Record = dict[str, Any]


def as_object(raw: msgspec.Raw) -> Record | None:
    """The record; None where the JSON is no object."""
    record = decoded(raw)
    return cast("Record", record) if isinstance(record, dict) else None


def text(value: object) -> str:
    """A name, also one that is a number; empty for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def words(record: Record, key: str) -> tuple[str, ...]:
    """The names listed under a key."""
    raw: Any = record.get(key)
    words = cast("list[Any]", raw) if isinstance(raw, list) else []
    return tuple(word for word in words if isinstance(word, str) and name_key(word))


def without(record: Record, keys: Sequence[str]) -> Record:
    """The record but for these keys."""
    return {key: value for key, value in record.items() if key not in keys}


def encoded(record: Record | None) -> bytes:
    """The record as JSON; empty for an empty one."""
    return msgspec.json.encode(record) if record else b""


def category_extra(record: Record) -> bytes:
    """What a category has beside its name, as JSON."""
    name = record.get("name")
    held = ["id"] + ([] if isinstance(name, str) and name != clean_name(name) else ["name"])
    held += ["supercategory"] if record.get("supercategory") == "" else []
    return encoded(without(record, held))


def image_of(record: Record, number: int, name: str) -> DatasetImage:
    """The image, under this number and name."""
    record, foreign = apart(record)
    state = record.get("state")
    width, height = lenient.whole(record.get("width")), lenient.whole(record.get("height"))
    has_state = isinstance(state, str) and state in set(ImageState)
    held = ["id", "file_name", "width", "height"] + (["state"] if has_state else [])
    held += ["sets"] if isinstance(record.get("sets"), list) else []
    split = record.get("split")
    tags = words(record, "tags")
    if record.get("tags") == sorted(tags) and len({normalise_name(tag) for tag in tags}) == len(tags):
        held.append("tags")
    is_sized = width is not None and height is not None and width > 0 and height > 0
    return DatasetImage(
        number,
        name.replace("\\", "/").removeprefix("./"),
        cast("int", width) if is_sized else 0,
        cast("int", height) if is_sized else 0,
        words(record, "tags"),
        ImageState(cast("str", state)) if has_state else None,
        words(record, "sets"),
        encoded(without(record, held) | foreign),
        split if isinstance(split, str) else "",
    )


def annotation_of(image_id: int, category_id: int, bbox: BBox, record: Record) -> Annotation:
    """The box with what the program has a place for; its id is 0."""
    origin, proposed_by = record.get("origin"), record.get("proposed_by")
    attributes = values_in(record)
    return Annotation(
        id=0,
        image_id=image_id,
        category_id=category_id,
        bbox=bbox,
        origin=Origin(origin) if isinstance(origin, str) and origin in set(Origin) else Origin.IMPORTED,
        proposed_by=proposed_by if isinstance(proposed_by, str) else None,
        score=lenient.number(record.get("score")),
        edited=record.get("edited") is True,
        crowd=lenient.flag(record["iscrowd"])
        if record.get("iscrowd") is not None
        else (CROWD, True) in attributes,
        attributes=tuple(pair for pair in attributes if pair[0] != CROWD),
    )


def values_in(record: Record) -> Values:
    """The attributes of a record that have a value here, as CVAT and others write them; anything else has
    none.

    Flags that every box has may also stand beside the box (`"occluded": 1`).
    """
    found: dict[str, Value] = {}
    for attribute in COMMON:
        if attribute.name in record and lenient.flag(record[attribute.name]):
            found[attribute.name] = True
    raw: Any = record.get("attributes")
    for name, value in cast("Record", raw).items() if isinstance(raw, dict) else ():
        if not name.strip() or value is False or value == "":
            continue
        if isinstance(value, bool | str):
            found[name] = value
        elif (number := lenient.number(value)) is not None:
            found[name] = number
    return as_values(found)


_OURS = (("sets", list), ("edited", bool), ("suggestion", bool))
"""Marks of this program; where a suggestion comes in as a label it is none any longer."""
_HELD = ("id", "image_id", "category_id", "bbox")


def leftover(record: Record, annotation: Annotation, area_decimals: int | None) -> Record:
    """What of an annotation is lost when only the annotation is kept."""
    left = without(record, _HELD)
    if annotation.crowd or not lenient.number(left.get("iscrowd")):  # not 2, which is no flag
        left.pop("iscrowd", None)
    for key, kind in _OURS:
        if isinstance(left.get(key), kind):
            left.pop(key)
    if left.get("origin") == annotation.origin.value:
        left.pop("origin", None)
    if annotation.proposed_by is not None:
        left.pop("proposed_by", None)
    if annotation.score is not None:
        left.pop("score", None)
    if annotation.attributes and encoded(left.get("attributes")) == encoded(
        dict(annotation.attributes)
    ):  # 1 != 1.0
        left.pop("attributes", None)
    if not left.get("segmentation"):
        left.pop("segmentation", None)
    area = lenient.number(left.pop("area", None))
    if area is not None and area != rounded_area(annotation.bbox, area_decimals):
        left["area"] = record["area"] if isinstance(record["area"], int | float) else area
    return left
