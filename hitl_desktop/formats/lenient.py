"""Numbers, flags and boxes as people and programs write them in JSON."""

from __future__ import annotations

import math
import re
from typing import Any, cast

from hitl_desktop.domain.geometry import BBox

_WHOLE = re.compile(r"[+-]?\d{1,400}(\.0*)?")
_SEPARATORS = re.compile(r"[\s,;]+")
_TRUE = frozenset({"1", "1.0", "true", "yes", "y", "t"})
_NAMES = (
    (("x", "y", "w", "h"), False),
    (("x", "y", "width", "height"), False),
    (("left", "top", "width", "height"), False),
    (("xmin", "ymin", "xmax", "ymax"), True),
    (("x1", "y1", "x2", "y2"), True),
    (("left", "top", "right", "bottom"), True),
)
"""Keys of boxes that are objects, and whether they are two corners."""


def number(value: object) -> float | None:
    """A finite number, also one in quotes or with a decimal comma; None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        value = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    elif not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    """A whole number, also one in quotes or written as 1.0; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and _WHOLE.fullmatch(text := value.strip()):
        return int(text.split(".", maxsplit=1)[0])
    return None


def flag(value: object) -> bool:
    """Whether a flag is set, however that is written."""
    if isinstance(value, str):
        return value.strip().casefold() in _TRUE
    return isinstance(value, bool | int | float) and value == 1


def box(value: object) -> BBox | None:
    """Four numbers with a size: a list, a list in a list, an object with the usual keys, or text of any of
    these."""
    values = _four(value)
    if values is None:
        return None
    numbers = [n for n in map(number, values) if n is not None]
    found = BBox(*numbers) if len(numbers) == 4 else None
    return found if found is not None and found.w > 0 and found.h > 0 else None


def _four(value: object) -> list[Any] | None:
    if isinstance(value, str):
        value = [part for part in _SEPARATORS.split(value.strip().strip("[]()")) if part]
    if isinstance(value, dict):
        return _four_of(cast("dict[str, Any]", value))
    if not isinstance(value, list):
        return None
    values = cast("list[Any]", value)
    if len(values) == 1 and isinstance(values[0], list):
        values = cast("list[Any]", values[0])
    return values if len(values) == 4 else None


def _four_of(record: dict[str, Any]) -> list[Any] | None:
    for keys, are_corners in _NAMES:
        if all(key in record for key in keys):
            values: list[Any] = [number(record[key]) for key in keys]
            if are_corners and None not in values:
                return list(BBox(values[0], values[1], values[2] - values[0], values[3] - values[1]))
            return values
    return None
