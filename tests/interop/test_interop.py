"""Programs of others find the same images, categories and boxes in what is written here, and the other way round.

`make interop` installs them in `build/interop` and runs these tests; elsewhere they are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from PIL import Image

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.progress import NoProgress
from hitl_desktop.workflows.exchange.convert import open_dataset
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles, write_dataset

PYTHON = os.environ.get("HITL_INTEROP_PYTHON", "")
FOREIGN = Path(__file__).with_name("foreign.py")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="the programs of others are installed by make interop"),
]

Found = list[tuple[str, str, list[float]]]
COCO = ("pycocotools", "faster_coco_eval", "torchvision", "supervision_coco", "fiftyone_coco")
READERS = [
    *((name, "coco", 0.01) for name in COCO),
    ("datumaro_coco", "coco", 0.01),
    ("supervision_yolo", "yolo", 1.0),  # it rounds to whole pixels
    ("datumaro_yolo", "yolo", 0.01),
    ("fiftyone_yolo", "yolo", 0.01),
    ("ultralytics_yolo", "yolo", 0.01),
    ("supervision_voc", "voc", 1.01),
    ("datumaro_voc", "voc", 0.01),
    ("fiftyone_voc", "voc", 1.01),  # it takes whole pixels
    ("datumaro_cvat", "cvat", 0.01),
    ("labelme", "labelme", 0.01),
    ("fiftyone_kitti", "kitti", 0.01),
]
# supervision writes VOC in whole pixels, of which the first is 1 and the last counts.
WRITERS = [
    ("supervision_coco", 0.01), ("supervision_yolo", 0.01), ("supervision_voc", 2.01), ("datumaro_coco", 0.01),
    ("datumaro_yolo", 0.01), ("datumaro_voc", 0.01), ("datumaro_cvat", 0.01), ("fiftyone_coco", 0.01),
    ("fiftyone_yolo", 0.01),
]  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, dict[int, Path]]:
    """Six images of several sizes with up to nine boxes each, one with none; three categories."""
    folder, chance = tmp_path_factory.mktemp("sample"), np.random.default_rng(0)
    images: list[DatasetImage] = []
    boxes: list[Annotation] = []
    files: dict[int, Path] = {}
    for number in range(1, 7):
        width, height = 200 + 30 * number, 150 + 20 * number
        files[number] = folder / f"photo_{number}.jpg"
        Image.fromarray(chance.integers(0, 255, (height, width, 3), np.uint8)).save(files[number])
        images.append(DatasetImage(number, files[number].name, width, height))
        for _ in range(0 if number == 6 else chance.integers(1, 10)):
            x, y, w, h = chance.uniform((1, 1, 8, 8), (width / 2, height / 2, width / 3, height / 3)).round(2)
            boxes.append(
                Annotation(
                    len(boxes) + 1, number, int(chance.integers(1, 4)), BBox(*map(float, (x, y, w, h)))
                )
            )
    categories = tuple(Category(n, name) for n, name in enumerate(("cup", "dog", "traffic light"), start=1))
    return Dataset(tuple(images), categories, tuple(boxes)), files


def boxes_of(dataset: Dataset) -> Found:
    names = {c.id: c.name for c in dataset.categories}
    stems = {i.id: Path(i.file_name).stem for i in dataset.images}
    return sorted((stems[a.image_id], names[a.category_id], list(a.bbox)) for a in dataset.annotations)


def run(*arguments: str | Path) -> str:
    done = subprocess.run([PYTHON, FOREIGN, *arguments], capture_output=True, text=True, check=False)
    if "MongoDB could not be installed" in done.stderr:
        pytest.skip("FiftyOne brings its database for some systems only, and this is none of them")
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def assert_same(found: Sequence[tuple[str, str, list[float]]], wanted: Found, tolerance: float) -> None:
    """The same boxes: each has one of the same image and category within the tolerance."""
    assert len(found) == len(wanted)
    left = list(found)
    for image, category, box in wanted:
        near = [
            each for each in left
            if each[0] == image and each[1].replace("_", " ") == category.replace("_", " ")
            and np.abs(np.subtract(each[2], box)).max() <= tolerance
        ]  # fmt: skip
        assert near, (image, category, box)
        left.remove(near[0])


@pytest.mark.parametrize(("reader", "form", "tolerance"), READERS, ids=[r[0] for r in READERS])
def test_others_find_the_same_boxes_in_what_is_written_here(
    sample: tuple[Dataset, dict[int, Path]], tmp_path: Path, reader: str, form: str, tolerance: float
) -> None:
    dataset, files = sample
    if reader == "datumaro_yolo":  # it knows data sets with splits only
        dataset = replace(dataset, images=tuple(structs.replace(i, split="train") for i in dataset.images))
    target = tmp_path / "labels.json" if form == "coco" else tmp_path / form
    if reader == "datumaro_coco":
        target = tmp_path / "annotations" / "instances_train.json"
        target.parent.mkdir()
        (tmp_path / "images").symlink_to(target.parent / "images")
    if form == "cvat":
        target = tmp_path / "cvat" / "annotations.xml"
        target.parent.mkdir()
    write_dataset(dataset, target, form, NoProgress(), image_files=files, how=ImageFiles.COPY)
    text = run("read", reader, tmp_path if form == "coco" else target)
    found = json.loads(text.rsplit("FOUND ", 1)[1])
    assert_same([(image, name, box) for image, name, *box in found], boxes_of(dataset), tolerance)


@pytest.mark.parametrize(("writer", "tolerance"), WRITERS, ids=[w[0] for w in WRITERS])
def test_what_others_write_is_read_here(
    sample: tuple[Dataset, dict[int, Path]], tmp_path: Path, writer: str, tolerance: float
) -> None:
    dataset, files = sample
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    write_dataset(
        dataset, source / "labels.json", "coco", NoProgress(), image_files=files, how=ImageFiles.COPY
    )
    place = source / "coco" / "annotations"
    place.mkdir(parents=True)
    (place / "instances_train.json").write_bytes((source / "labels.json").read_bytes())
    (source / "coco" / "images").symlink_to(source / "images")
    run("write", writer, source, target)
    opened = open_dataset(target)
    assert_same(boxes_of(opened.dataset), boxes_of(dataset), tolerance)
    assert {c.name for c in opened.dataset.categories} >= {"cup", "dog", "traffic light"}
