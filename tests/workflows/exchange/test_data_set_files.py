"""Data sets without a project, and folders that are whole: the page of a check, divisions, killed exports, images that
their files turn."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from hitl_desktop.cli import cli
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError, WouldReplaceError
from hitl_desktop.formats.registry import FORMATS
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.annotation.decisions import How
from hitl_desktop.workflows.exchange.convert import convert, open_dataset
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions, export_dataset
from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset, sizes_in
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles, _difference
from hitl_desktop.workflows.images.open_folder import add_folder, scan

FAITHFUL = [
    name for name, form in FORMATS.items()
    if form.write and not name.startswith("tags") and name != "coco-results"
]  # fmt: skip


def coco(folder: Path, names: list[str], boxes: list[list[float]]) -> Path:
    """A COCO file with a box on each image."""
    record = {
        "images": [
            {"id": n, "file_name": name, "width": 120, "height": 90} for n, name in enumerate(names, 1)
        ],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "bbox": bbox} for n, bbox in enumerate(boxes, 1)
        ],
        "categories": [{"id": 1, "name": "cup <b>"}, {"id": 2, "name": "Cup-<b>"}],
    }
    (folder / "labels.json").write_text(json.dumps(record))
    return folder / "labels.json"


def test_the_page_of_a_check_names_what_is_wrong(tmp_path: Path) -> None:
    file = coco(tmp_path, ["a.jpg", "b.jpg"], [[1, 2, 30, 40], [200, 200, 10, 10]])
    page = tmp_path / "check.html"
    done = CliRunner().invoke(cli, ["check", str(file), "--html", str(page)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert "Check of labels.json" in text
    assert "cup &lt;b&gt;" in text
    assert "<b>" not in text.replace("<b>", "", text.count("<figcaption><b>"))
    assert "box 2 lies outside the image" in text
    assert "Categories of nearly the same name" in text


def test_images_that_show_nearly_the_same_are_in_one_part(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    names: list[str] = []
    for scene in range(8):
        low = Image.fromarray(chance.integers(0, 255, (6, 8, 3), np.uint8)).resize((120, 90))
        for take in range(3):
            pixels = np.clip(np.asarray(low, int) + chance.integers(-3, 4, (90, 120, 3)), 0, 255)
            names.append(f"scene{scene}-{take}.png")
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / names[-1])
    source = open_dataset(coco(tmp_path, names, [[1, 2, 30, 40]] * len(names)))
    out = tmp_path / "out.json"
    convert(source, out, "coco", NoProgress(), shares={"train": 0.5, "val": 0.5}, seed=3)
    splits: dict[str, set[str]] = {}
    for image in json.loads(out.read_text())["images"]:
        splits.setdefault(image["file_name"].split("-")[0], set()).add(image["split"])
    assert {len(parts) for parts in splits.values()} == {1}
    assert set.union(*splits.values()) == {"train", "val"}


KILLED = """
import os, sys
from pathlib import Path
from hitl_desktop.formats import folder
from hitl_desktop.progress import NoProgress
from hitl_desktop.workflows.exchange import write_dataset
from hitl_desktop.workflows.exchange.convert import convert, open_dataset
when, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
class Dies(NoProgress):
    def report(self, done, total, text=""):
        if when == "copying" and done == 2:
            os._exit(9)
if when == "swapped":
    exchanged = folder._exchanged
    def dies(one, other):
        exchanged(one, other)
        os._exit(9)
    folder._exchanged = dies
opened = open_dataset(source)
convert(opened, target, "yolo", Dies(), how=write_dataset.ImageFiles.COPY)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere two renames are needed")
@pytest.mark.parametrize("when", ["copying", "swapped"])
def test_a_killed_export_leaves_the_old_folder_or_the_new_one(tmp_path: Path, when: str) -> None:
    photos = tmp_path / "in"
    photos.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (120, 90)).save(photos / name)
    target = tmp_path / "out" / "yolo"
    target.parent.mkdir()
    first = open_dataset(coco(photos, ["a.png"], [[1, 2, 30, 40]]))
    convert(first, target, "yolo", NoProgress(), how=ImageFiles.COPY)
    before = sorted(p.relative_to(target).as_posix() for p in target.rglob("*"))
    source = coco(photos, ["a.png", "b.png", "c.png"], [[1, 2, 30, 40]] * 3)
    done = subprocess.run([sys.executable, "-c", KILLED, when, source, target], check=False)
    assert done.returncode == 9
    now = sorted(p.relative_to(target).as_posix() for p in target.rglob("*"))
    if when == "copying":
        assert now == before
    else:
        assert {"images/a.png", "images/b.png", "images/c.png", "labels/c.txt"} <= set(now)


