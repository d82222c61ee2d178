"""What a COCO annotation has beside its box, when the box, its category or its image changed since."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, cast

import msgspec
from msgspec import structs

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import as_values
from hitl_desktop.domain.box_forms import MOST_FRACTION
from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.placement import Placement, Size
from hitl_desktop.formats import outlines
from hitl_desktop.formats.lenient import number

_OF_THE_BOX = ("segmentation", "area", "keypoints", "num_keypoints")
_OF_THE_CATEGORY = ("keypoints", "num_keypoints")
_COUNTED = {"segmentation": "outline", "area": "area", "keypoints": "key points"}
"""What a loss of a key is called; the others go with these."""


_MOST_ROUNDED = 1e9
"""Larger areas are not rounded: a float has no decimals to spare for them."""
_SCALES = tuple(10**decimals for decimals in range(7))
_BESIDE = "hitl_"
_MARKS = ("state", "sets", "origin", "proposed_by", "score", "edited", "decision")
"""Keys of this program's own in the records of images and annotations."""


def beside(known_licences: Mapping[str, Any], extra: Container[str]) -> dict[str, Any]:
    """This program's marks on a record; under names of their own where another program's value has the
    name."""
    return {_BESIDE + key if key in extra else key: value for key, value in known_licences.items()}


def apart(record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A record with this program's marks under their usual names, and what other programs have under these
    names."""
    named = [key for key in _MARKS if _BESIDE + key in record]
    if not named:
        return record, {}
    left = {key: value for key, value in record.items() if key not in {_BESIDE + mark for mark in named}}
    return left | {key: record[_BESIDE + key] for key in named}, {
        key: left[key] for key in named if key in left
    }


def merged_licences(known: bytes, new: bytes) -> tuple[bytes, dict[bytes, Any]] | None:
    """The licences of two files as one list, and the ids that those of the second have in it where they are
    others.

    None if one of the two is no list of objects.
    """
    known_licences, new_licences = msgspec.json.decode(known), msgspec.json.decode(new)
    if not _are_objects(known_licences) or not _are_objects(new_licences):
        return None
    both = cast("list[dict[str, Any]]", list(known_licences))
    changed: dict[bytes, Any] = {}
    for licence in cast("list[dict[str, Any]]", new_licences):
        same = next((other for other in both if _but_id(other) == _but_id(licence)), None)
        is_taken = any(other.get("id") == licence.get("id") for other in both)
        if same is None:
            fresh = 1 + max(
                [0, *(id_ for other in (*both, *new_licences) if isinstance(id_ := other.get("id"), int))]
            )
            same = licence | {"id": fresh} if is_taken else licence
            both.append(same)
        if same.get("id") != licence.get("id"):
            changed[msgspec.json.encode(licence.get("id"))] = same.get("id")
    return msgspec.json.encode(both), changed


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in cast("list[Any]", value))


def _but_id(licence: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in licence.items() if key != "id"}


def with_licence(extra: bytes, changed: Mapping[bytes, Any]) -> bytes:
    """The keys of an image with the licence's id as it is now."""
    record = cast("dict[str, Any]", msgspec.json.decode(extra)) if extra and changed else {}
    id_ = msgspec.json.encode(record.get("license"))
    return msgspec.json.encode(record | {"license": changed[id_]}) if id_ in changed and record else extra


def filled(known: bytes, new: bytes, *, but: Container[str] = ()) -> tuple[bytes, list[str]]:
    """The keys of both, the first's where both have a value, and the keys of which the second has another
    value."""
    known_fields, new_fields = (
        _record(known),
        {key: value for key, value in _record(new).items() if key not in but},
    )
    merged, clashing = _filled(known_fields, new_fields)
    return (known if merged == known_fields else msgspec.json.encode(merged)), clashing


def _record(extra: bytes) -> dict[str, Any]:
    return msgspec.json.decode(extra) if extra else {}


def _filled(known: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    merged, clashing = dict(known), list[str]()
    for key, value in new.items():
        current = merged.get(key)
        if key not in merged or (_is_blank(current) and not _is_blank(value)):
            merged[key] = value
        elif key == "attributes" and isinstance(current, dict) and isinstance(value, dict):
            merged[key], more = _filled(cast("dict[str, Any]", current), cast("dict[str, Any]", value))
            clashing += [key] if more else []
        elif current != value and not _is_blank(value):
            clashing.append(key)
    return merged, clashing


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})


def joined(
    a: Annotation, extra: bytes, other: Annotation, more: bytes
) -> tuple[Annotation, bytes, list[str]]:
    """A box with what it lacks of an equal one of another record, and the keys of which that has another
    value."""
    known_fields, new_fields = _record(extra), _record(more)
    if "attributes" in known_fields or "attributes" in new_fields or a.attributes != other.attributes:
        known_fields, new_fields = _with_attributes(a, known_fields), _with_attributes(other, new_fields)
    merged, clashing = _filled(known_fields, new_fields)
    both = structs.replace(
        a,
        score=other.score if a.score is None else a.score,
        proposed_by=a.proposed_by or other.proposed_by,
        attributes=as_values({**dict(other.attributes), **dict(a.attributes)}),
    )
    clashing += ["score"] if other.score is not None and both.score != other.score else []
    return both, (msgspec.json.encode(merged) if merged != _record(extra) else extra), clashing


