"""Boxes of a COCO file that are exactly as COCO has them, which are nearly all: read at once, without a look at each
key."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.formats.extras import rounded_area
from hitl_desktop.formats.lenient_json import decoded

_NOTHING = msgspec.Raw(b"")
_MOST_DECIMALS = 6
"""If one sampled area has more decimals than this, the areas count as not rounded."""


class PlainBox(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A record with the keys of COCO and no others, of the types that COCO gives them."""

    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: msgspec.Raw = _NOTHING
    iscrowd: int = 0
    segmentation: msgspec.Raw = _NOTHING


class PlainRecord(msgspec.Struct, omit_defaults=True, gc=False):
    """A box as it is written: the keys of COCO, then those of this program that it has."""

    id: int
    image_id: int
    category_id: int
    bbox: BBox
    area: float | msgspec.Raw
    iscrowd: int
    segmentation: Sequence[float] | msgspec.Raw
    origin: str | None = None
    proposed_by: str | None = None
    score: float | None = None
    edited: bool | None = None
    sets: list[str] | None = None


class _PlainLeftover(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    area: msgspec.Raw = _NOTHING
    segmentation: msgspec.Raw = _NOTHING


_decode_leftover = msgspec.json.Decoder(_PlainLeftover).decode


def record_of(
    a: Annotation, sets: Sequence[str] | None, extra: bytes | None, area_decimals: int | None
) -> PlainRecord | None:
    """The record of a box; None where it has attributes, or other keys than an area and an outline."""
    if a.attributes:
        return None
    area, outline = rounded_area(a.bbox, area_decimals), ()
    if extra:
        try:
            left = _decode_leftover(extra)
        except msgspec.MsgspecError:
            return None
        area = area if left.area is _NOTHING else left.area
        outline = outline if left.segmentation is _NOTHING else left.segmentation
    return PlainRecord(
        a.id, a.image_id, a.category_id, a.bbox, area, int(a.crowd), outline,
        None if a.origin is Origin.IMPORTED else a.origin.value, a.proposed_by, a.score, a.edited or None,
        list(sets) if sets else None,
    )  # fmt: skip


decode_plain = msgspec.json.Decoder(PlainBox).decode
"""A `PlainBox`, of a record in JSON.

Raises:
    msgspec.MsgspecError: the record is another one.
"""


def decimals_of_areas(records: Iterable[msgspec.Raw]) -> int | None:
    """The number of decimals to which most of these records round width times height for their area; None if most areas
    are exact, or something else."""
    areas: list[tuple[BBox, float]] = []
    decimals = 0
    for raw in records:
        try:
            box = decode_plain(raw)
        except msgspec.MsgspecError:
            continue
        area, text = area_of(box), bytes(box.area)
        if math.isfinite(area) and area and b"e" not in text.lower():
            areas.append((BBox(*box.bbox), area))
            decimals = max(decimals, len(text.partition(b".")[2]))
    if decimals > _MOST_DECIMALS:
        return None
    exact, rounded = (sum(rounded_area(box, d) == area for box, area in areas) for d in (None, decimals))
    return decimals if rounded > max(exact, len(areas) / 2) else None


def area_of(box: PlainBox) -> float:
    """The area that is given; 0 where there is none, NaN for one that is no number."""
    raw = bytes(box.area)
    try:
        return float(raw) if raw else 0.0
    except ValueError:
        return math.nan


def annotation_of(box: PlainBox, image_id: int, category_id: int) -> Annotation | None:
    """The box; None where it needs a second look."""
    x, y, w, h = box.bbox
    if not (w > 0 and h > 0 and math.isfinite(x + y + w + h)) or box.iscrowd not in {0, 1}:
        return None
    return Annotation(
        box.id, image_id, category_id, BBox(x, y, w, h), Origin.IMPORTED, None, None, False, box.iscrowd == 1
    )


def leftover_of(box: PlainBox, bbox: BBox, area: float, area_decimals: int | None) -> bytes:
    """What of a record is lost when only its box is kept, as JSON; empty if nothing."""
    outline = bytes(box.segmentation)
    keeps_area = box.area is not _NOTHING and area != rounded_area(bbox, area_decimals)
    if outline in {b"", b"[]"}:
        return b'{"area":%b}' % bytes(box.area) if keeps_area else b""
    kept = {"area": msgspec.Raw(box.area)} if keeps_area else {}
    value = decoded(box.segmentation)
    return msgspec.json.encode(kept | {"segmentation": value} if value else kept) if kept or value else b""
