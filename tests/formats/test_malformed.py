"""Files of every format, damaged in many ways: a sentence or a result, never a crash, and good records stay."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from hitl_desktop.domain.dataset import ImportResult
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.builder import no_sizes, safe_name
from hitl_desktop.formats.recognition import recognise
from hitl_desktop.formats.registry import FORMATS, reader_of, writer_of
from tests.formats.test_registry import DATASET, WRITTEN, place_of

MUTATIONS = 300
"""A hundred times as many were tried once for each format."""


def label_files(file: Path) -> list[Path]:
    own = (
        [file]
        if file.is_file()
        else [p for p in sorted(file.rglob("*")) if p.is_file() and not p.name.startswith(".")]
    )
    return [p for p in own if p.name != "README.md"]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """One damage: bytes flipped, cut, repeated, or replaced by what parsers stumble over."""
    place = chance.randrange(len(content) + 1)
    odd = [b"\x00", b"\xff", b"NaN", b"1e308", b"-1e308", b"1e999", b'"', b"{", b"[", b"]", b"}", b"<", b"&", b"&amp;",
           b"null", b"true", b"-", b"..", b"../../x", b"/etc/passwd", b"\n", b"\r", b"\t", b",", b" ", b"0", b"9" * 40,
           "\u202e\U0001f600".encode(), b"\xed\xa0\x80", b"[" * 200, b"<a>" * 200]  # fmt: skip
    kind = chance.randrange(5)
    if kind == 0:
        return content[:place]
    if kind == 1:
        end = min(len(content), place + chance.randrange(1, 40))
        return content[:place] + content[end:]
    if kind == 2:
        end = min(len(content), place + chance.randrange(1, 200))
        return content[:end] + content[place:end] + content[end:]
    if kind == 3:
        return content[:place] + chance.choice(odd) + content[place + chance.randrange(0, 6) :]
    flipped = bytearray(content)
    for _ in range(chance.randrange(1, 5)):
        if flipped:
            flipped[chance.randrange(len(flipped))] = chance.randrange(256)
    return bytes(flipped)


def read(name: str, file: Path) -> ImportResult | None:
    try:
        return reader_of(name)(file, no_sizes)
    except FormatError as error:
        assert error.message
        assert error.hint
        return None


@pytest.mark.parametrize("name", [*WRITTEN, "tags-csv"])
def test_damaged_files_cost_themselves_only(name: str, tmp_path: Path) -> None:
    file, chance = place_of(tmp_path, name), random.Random(name)
    writer_of(name)(DATASET, file)
    labels = [(p, p.read_bytes()) for p in label_files(file)]
    for _ in range(MUTATIONS):
        path, content = chance.choice(labels)
        path.write_bytes(mutated(content, chance))
        result = read(name, file)
        if result is not None:
            ids = {image.id for image in result.dataset.images}
            names = {c.id for c in result.dataset.categories}
            assert all(a.image_id in ids and a.category_id in names for a in result.dataset.annotations)
            assert len(result.dataset.annotations) <= max(result.boxes, 1)
        try:
            assert 0 <= recognise(file).confidence <= 1
        except FormatError as error:
            assert error.hint
        path.write_bytes(content)


def laughs(file: Path) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 20))
    file.write_text(
        f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><annotations>&a19;</annotations>', encoding="utf-8"
    )


def outside(file: Path) -> None:
    file.write_text(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><annotation><filename>&a;</filename></annotation>',
        encoding="utf-8",
    )


def deep_json(file: Path) -> None:
    file.write_text("[" * 200_000, encoding="utf-8")


def deep_xml(file: Path) -> None:
    file.write_text("<annotations>" + "<a>" * 100_000, encoding="utf-8")


def zeros(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(1_000_000_000)


@pytest.mark.parametrize("suffix", [".json", ".xml", ".csv", ".txt"])
@pytest.mark.parametrize("write", [laughs, outside, deep_json, deep_xml, zeros], ids=lambda f: f.__name__)
def test_bombs_are_refused_in_words(write: Callable[[Path], None], suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"bomb{suffix}"
    write(file)
    for name in FORMATS:
        result = read(name, file)
        assert result is None or not result.dataset.annotations
    with pytest.raises(FormatError):
        recognise(file)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc/passwd"), ("/etc/passwd", "etc/passwd"), ("C:\\a\\..\\b.jpg", "a/b.jpg"),
        ("./a//b.jpg", "a/b.jpg"), ("https://host/a%20b.jpg", "a%20b.jpg"), ("..", ""), ("a/../../b", "a/b"),
    ],
)  # fmt: skip
def test_names_lead_nowhere_outside(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("yolo", "0 0.5 0.5 0.2 0.2\n0 nan 0.5 0.2 0.2\n0 0.5 0.5 -0.2 0.2\nx 1 2 3 4\n", 3),
        ("csv", "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,100,100,cat,1,2,30,40\na.jpg,100,100,cat,1,x,3,4\n,1,1,c,1,2,3,4\n", 2),
        ("kitti", "car 0 0 0 1 2 30 40 1 1 1 1 1 1 1\ncar 0 0 0 1 2\n", 1),
    ],
)  # fmt: skip
def test_each_bad_record_is_named_and_good_ones_are_kept(
    name: str, text: str, problem: int, tmp_path: Path
) -> None:
    file = tmp_path / ("t.csv" if name == "csv" else "t.txt")
    file.write_text(text, encoding="utf-8")
    result = reader_of(name)(tmp_path if name == "yolo" else file, lambda _: (100, 100))
    assert len(result.dataset.annotations) == 1
    assert len(result.issues) == problem
    assert all(issue.where.strip() and issue.problem for issue in result.issues)
