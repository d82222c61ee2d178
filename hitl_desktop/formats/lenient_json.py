"""JSON as people write it: with NaN, with numbers beyond a float, with halves of letters."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, cast

import msgspec

Root = Mapping[str, msgspec.Raw]


def parse(content: bytes) -> tuple[Root, int]:
    """The top level of a JSON object, and how often it has NaN or Infinity, which become null.

    Raises:
        ValueError: it is no JSON, or no object.
        RecursionError: it is nested without end.
    """
    try:
        return msgspec.json.decode(content, type=dict[str, msgspec.Raw]), 0
    except msgspec.MsgspecError:
        found: list[str] = []
        data = mended(json.loads(content, parse_constant=found.append))
        return msgspec.json.decode(msgspec.json.encode(data), type=dict[str, msgspec.Raw]), len(found)


def mended(value: Any) -> Any:
    """Halves of letters (lone surrogates), which no file can hold, become the sign for an unknown one."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [mended(part) for part in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {mended(key): mended(part) for key, part in cast("dict[str, Any]", value).items()}
    return value


def decoded(raw: msgspec.Raw) -> Any:
    """The value of a part of the file."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.MsgspecError:  # such as 1e400
        return mended(json.loads(bytes(raw)))
