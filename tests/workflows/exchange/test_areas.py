"""Areas come out as the file had them, also rounded ones, which are not kept box by box."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import Category
from hitl_desktop.domain.dataset import Dataset, DatasetImage, Extras
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.formats.coco.detection import to_record
from hitl_desktop.formats.extras import with_area_rule
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.exchange.export_dataset import export_dataset
from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset

SIDES = [(10.11, 20.22), (3.33, 7.77), (12.5, 4.0), (0.05, 0.05)]
ROUNDED = [round(w * h, 2) or 0.01 for w, h in SIDES]
EXACT = [w * h for w, h in SIDES]
OTHERS = [17, 3.5, 0.123456, 1e-3]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.hitl") as made:
        (tmp_path / "in").mkdir()
        folder = made.add_folder(tmp_path / "in")
        made.images.add(folder, [f"{n}.jpg" for n in range(3)])
        made.files.fill_sizes((image.id, 200, 150) for image in made.images.all())
        yield made


def take(project: Project, number: int, areas: list[float]) -> None:
    """Import a file about one image with boxes of these areas."""
    boxes = [
        {"id": 100 * number + n, "image_id": number, "category_id": 1, "bbox": [1, 2, *side], "area": area, "iscrowd": 0}
        for n, (side, area) in enumerate(zip(SIDES, areas, strict=True), start=1)
    ]  # fmt: skip
    image = {"id": number, "file_name": f"{number}.jpg", "width": 200, "height": 150}
    file = project.path.with_name(f"{number}.json")
    file.write_text(
        json.dumps({"images": [image], "annotations": boxes, "categories": [{"id": 1, "name": "cat"}]})
    )
    import_dataset(project, read_dataset(file), file=file)


def areas(project: Project, number: int) -> list[float]:
    out = project.path.with_name("out.json")
    export_dataset(project, out)
    record = json.loads(out.read_text())
    ids = {i["id"] for i in record["images"] if i["file_name"] == f"{number}.jpg"}
    return [a["area"] for a in record["annotations"] if a["image_id"] in ids]


@pytest.mark.parametrize("first", [ROUNDED, EXACT, OTHERS])
@pytest.mark.parametrize("second", [ROUNDED, EXACT, OTHERS])
def test_areas_of_two_files_come_out_as_they_were(
    project: Project, first: list[float], second: list[float]
) -> None:
    take(project, 1, first)
    assert areas(project, 1) == first
    take(project, 2, second)
    assert (areas(project, 1), areas(project, 2)) == (first, second)


def test_a_file_after_one_that_was_undone_brings_its_own_areas(project: Project) -> None:
    take(project, 1, ROUNDED)
    edits.undo(project)
    take(project, 2, EXACT)
    assert areas(project, 2) == EXACT


def test_the_area_of_a_box_that_is_moved_is_rounded_as_those_of_the_file(project: Project) -> None:
    take(project, 1, ROUNDED)
    (box,) = [a for a in project.annotations.all() if a.id == 101]
    annotate.revise(project, [Revision(box, bbox=BBox(1, 2, 11.11, 22.22))])
    assert areas(project, 1)[0] == round(11.11 * 22.22, 2)


side = st.floats(0.001, 500).map(lambda value: round(value, 3))
decimals = st.none() | st.integers(0, 6)


@given(st.lists(st.tuples(side, side), min_size=1, max_size=5), decimals, decimals)
def test_another_rule_changes_no_area(sides: list[tuple[float, float]], before: int, after: int) -> None:
    boxes = tuple(Annotation(n, 1, 1, BBox(0, 0, *each)) for n, each in enumerate(sides, start=1))
    dataset = Dataset((DatasetImage(1, "a.jpg", 500, 500),), (Category(1, "cat"),), boxes)
    dataset = replace(dataset, extras=Extras(area_decimals=before))
    now = with_area_rule(dataset, after)
    assert now.extras.area_decimals == after
    assert to_record(now)["annotations"] == to_record(dataset)["annotations"]


@pytest.mark.parametrize("second", [EXACT, OTHERS])
def test_of_equal_boxes_of_two_files_the_first_area_stays(project: Project, second: list[float]) -> None:
    take(project, 1, ROUNDED)
    take(project, 1, second)
    assert areas(project, 1) == ROUNDED


def test_a_box_of_impossible_size_costs_itself_only(project: Project) -> None:
    take(project, 1, ROUNDED)
    file = project.path.with_name("1.json")
    record = json.loads(file.read_text())
    record["annotations"].append(
        record["annotations"][0] | {"id": 200, "bbox": [0, 0, -1e200, 1e200], "area": 5}
    )
    file.write_text(json.dumps(record))
    assert len(read_dataset(file).dataset.annotations) == len(SIDES)


def test_boxes_of_a_format_without_areas_get_none_of_their_own(project: Project) -> None:
    take(project, 1, ROUNDED)
    file = project.path.with_name("2.csv")
    file.write_text("image,label,xmin,ymin,xmax,ymax\n2.jpg,cat,1,2,11.11,22.22\n")
    import_dataset(project, read_dataset(file, format_name="csv"), file=file)
    assert areas(project, 2) == [round((11.11 - 1) * (22.22 - 2), 2)]
    image = next(i for i in project.images.all() if i.path == "2.jpg")
    (box,) = project.annotations.of_image(image.id)
    annotate.revise(project, [Revision(box, bbox=BBox(1, 2, 5, 6))])
    summary = export_dataset(project, project.path.with_name("out.json"))
    assert summary.dropped == {}
