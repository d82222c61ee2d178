"""Class names in metadata and files, in the forms in which people have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_desktop.inference.recognition.class_names import COCO, from_files, from_metadata, parsed, usual


@pytest.mark.parametrize(
    "text",
    [
        "{0: 'a', 1: 'b', 2: 'c'}",
        '{"0": "a", "2": "c", "1": "b"}',
        '["a", "b", "c"]',
        "('a', 'b', 'c')",
        '{"a": 0, "c": 2, "b": 1}',
        '[{"id": 0, "name": "a"}, {"id": 1, "name": "b"}, {"id": 2, "name": "c"}]',
        "a,b,c",
        "a\nb\nc\n",
    ],
)
def test_all_usual_forms_are_read(text: str) -> None:
    assert parsed(text) == ("a", "b", "c")


def test_keys_are_sorted_as_numbers() -> None:
    text = str({str(n): f"name {n}" for n in sorted(range(12), key=str)})
    assert parsed(text) == tuple(f"name {n}" for n in range(12))


@pytest.mark.parametrize("text", ["", "{", "{0: open('x')}", "[" * 5000])
def test_what_is_no_list_gives_none(text: str) -> None:
    assert parsed(text) == ()


def test_metadata_is_looked_through_by_key() -> None:
    assert from_metadata({"author": "x", "names": "['dog']"}) == ("dog",)
    assert from_metadata({"character": "text\ntitle"}) == ("text", "title")
    assert from_metadata({"author": "x"}) == ()


def test_a_file_beside_the_model_has_names(tmp_path: Path) -> None:
    model = tmp_path / "cells.onnx"
    assert from_files(model) == ()
    (tmp_path / "data.yaml").write_text("train: x\nnc: 2\nnames:\n  0: rbc # red\n  1: 'wbc'\n")
    assert from_files(model) == ("rbc", "wbc")
    (tmp_path / "data.yaml").write_text("names: [rbc, 'white, blood']\nnc: 2\n")
    assert from_files(model) == ("rbc", "white, blood")
    (tmp_path / "data.yaml").write_text("names: [")
    assert from_files(model) == ()
    (tmp_path / "cells.names").write_text("a\nb\n")
    assert from_files(model) == ("a", "b")


def test_names_that_are_nowhere_are_those_of_coco_or_numbers() -> None:
    assert usual(80, "") == COCO
    assert usual(91, "")[17] == "cat"
    assert usual(90, "")[16] == "cat"
    assert usual(1, "face") == ("face",)
    assert usual(3, "face") == ("0", "1", "2")
