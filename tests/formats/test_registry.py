"""Every format that is written can be read again: the same images, categories and boxes, whatever they are called."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.categories import Category, clean_name, name_key
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.recognition import recognise
from hitl_desktop.formats.registry import FORMATS, reader_of, writer_of

WRITTEN = [name for name, form in FORMATS.items() if form.write and name not in {"coco-results", "tags-csv"}]
PRECISION = {"kitti": 0.0051, "voc": 0.00051}
"""In pixels, where a format's own is coarser than a thousandth."""
DATASET = Dataset(
    (
        DatasetImage(1, "a.jpg", 640, 480),
        DatasetImage(2, "b ü.jpg", 64, 48),
    ),
    (Category(1, "cell"), Category(7, "red cell")),
    (Annotation(3, 1, 7, BBox(1.5, 2.0, 30.0, 40.0)),),
)

_TEXT = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters='/\\:*?"<>|\u2028\u2029'),
    min_size=1,
    max_size=12,
)
_NAMES = _TEXT.map(str.strip).filter(
    lambda t: name_key(t) and not t.startswith((".", "#")) and not t.endswith(".")
)
_FILES = st.builds(
    lambda parts, suffix: "/".join(parts) + suffix,
    st.lists(
        _NAMES.filter(
            lambda t: t.casefold() not in {"images", "labels", "annotations", "train", "val", "test", "valid"}
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([".jpg", ".png", ".JPG", ".tiff"]),
)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    files = draw(
        st.lists(
            _FILES, min_size=1, max_size=5, unique_by=lambda f: PurePosixPath(f.casefold()).with_suffix("")
        )
    )
    names = draw(st.lists(_NAMES.map(clean_name), min_size=1, max_size=6, unique_by=name_key))
    images = tuple(
        DatasetImage(n * 3 + 1, file, draw(st.integers(20, 5000)), draw(st.integers(20, 5000)))
        for n, file in enumerate(files)
    )
    categories = tuple(Category(n * 2 + 1, name) for n, name in enumerate(names))
    boxes: list[Annotation] = []
    for image in images:
        for _ in range(draw(st.integers(0, 3))):
            x, y = draw(st.floats(0, image.width - 2)), draw(st.floats(0, image.height - 2))
            w, h = draw(st.floats(1, image.width - x)), draw(st.floats(1, image.height - y))
            category = draw(st.sampled_from(categories))
            boxes.append(
                Annotation(len(boxes) * 5 + 2, image.id, category.id, BBox(x, y, w, h), Origin.IMPORTED)
            )
    return Dataset(images, categories, tuple(boxes))


def place_of(folder: Path, name: str) -> Path:
    return folder / f"set{FORMATS[name].suffix}"


def stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def as_sets(dataset: Dataset, name: str) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    """Boxes by image; names as far as the format has them."""
    names = {c.id: "_".join(c.name.split()) if name == "kitti" else c.name for c in dataset.categories}
    images = {i.id: stem(i.file_name) if name in {"yolo", "kitti"} else i.file_name for i in dataset.images}
    found: dict[str, list[tuple[str, tuple[float, ...]]]] = {file: [] for file in images.values()}
    for a in dataset.annotations:
        found[images[a.image_id]].append((names[a.category_id], tuple(a.bbox)))
    return found


def same(written: Dataset, read: Dataset, name: str) -> None:
    ours, theirs = as_sets(written, name), as_sets(read, name)
    if "empty" not in FORMATS[name].holds and name != "cvat":
        ours = {image: boxes for image, boxes in ours.items() if boxes}
    assert ours.keys() == theirs.keys()
    for image, boxes in ours.items():
        assert [n for n, _ in boxes] == [n for n, _ in theirs[image]]
        for (_, one), (_, other) in zip(boxes, theirs[image], strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=2 * PRECISION.get(name, 0.0005))


def read_back(dataset: Dataset, name: str, file: Path) -> Dataset:
    sizes = {stem(i.file_name): (i.width, i.height) for i in dataset.images}
    result = reader_of(name)(file, lambda image: sizes.get(stem(image)))
    assert [issue for issue in result.issues if "left out" in issue.problem] == []
    return result.dataset


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=25, deadline=None)
@given(dataset=datasets())
def test_what_a_format_writes_it_reads(name: str, dataset: Dataset) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = place_of(Path(folder), name)
        writer_of(name)(dataset, file)
        same(dataset, read_back(dataset, name, file), name)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_format_is_recognised_and_written_the_same_twice(name: str, tmp_path: Path) -> None:
    file = place_of(tmp_path, name)
    writer_of(name)(DATASET, file)
    found = recognise(file)
    assert found.format in {name, name.removesuffix("-compact")}
    assert found.confidence >= 0.7
    first = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    writer_of(name)(read_back(DATASET, name, file), file)
    again = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert again.keys() == first.keys()
    if name not in {
        "yolo",
        "kitti",
        "coco",
        "coco-compact",
        "open-images",
        "label-studio",
    }:  # ids of their own
        assert again == first


@pytest.mark.parametrize("name", WRITTEN)
def test_three_hundred_categories_and_equal_names_in_folders_stay_apart(name: str, tmp_path: Path) -> None:
    images = tuple(DatasetImage(n, f"{part}/same.jpg", 100, 100) for n, part in enumerate("abc", start=1))
    categories = tuple(Category(n, f"class {n}") for n in range(1, 301))
    boxes = tuple(Annotation(n, 1 + n % 3, n, BBox(n / 10, 1, 20, 30)) for n in range(1, 301))
    dataset = Dataset(images, categories, boxes)
    file = place_of(tmp_path, name)
    writer_of(name)(dataset, file)
    same(dataset, read_back(dataset, name, file), name)


def test_tags_and_scores_and_empty_images_come_back_where_a_format_holds_them(tmp_path: Path) -> None:
    images = (
        DatasetImage(1, "a.jpg", 640, 480, ("dusk", "rain")),
        DatasetImage(2, "empty.jpg", 64, 48, state=ImageState.DECIDED),
    )
    box = Annotation(
        3, 1, 1, BBox(1, 2, 30, 40), Origin.IMPORTED, score=0.75, attributes=(("occluded", True),)
    )
    dataset = Dataset(images, (Category(1, "cell"),), (box,))
    for name in WRITTEN:
        file = place_of(tmp_path / name, name)
        file.parent.mkdir()
        writer_of(name)(dataset, file)
        read, holds = read_back(dataset, name, file), FORMATS[name].holds
        by_name = {stem(i.file_name): i for i in read.images}
        assert (by_name["a"].tags == ("dusk", "rain")) == ("tags" in holds), name
        assert (read.annotations[0].score == 0.75) == ("scores" in holds), name
        if "empty" in holds:
            assert by_name["empty"].state is ImageState.DECIDED, name


def test_the_compact_form_is_one_line_and_smaller(tmp_path: Path) -> None:
    for name in ("coco", "coco-compact"):
        writer_of(name)(DATASET, tmp_path / name)
    compact = (tmp_path / "coco-compact").read_text("utf-8")
    assert "\n" not in compact.strip()
    assert len(compact) < 0.75 * len((tmp_path / "coco").read_text("utf-8"))


def test_what_is_only_read_or_only_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="only read here"):
        writer_of("supervisely")
    with pytest.raises(FormatError, match="no format called word"):
        reader_of("word")