def _with_attributes(a: Annotation, record: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in a.attributes if name not in record}
    return record if "attributes" in record or not values else record | {"attributes": values}


def rounded_area(box: BBox, decimals: int | None) -> float:
    """Width times height, rounded to so many decimals (6 at most) unless that gives 0; four times as fast as `round`,
    from which it differs for some halves."""
    area = box.w * box.h
    if decimals is None or not 0 <= area <= _MOST_ROUNDED:
        return area
    scale = _SCALES[decimals]
    return math.floor(area * scale + 0.5) / scale or area


def with_area_rule(dataset: Dataset, decimals: int | None) -> Dataset:
    """The same data set with areas rounded to so many decimals by default; others are kept explicitly."""
    own = dataset.extras.area_decimals
    if own == decimals:
        return dataset
    kept = dict(dataset.extras.annotations)
    for a in dataset.annotations if dataset.extras.has_areas else ():
        area = rounded_area(a.bbox, own)
        record = _record(kept.get(a.id, b""))
        if "area" not in record and area != rounded_area(a.bbox, decimals):
            kept[a.id] = msgspec.json.encode({"area": area} | record)
    return replace(dataset, extras=replace(dataset.extras, annotations=kept, area_decimals=decimals))


def with_area(extra: bytes, area: float) -> bytes:
    """The keys with this area added if they have none."""
    record = _record(extra)
    return extra if "area" in record else msgspec.json.encode(record | {"area": area})


def without_area(extra: bytes, area: float) -> bytes:
    """The keys without their area if it is this one."""
    record = _record(extra)
    if record.get("area") != area:
        return extra
    del record["area"]
    return msgspec.json.encode(record) if record else b""


def fitting(extra: bytes, *, is_same_box: bool, is_same_category: bool) -> tuple[bytes, list[str]]:
    """The keys that still fit, and in words what was dropped."""
    stale = {*(() if is_same_box else _OF_THE_BOX), *(() if is_same_category else _OF_THE_CATEGORY)}
    return _without(extra, stale) if stale else (extra, [])


def _without(extra: bytes, stale: set[str]) -> tuple[bytes, list[str]]:
    record = cast("dict[str, Any]", msgspec.json.decode(extra))
    dropped = [words for key, words in _COUNTED.items() if key in stale and key in record]
    left = {key: value for key, value in record.items() if key not in stale}
    return (msgspec.json.encode(left) if left else b"", dropped)


def moved(extra: bytes, place: Placement) -> tuple[bytes, list[str]]:
    """The keys after the image was turned or scaled, and in words what was dropped, since it cannot be
    moved."""
    record = cast("dict[str, Any]", msgspec.json.decode(extra))
    stale: set[str] = set()
    if "segmentation" in record:
        polygons = outlines.moved(record["segmentation"], place)
        record["segmentation"] = polygons
        stale |= set() if polygons else {"segmentation"}
    if "area" in record:
        record["area"] = (number(record["area"]) or 0.0) * place.by_x * place.by_y
    if "keypoints" in record:
        record["keypoints"] = _moved_points(record["keypoints"], place)
        stale |= set() if record["keypoints"] else {"keypoints", "num_keypoints"}
    return _without(msgspec.json.encode(record), stale)


def in_pixels(extra: bytes, size: Size) -> bytes:
    """The keys of a box in fractions in pixels of an image of a size; what has numbers above a fraction's is
    kept."""
    record = cast("dict[str, Any]", msgspec.json.decode(extra))
    place = Placement((1, 1), 1, *map(float, size))
    around = outlines.box_around(record.get("segmentation"))
    if around is not None and max(around) <= MOST_FRACTION:
        record["segmentation"] = outlines.moved(record["segmentation"], place) or record["segmentation"]
    points = [n for n in map(number, _list(record.get("keypoints"))) if n is not None]
    if points and max(points[0::3] + points[1::3]) <= MOST_FRACTION:
        record["keypoints"] = _moved_points(record["keypoints"], place) or record["keypoints"]
    area = number(record.get("area"))
    if area is not None and area <= MOST_FRACTION:
        record["area"] = area * place.by_x * place.by_y
    return msgspec.json.encode(record)


def _moved_points(value: object, place: Placement) -> list[float] | None:
    """Key points x, y, v; those that are not labelled (v is 0) stay where they are, at 0, 0."""
    raw = _list(value)
    numbers = [n for n in map(number, raw) if n is not None]
    if not numbers or len(numbers) != len(raw) or len(numbers) % 3:
        return None
    found: list[float] = []
    for x, y, seen in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True):
        found += [*(place.point(x, y) if seen else (x, y)), seen]
    return found


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
