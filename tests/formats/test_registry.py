"""Every format of the table can be read again, whatever it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.formats.registry import FORMATS

DATASET = Dataset(
    (
        DatasetImage(1, "a.jpg", 640, 480, ImageState.DECIDED),
        DatasetImage(2, "b ü.jpg", 64, 48, ImageState.DECIDED),
    ),
    (Category(1, "cell"), Category(7, "red cell")),
    (Annotation(3, 1, 7, BBox(1.5, 2, 30, 40)),),
)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_writes_it_reads(name: str, tmp_path: Path) -> None:
    chosen = FORMATS[name]
    file = tmp_path / f"set{chosen.suffix}"
    chosen.write(DATASET, file)
    read = chosen.read(file).dataset
    assert [(i.file_name, i.width, i.height) for i in read.images] == [
        ("a.jpg", 640, 480),
        ("b ü.jpg", 64, 48),
    ]
    assert [(c.id, c.name) for c in read.categories] == [(1, "cell"), (7, "red cell")]
    assert [(a.image_id, a.category_id, a.bbox) for a in read.annotations] == [(1, 7, BBox(1.5, 2, 30, 40))]
    assert chosen.was_written_here(file)


def test_the_compact_form_is_one_line_and_smaller(tmp_path: Path) -> None:
    for name in ("coco", "coco-compact"):
        FORMATS[name].write(DATASET, tmp_path / name)
    compact = (tmp_path / "coco-compact").read_text("utf-8")
    assert "\n" not in compact.strip()
    assert len(compact) < 0.7 * len((tmp_path / "coco").read_text("utf-8"))
