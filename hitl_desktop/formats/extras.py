"""What a COCO annotation has beside its box, when the box, its category or its picture changed since."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from hitl_desktop.domain.box_forms import MOST_FRACTION
from hitl_desktop.domain.placement import Placement, Size
from hitl_desktop.formats import outlines
from hitl_desktop.formats.lenient import number

_OF_THE_BOX = ("segmentation", "area", "keypoints", "num_keypoints")
_OF_THE_CATEGORY = ("keypoints", "num_keypoints")
_COUNTED = {"segmentation": "outline", "area": "area", "keypoints": "key points"}
"""What a loss of a key is called; the others go with these."""


def merged_licences(known: bytes, new: bytes) -> bytes | None:
    """The licences of two files as one list; None where an id is one licence in the one and another in the other."""
    ours, theirs = msgspec.json.decode(known), msgspec.json.decode(new)
    if not isinstance(ours, list) or not isinstance(theirs, list):
        return None
    both = cast("list[Any]", ours) + [licence for licence in cast("list[Any]", theirs) if licence not in ours]
    ids = [msgspec.json.encode(licence.get("id") if isinstance(licence, dict) else licence) for licence in both]
    return msgspec.json.encode(both) if len(set(ids)) == len(ids) else None


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
    """The keys after the picture was turned or scaled, and in words what was dropped, since it cannot be moved."""
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
    """The keys of a box in fractions in pixels of a picture of a size; what has numbers above a fraction's is kept."""
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
