"""JSON as people write it: with NaN, with numbers beyond a float, with halves of letters."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

import msgspec

Root = Mapping[str, msgspec.Raw]
_PORTION, _TRIES, _SPACE = 2_000_000, 20, 200
"""Bytes of a portion of a list, places to cut it that are tried, and white space that may follow an object."""
_LONG = ("images", "annotations", "categories")
_LONG_LIST = re.compile(rb'"(%b)"\s*:\s*\[' % "|".join(_LONG).encode())
_ENDS_TRIED = 2
"""Each try decodes the list once more; beyond these the file is decoded in one go, which is as fast as one try."""
_MARK = b'["a long list"]'


def parse(content: bytes) -> tuple[Root, int]:
    """The top level of a JSON object, and how often it has NaN or Infinity, which become null.

    Raises:
        ValueError: it is no JSON, or no object.
        RecursionError: it is nested without end.
    """
    try:
        return _with_long_lists(content) or msgspec.json.decode(content, type=dict[str, msgspec.Raw]), 0
    except msgspec.MsgspecError:
        found: list[str] = []
        data = mended(json.loads(content, parse_constant=found.append))
        return msgspec.json.decode(msgspec.json.encode(data), type=dict[str, msgspec.Raw]), len(found)


def _with_long_lists(content: bytes) -> Root | None:
    """The top level of an object with long lists, which are decoded in portions to find their ends; None where that
    is not easy.

    In place of each list there is a mark when the rest is decoded, which shows whether the list was at the top.
    """
    starts = sorted(found for key in _LONG for found in _places(content, b'"%b"' % key.encode()))
    beginnings = [found for start in starts if (found := _LONG_LIST.match(content, start))]
    keys = [found[1].decode() for found in beginnings]
    if not beginnings or len(set(keys)) != len(keys):
        return None
    lists: dict[str, memoryview] = {}
    rest, done = b"", 0
    for found, limit in zip(beginnings, [*(b.start() for b in beginnings[1:]), len(content)], strict=True):
        begin = found.end() - 1
        if limit - begin <= _PORTION:
            continue
        end = _end_of_list(content, begin, limit)
        if end is None:
            return None
        lists[found[1].decode()] = memoryview(content)[begin:end]
        rest += content[done:begin] + _MARK
        done = end
    root: dict[str, msgspec.Raw] = msgspec.json.decode(rest + content[done:], type=dict[str, msgspec.Raw])
    if not lists or any(bytes(root.get(key, b"")) != _MARK for key in lists):
        return None
    return root | {key: msgspec.Raw(text) for key, text in lists.items()}


def _places(content: bytes, word: bytes) -> Iterator[int]:
    """Where a word is, looked for in portions: a search keeps the interpreter."""
    for start in range(0, len(content), _PORTION):
        end, place = start + _PORTION + len(word) - 1, start - 1
        while (place := content.find(word, place + 1, end)) >= 0:
            yield place


def _end_of_list(content: bytes, begin: int, limit: int) -> int | None:
    """Where the list ends that begins at a place and is before `limit`; None if that is not found."""
    end = limit
    for _ in range(_ENDS_TRIED):
        end = content.rfind(b"]", begin, end)
        if end < 0:
            return None
        try:
            for _ in list_in_portions(msgspec.Raw(memoryview(content)[begin : end + 1])):
                pass
        except msgspec.MsgspecError:
            continue
        return end + 1
    return None


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


def list_in_portions(raw: msgspec.Raw) -> Iterator[list[msgspec.Raw]]:
    """The parts of a list, some thousand at a time: a decoder keeps the interpreter until it is done, for a tenth of
    a second where there are a million.

    The list is cut after an object that a comma follows. Inside of a text or of another object that is no end: what
    is before it is no list then, and another place is tried.

    Raises:
        msgspec.MsgspecError: it is no list.
    """
    text = memoryview(raw)
    decode = msgspec.json.Decoder(list[msgspec.Raw]).decode
    begin = 1
    while len(text) - begin > _PORTION and text[0] == ord("["):
        window = bytes(text[begin : begin + _PORTION])
        for end in islice(_ends_of_objects(window), _TRIES):
            try:
                yield decode(b"[" + window[:end] + b"]")
            except msgspec.MsgspecError:
                continue
            begin += window.index(b",", end) + 1
            break
        else:
            break
    yield decode(raw if begin == 1 else b"[" + bytes(text[begin:]))


def _ends_of_objects(window: bytes) -> Iterator[int]:
    """The places after a closing brace that a comma follows, the last first."""
    place = len(window)
    while (place := window.rfind(b"}", 0, place)) >= 0:
        if window[place + 1 : place + 1 + _SPACE].lstrip(b" \t\r\n").startswith(b","):
            yield place + 1


def decoded(raw: msgspec.Raw) -> Any:
    """The value of a part of the file."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.MsgspecError:  # such as 1e400
        return mended(json.loads(bytes(raw)))
