"""Lists of JSON that are decoded in portions have the same parts as at once."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.formats import lenient_json

texts = st.text("ab\"\\{}[], :'\n", max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(texts, values, max_size=3)


@given(
    st.lists(records, max_size=12) | st.lists(values, max_size=8),
    st.sampled_from([None, 1]),
    st.integers(2, 60),
)
def test_a_list_in_portions_is_the_whole_list(items: list[Any], indent: int | None, portion: int) -> None:
    raw = msgspec.Raw(json.dumps(items, indent=indent).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lenient_json, "_PORTION", portion)
        found = list(chain.from_iterable(lenient_json.list_in_portions(raw)))
    assert [json.loads(bytes(each)) for each in found] == items


def test_records_are_cut_into_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lenient_json, "_PORTION", 40)
    raw = msgspec.Raw(json.dumps([{"id": n, "text": "},{"} for n in range(20)]).encode())
    assert max(map(len, lenient_json.list_in_portions(raw))) <= 2


@pytest.mark.parametrize("content", [b"{}", b"7", b'"[1]"', b"null"])
def test_what_is_no_list_is_told(content: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        list(lenient_json.list_in_portions(msgspec.Raw(content)))


keys = st.sampled_from(["images", "annotations", "categories", "info", 'a "images": [', "b"])
tops = st.dictionaries(keys, st.lists(records, max_size=8) | values, max_size=5)


@given(tops, st.sampled_from([None, 1]), st.integers(2, 60))
def test_a_file_with_long_lists_is_read_as_at_once(
    top: dict[str, Any], indent: int | None, portion: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lenient_json, "_PORTION", portion)
        root, no_numbers = lenient_json.parse(json.dumps(top, indent=indent).encode())
    assert {key: json.loads(bytes(raw)) for key, raw in root.items()} == top
    assert no_numbers == 0


@pytest.mark.parametrize(
    "text",
    [
        '{"info": {"images": [{}, {}, {}, {}]}, "annotations": [{"id": 1}, {"id": 2}]}',
        '{"annotations": [{"images": [{}, {}, {}]}, {"id": 2}], "images": [{"id": 1}, {"id": 2}]}',
        '{"images": [{"id": 1}, {"id": 2}, {"id": 3}], "images": [{"id": 4}, {"id": 5}, {"id": 6}]}',
        '{"images": [{"id": 1}, {"id": 2}, {"id": 3}], "a": [[1]], "b": "]", "annotations": [{}, {}, {}, {}]}',
    ],
)
def test_lists_that_are_not_at_the_top_stay_where_they_are(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(lenient_json, "_PORTION", 10)
    root, _ = lenient_json.parse(text.encode())
    assert {key: json.loads(bytes(raw)) for key, raw in root.items()} == json.loads(text)


@pytest.mark.parametrize("text", ['{"images": [{}, {}, {}, {}, {}]', '{"images": [{}, {}, {}, {}, {}]}]'])
def test_a_file_with_long_lists_that_is_no_json_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(lenient_json, "_PORTION", 10)
    with pytest.raises(ValueError, match=r"."):
        lenient_json.parse(text.encode())
