"""Outlines of objects as COCO has them: polygons, and run lengths of masks."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.placement import Placement, Size, placement
from hitl_desktop.formats.lenient import number, whole

_SHORTEST = 6
"""A polygon has three points."""
_MOST_BITS = 50
_MOST = 2**_MOST_BITS
"""No run of a mask is longer."""


def box_around(segmentation: object, size: Size = (0, 0)) -> BBox | None:
    """The box around an outline, in pixels of an image of a size; None where it has no area or is no
    outline.

    A mask of another resolution is scaled; one of another shape is none of this image.
    """
    if isinstance(segmentation, dict):
        return _box_of_runs(cast("dict[str, Any]", segmentation), size)
    polygons = _polygons(segmentation)
    if not polygons:
        return None
    xs, ys = [x for p in polygons for x in p[::2]], [y for p in polygons for y in p[1::2]]
    found = BBox.from_corners(min(xs), min(ys), max(xs), max(ys))
    return found if found.w > 0 and found.h > 0 else None


def moved(segmentation: object, place: Placement) -> list[list[float]] | None:
    """Polygons where they lie after the image was turned or scaled; None for masks, whose pixels are
    gone."""
    polygons = None if isinstance(segmentation, dict) else _polygons(segmentation)
    return [place.points(p) for p in polygons] if polygons else None


def _polygons(value: object) -> list[list[float]]:
    """Lists of x, y, x, y ...; also a single one in no list, and points as pairs. Empty unless all are
    sound."""
    if not isinstance(value, list) or not value:
        return []
    parts = cast("list[Any]", value)
    if not isinstance(parts[0], list):
        parts = [parts]
    elif all(isinstance(p, list) and len(cast("list[Any]", p)) == 2 for p in parts):
        parts = [[n for pair in parts for n in pair]]
    found: list[list[float]] = []
    for part in parts:
        numbers = _coordinates(part)
        if numbers is None:
            return []
        if len(numbers) >= _SHORTEST:
            found.append(numbers)
    return found


def _coordinates(polygon: object) -> list[float] | None:
    """x, y, x, y ... of a polygon, whose points may be pairs; None where a number is missing or odd."""
    if not isinstance(polygon, list):
        return None
    values = cast("list[Any]", polygon)
    if values and all(isinstance(pair, list) for pair in values):
        values = [n for pair in values for n in pair]
    numbers = [n for n in map(number, values) if n is not None]
    return numbers if len(numbers) == len(values) and len(numbers) % 2 == 0 else None


def _box_of_runs(mask: dict[str, Any], image: Size) -> BBox | None:
    """The box of a mask given as run lengths, column by column, of what is outside and inside in turn."""
    size: Any = mask.get("size")
    sides = [whole(n) or 0 for n in cast("list[Any]", size)] if isinstance(size, list) else []
    height, width = sides if len(sides) == 2 else (0, 0)
    counts = _runs(mask.get("counts"))
    area = height * width
    if min(height, width) < 1 or counts is None or len(counts) < 2 or sum(counts) != area or area >= _MOST:
        return None
    place = placement((width, height), image) if min(image) > 0 else Placement((width, height))
    if place is None:
        return None
    ends = np.cumsum(np.array(counts, np.int64))
    starts, stops = ends[:-1:2], ends[1::2]
    starts, stops = starts[stops > starts], stops[stops > starts]
    if not len(starts):
        return None
    first, last = starts // height, (stops - 1) // height
    left, right = int(first.min()), int(last.max()) + 1
    if bool((first != last).any()):  # a run from one column into the next touches top and bottom
        top, bottom = 0, height
    else:
        top, bottom = int((starts % height).min()), int(((stops - 1) % height).max()) + 1
    return place.box(BBox(left, top, right - left, bottom - top))


def _runs(counts: object) -> list[int] | None:
    if isinstance(counts, str):
        return _unpacked(counts)
    if not isinstance(counts, list):
        return None
    runs = [n for n in map(whole, cast("list[Any]", counts)) if n is not None and 0 <= n < _MOST]
    return runs if len(runs) == len(cast("list[Any]", counts)) else None


def _unpacked(text: str) -> list[int] | None:
    """Run lengths from COCO's text form: 5 bits and a sign a character, from the third on as differences."""
    runs: list[int] = []
    at = 0
    while at < len(text):
        value, bits, more = 0, 0, True
        while more:
            if at >= len(text) or bits > _MOST_BITS:
                return None
            part = ord(text[at]) - 48
            if not 0 <= part < 64:
                return None
            value |= (part & 0x1F) << bits
            more = bool(part & 0x20)
            at, bits = at + 1, bits + 5
            if not more and part & 0x10:
                value |= -1 << bits
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
    return runs if all(0 <= run < _MOST for run in runs) else None