@pytest.mark.parametrize("form", FAITHFUL)
def test_boxes_on_images_that_their_files_turn_come_back(tmp_path: Path, form: str) -> None:
    """In all eight orientations of EXIF: what goes out is in the pixels as shown, and is read as such."""
    folder = tmp_path / "in"
    folder.mkdir()
    for orientation in range(1, 9):
        image = Image.fromarray(np.full((90, 120, 3), 20 * orientation, np.uint8))
        image.getexif()[0x0112] = orientation
        image.save(folder / f"turned{orientation}.jpg", exif=image.getexif())
    wanted: dict[str, BBox] = {}
    with Project.create(tmp_path / "p.hitl") as project:
        add_folder(project, folder, NoProgress())
        scan(project, NoProgress())
        cup = project.categories.ensure("cup").id
        for image in project.images.all():
            wanted[image.path] = BBox(5.0, 7.0, (image.width or 0) - 15.0, (image.height or 0) - 20.0)
            annotate.draw(project, image.id, [(wanted[image.path], cup)])
            decisions.decide(project, image.id, [], [], How(None, Thresholds(0.3), 1.0))
        target = tmp_path / "out" / f"labels{FORMATS[form].suffix}"
        target.parent.mkdir()
        summary = export_dataset(
            project, target, format_name=form, options=ExportOptions(image_files=ImageFiles.COPY)
        )
    assert not [r for r in summary.remarks if "another data set" in r]
    with Project.create(tmp_path / "q.hitl") as other:
        add_folder(other, folder, NoProgress())
        scan(other, NoProgress())
        import_dataset(other, read_dataset(target, format_name=form, sizes=sizes_in(other)))
        found = {i.path: other.annotations.of_image(i.id)[0].bbox for i in other.images.all()}
    assert len(wanted) == 8
    for path, box in wanted.items():
        assert np.abs(np.subtract(found[path], box)).max() < 0.01, path


def labelled(folder: Path, file: Path) -> Project:
    """A project on a folder of images, each with a box of a cup."""
    project = Project.create(file)
    add_folder(project, folder, NoProgress())
    scan(project, NoProgress())
    cup = project.categories.ensure("cup").id
    for image in project.images.all():
        annotate.draw(project, image.id, [(BBox(5, 5, 20, 20), cup)])
        decisions.decide(project, image.id, [], [], How(None, Thresholds(0.3), 1.0))
    return project


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with three images."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (120, 90)).save(folder / name)
    return folder


def test_no_export_takes_the_place_of_a_folder_with_images_of_the_project_or_files_of_others(
    tmp_path: Path, photos: Path
) -> None:
    out = tmp_path / "yolo"
    copied = ExportOptions(image_files=ImageFiles.COPY)
    with labelled(photos, tmp_path / "p.hitl") as project:
        export_dataset(project, out, format_name="yolo", options=copied)
        export_dataset(project, out, format_name="yolo", options=copied)  # its own is replaced
    before = sorted(out.rglob("*"))
    with (
        labelled(out / "images", tmp_path / "q.hitl") as other,
        pytest.raises(HitlError, match="was not replaced"),
    ):
        export_dataset(other, out, format_name="yolo", force=True)
    source = open_dataset(out)
    with pytest.raises(HitlError, match="was not replaced"):
        convert(source, out, "voc", NoProgress(), force=True)
    assert sorted(out.rglob("*")) == before
    (out / "notes.txt").write_text("mine")
    with Project.open(tmp_path / "p.hitl") as project, pytest.raises(WouldReplaceError):
        export_dataset(project, out, format_name="yolo", options=copied)
    assert (out / "notes.txt").read_text() == "mine"


def test_no_image_is_copied_over_a_file_of_others(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "b.png").write_bytes(b"precious")
    with labelled(photos, tmp_path / "p.hitl") as project, pytest.raises(HitlError, match="another file"):
        export_dataset(project, tmp_path / "l.json", options=ExportOptions(image_files=ImageFiles.COPY))
    assert (tmp_path / "images" / "b.png").read_bytes() == b"precious"


def test_crops_take_the_place_of_earlier_ones(tmp_path: Path, photos: Path) -> None:
    options = ExportOptions(image_files=ImageFiles.CROPS)
    with labelled(photos, tmp_path / "p.hitl") as project:
        export_dataset(project, tmp_path / "l.json", options=options)
        cup = project.categories.all()[0]
        project.categories.update(replace(cup, name="mug"))
        export_dataset(project, tmp_path / "l.json", options=options)
    assert sorted(p.name for p in (tmp_path / "l-crops").iterdir() if p.is_dir()) == ["mug"]


def test_a_page_is_written_over_no_data_set(tmp_path: Path) -> None:
    file = coco(tmp_path, ["a.jpg"], [[1, 2, 30, 40]])
    before = file.read_bytes()
    done = CliRunner().invoke(cli, ["check", str(file), "--html", str(file)])
    assert done.exit_code == 1
    assert file.read_bytes() == before


def test_reading_back_tells_boxes_that_lie_elsewhere_and_no_others() -> None:
    chance = np.random.default_rng(0)
    boxes = chance.uniform(0, 300, (400, 4)).round(2)
    images = (DatasetImage(1, "a.jpg", 900, 900),)

    def dataset(numbers: np.ndarray) -> Dataset:
        own = [Annotation(n, 1, 1, BBox(*map(float, row))) for n, row in enumerate(numbers, 1)]
        return Dataset(images, (Category(1, "cup"),), tuple(own))

    written = dataset(boxes)
    shuffled = chance.permutation(boxes + chance.uniform(-0.005, 0.005, boxes.shape))
    assert _difference(written, dataset(shuffled)) is None
    boxes[[3, 4], 2] = boxes[[4, 3], 2]  # two boxes exchange their widths
    assert _difference(written, dataset(boxes)) is not None
