"""What comes in of a file, what is verified by it, and what comes out again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.dataset import BoxForm, ImportOptions, IssueKind, Unlabelled
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import WouldReplaceError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.categories import merge
from hitl_desktop.workflows.benchmark.evaluate import evaluate
from hitl_desktop.workflows.benchmark.oracle import answers_for
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions, export_dataset, in_words
from hitl_desktop.workflows.exchange.export_selection import ALL_DECIDED, TO_DO_TOO, Selection
from hitl_desktop.workflows.exchange.import_dataset import ImportSummary, import_dataset, read_dataset
from hitl_desktop.workflows.images.open_folder import add_folder, scan

Row = dict[str, Any]
B = [10, 20, 30, 40]


def image(id_: object, name: str = "a.jpg", width: object = 200, height: object = 150, **more: object) -> Row:
    return {"id": id_, "file_name": name, "width": width, "height": height, **more}


def box(id_: object, image_id: object, bbox: object = None, category_id: object = 1, **more: object) -> Row:
    return {
        "id": id_,
        "image_id": image_id,
        "category_id": category_id,
        "bbox": bbox or B,
        "iscrowd": 0,
        **more,
    }


def save(path: Path, width: int, height: int, orientation: int = 1) -> None:
    image = Image.fromarray(np.full((height, width, 3), 99, np.uint8))
    image.getexif()[0x0112] = orientation
    image.save(path, exif=image.getexif())


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Three images: a.jpg and b.jpg of 200 x 150, and tall.jpg, which is stored so and turned to 150 x
    200."""
    (tmp_path / "in").mkdir()
    for name, orientation in (("a.jpg", 1), ("b.jpg", 1), ("tall.jpg", 6)):
        save(tmp_path / "in" / name, 200, 150, orientation)
    with Project.create(tmp_path / "p.hitl") as made:
        add_folder(made, tmp_path / "in", NoProgress())
        scan(made, NoProgress())
        yield made


def take(
    project: Project,
    images: list[Row],
    annotations: list[Row] | None,
    options: ImportOptions | None = None,
    categories: list[Row] | None = None,
    **top: object,
) -> ImportSummary:
    record: Row = {"images": images, "categories": categories or [{"id": 1, "name": "cat"}], **top}
    if annotations is not None:
        record["annotations"] = annotations
    file = project.path.with_name(f"{len(list(project.path.parent.iterdir()))}.json")
    file.write_text(json.dumps(record))
    return import_dataset(project, read_dataset(file), options, file=file)


def exported(project: Project, selection: Selection = ALL_DECIDED) -> Row:
    out = project.path.with_name("out.json")
    export_dataset(project, out, options=ExportOptions(selection=selection))
    return json.loads(out.read_text())


def boxes_of(project: Project, name: str) -> list[list[float]]:
    ids = {i.path: i.id for i in project.images.all()}
    return [list(a.bbox) for a in project.annotations.of_image(ids[name])]


def decided(project: Project) -> list[str]:
    return [i.path for i in project.images.all(state=ImageState.DECIDED)]


def kinds(summary: ImportSummary) -> set[IssueKind]:
    return {issue.kind for issue in summary.issues}


# ids and numbers


def test_ids_of_any_type_refer_to_each_other(project: Project) -> None:
    images = [image("img-a"), image("0002", "b.jpg")]
    summary = take(
        project, images, [box("x1", "img-a", category_id="1"), box("x2", 2.0, ["1", "2", "3", "4"], 1.0)],
    )  # fmt: skip
    assert boxes_of(project, "a.jpg") == [B]
    assert boxes_of(project, "b.jpg") == [[1, 2, 3, 4]]
    assert summary.words == "2 of 2 boxes and 2 of 2 images came in"
    assert summary.faults() == {"new id": 4}


def test_ids_beyond_what_a_database_holds_come_back(project: Project) -> None:
    take(project, [image(2**64 + 1), image(0, "b.jpg")], [box(7, 2**64 + 1), box(8, "0")])
    out = exported(project)
    assert [(i["id"], i["file_name"]) for i in out["images"]] == [(2**64 + 1, "a.jpg"), (0, "b.jpg")]
    assert [(a["id"], a["image_id"]) for a in out["annotations"]] == [(7, 2**64 + 1), (8, 0)]


# verified means that somebody verified


def test_images_that_a_file_merely_lists_are_as_people_say(project: Project) -> None:
    images = [image(1), image(2, "b.jpg")]
    summary = take(project, images, [box(1, 1)])
    assert decided(project) == ["a.jpg"]
    assert summary.faults() == {"picture without boxes": 1}
    take(project, images, [box(1, 1)], ImportOptions(Unlabelled.EMPTY))
    assert decided(project) == ["a.jpg", "b.jpg"]
    assert [i.get("state") for i in exported(project)["images"]] == [None, "decided"]


@pytest.mark.parametrize(
    ("images", "annotations", "verified"),
    [
        ([image(1), image(2, "b.jpg")], None, []),
        ([image(1), image(2, "b.jpg")], [], ["a.jpg", "b.jpg"]),
        ([image(1), image(2, "b.jpg")], [box(1, 1), box(2, 99)], ["a.jpg"]),
        ([image(1), image(2, "b.jpg")], [box(1, 1), "broken"], ["a.jpg"]),
        ([image(1), image(2, "b.jpg")], [box(1, 1), box(2, 1, category_id=9), box(3, 2)], ["b.jpg"]),
        ([image(1), image(2, "b.jpg")], [box(1, 1), box(2, 1, [500, 500, 9, 9]), box(3, 2)], ["b.jpg"]),
        ([image(1), image(2, "b.jpg")], [box(1, 1), box(2, 1, [1, 1, 0, 9]), box(3, 2)], ["b.jpg"]),
        ([image(1), image(1, "b.jpg")], [box(1, 1)], []),
        ([image(1), {"file_name": "b.jpg"}], [box(1, 1)], ["a.jpg"]),
    ],
)
def test_an_image_that_may_have_lost_a_box_is_not_verified(
    project: Project, images: list[Row], annotations: list[Row] | None, verified: list[str]
) -> None:
    summary = take(project, images, annotations, ImportOptions(Unlabelled.EMPTY))
    assert decided(project) == verified
    assert summary.issues or len(verified) == len(images)


def test_an_image_that_is_listed_twice_has_the_boxes_of_both_and_equal_ones_once(project: Project) -> None:
    summary = take(project, [image(1), image(2, "./a.jpg")], [box(1, 1), box(2, 2), box(3, 2, [1, 2, 3, 4])])
    assert boxes_of(project, "a.jpg") == [B, [1, 2, 3, 4]]
    assert decided(project) == ["a.jpg"]
    assert summary.words == "2 of 2 boxes and 1 of 1 image came in"
    assert kinds(summary) == {IssueKind.SAME_IMAGE}


def test_boxes_in_an_object_instead_of_a_list_are_listed_and_did_not_come_in(project: Project) -> None:
    file = project.path.with_name("object.json")
    record = {"images": [image(1)], "categories": [{"id": 1, "name": "cat"}], "annotations": {"1": box(1, 1)}}
    file.write_text(json.dumps(record))
    summary = import_dataset(project, read_dataset(file))
    assert summary.words == "0 of 1 box and 1 of 1 image came in"
    assert summary.is_nothing
    assert "is not a list and was left out" in [i.problem for i in summary.issues]
    assert decided(project) == []


def test_nothing_that_came_in_is_said_first(project: Project) -> None:
    summary = take(project, [image(n, f"{n}.jpg") for n in range(40)], [box(n + 1, n) for n in range(40)])
    assert summary.words == "0 of 40 boxes and 0 of 40 images came in"
    assert summary.is_nothing
    assert summary.faults() == {"picture not in the project": 40}


# boxes belong to the pixels they were drawn on


def test_boxes_of_the_stored_pixels_are_turned_with_outlines_and_key_points(project: Project) -> None:
    more = {"segmentation": [[10, 20, 40, 20, 40, 60]], "keypoints": [12, 22, 2, 0, 0, 0], "area": 600}
    summary = take(project, [image(1, "tall.jpg")], [box(1, 1, **more)])
    (out,) = exported(project)["annotations"]
    assert out["bbox"] == [90, 10, 40, 30]
    assert out["segmentation"] == [[130, 10, 130, 40, 90, 40]]
    assert out["keypoints"] == [128, 12, 2, 0, 0, 0]
    assert out["area"] == 600
    assert kinds(summary) == {IssueKind.TRANSFORMED}
    assert decided(project) == ["tall.jpg"]


def test_boxes_of_another_scale_are_scaled_and_what_cannot_be_is_named(project: Project) -> None:
    mask = {"counts": [0, 10, 119990], "size": [300, 400]}
    summary = take(
        project, [image(1, width=400, height=300)], [box(1, 1, [20, 40, 60, 80], segmentation=mask)]
    )
    (out,) = exported(project)["annotations"]
    assert (out["bbox"], out["segmentation"]) == (B, [])
    assert kinds(summary) == {IssueKind.TRANSFORMED, IssueKind.DROPPED}


@pytest.mark.parametrize("size", [(150, 200), (180, 150), (640, 640)])
def test_a_size_that_nothing_explains_leaves_the_image_to_be_decided(
    project: Project, size: tuple[int, int]
) -> None:
    summary = take(project, [image(1, "a.jpg", *size), image(2, "b.jpg")], [box(1, 1), box(2, 2)])
    assert (decided(project), boxes_of(project, "a.jpg")) == (["b.jpg"], [])
    assert IssueKind.OTHER_SIZE in kinds(summary)
    take(project, [image(1)], [box(1, 1)])  # the file was mended
    assert (decided(project), boxes_of(project, "a.jpg")) == (["a.jpg", "b.jpg"], [B])


def test_boxes_without_a_size_on_an_image_that_its_file_turns_are_to_be_checked(project: Project) -> None:
    without_size = [{"id": 1, "file_name": "tall.jpg"}, {"id": 2, "file_name": "a.jpg"}]
    summary = take(project, without_size, [box(1, 1), box(2, 2)])
    assert (decided(project), boxes_of(project, "tall.jpg"), boxes_of(project, "a.jpg")) == (
        ["a.jpg"],
        [B],
        [B],
    )
    assert [i.where for i in summary.issues if i.kind is IssueKind.OTHER_SIZE] == ["tall.jpg"]


def test_images_that_nobody_has_read_yet_are_measured_by_their_header(project: Project) -> None:
    project.db.execute("UPDATE images SET width = NULL, height = NULL, content_hash = NULL")
    take(
        project, [image(1, "tall.jpg"), image(2, "b.jpg", 400, 300)], [box(1, 1), box(2, 2, [20, 40, 60, 80])]
    )
    scan(project, NoProgress())
    assert boxes_of(project, "tall.jpg") == [[90, 10, 40, 30]]
    assert boxes_of(project, "b.jpg") == [B]


@pytest.mark.parametrize(
    ("numbers", "form", "expected"),
    [
        ([0.1, 0.2, 0.5, 0.4], BoxForm.FRACTIONS, [20, 30, 100, 60]),
        ([0.5, 0.2, 0.75, 0.9], BoxForm.FRACTION_CORNERS, [100, 30, 50, 105]),
        ([120, 80, 180, 140], BoxForm.CORNERS, [120, 80, 60, 60]),
    ],
)
def test_numbers_that_are_hardly_pixels_wait_until_somebody_says_what_they_are(
    project: Project, numbers: list[float], form: BoxForm, expected: list[float]
) -> None:
    summary = take(project, [image(1)], [box(1, 1, numbers)])
    assert (decided(project), boxes_of(project, "a.jpg")) == ([], [])
    assert IssueKind.NOT_PIXELS in kinds(summary)
    assert summary.is_nothing
    take(project, [image(1)], [box(1, 1, numbers)], ImportOptions(boxes=form))
    assert decided(project) == ["a.jpg"]
    assert boxes_of(project, "a.jpg")[0] == pytest.approx(expected)


def test_a_form_that_was_said_holds_for_a_box_that_reaches_beyond_its_image(project: Project) -> None:
    boxes = [box(1, 1, [0.1, 0.2, 0.3, 1.004]), box(2, 1, [0.5, 0.2, 0.25, 0.5])]
    summary = take(project, [image(1)], boxes, ImportOptions(boxes=BoxForm.FRACTIONS))
    assert boxes_of(project, "a.jpg") == [pytest.approx([20, 30, 60, 120]), [100, 30, 50, 75]]
    assert IssueKind.CLIPPED in kinds(summary)


def test_outlines_and_key_points_in_fractions_become_pixels_with_their_boxes(project: Project) -> None:
    extra_keys = {"segmentation": [[0.1, 0.2, 0.3, 0.2, 0.3, 0.6]], "keypoints": [0.1, 0.2, 2], "area": 0.04}
    mask = {"segmentation": {"size": [150, 200], "counts": [10, 20, 29970]}, "area": 20}
    boxes = [box(1, 1, [0.1, 0.2, 0.2, 0.4], **extra_keys), box(2, 1, [0.5, 0.2, 0.25, 0.5], **mask)]
    take(project, [image(1)], boxes, ImportOptions(boxes=BoxForm.FRACTIONS))
    first, second = exported(project)["annotations"]
    assert first["segmentation"] == [pytest.approx([20, 30, 60, 30, 60, 90])]
    assert (first["keypoints"], first["area"]) == ([20, 30, 2], pytest.approx(1200))
    assert (second["segmentation"], second["area"]) == (mask["segmentation"], 20)


def test_a_form_that_was_said_is_not_that_of_boxes_made_from_outlines(project: Project) -> None:
    outlined = box(2, 1, segmentation=[[50, 60, 150, 60, 150, 140]])
    del outlined["bbox"]
    boxes = [box(1, 1, [50, 60, 150, 140]), outlined, box(3, 1, [50, 60, 50, 80])]
    summary = take(project, [image(1)], boxes, ImportOptions(boxes=BoxForm.CORNERS))
    assert boxes_of(project, "a.jpg") == [[50, 60, 100, 80], [50, 60, 100, 80]]
    assert [i.problem for i in summary.issues if i.kind is IssueKind.NO_BOX] == [
        "has no area on a.jpg and was left out"
    ]


# names


def test_names_that_look_the_same_are_one_and_names_that_differ_are_two(project: Project) -> None:
    names = ["Ka\u0308fer", "K\u00e4fer", "M1", "M-1", "-", "_", "Cat ", "cat"]
    categories = [{"id": n, "name": name} for n, name in enumerate(names)]
    summary = take(
        project, [image(1)], [box(n + 1, 1, [n + 1, 1, 9, 9], n) for n in range(8)], categories=categories
    )  # fmt: skip
    out = exported(project)
    ids = {c["id"]: c["name"] for c in out["categories"]}
    assert [ids[a["category_id"]] for a in out["annotations"]] == [
        "Ka\u0308fer", "Ka\u0308fer", "M1", "M-1", "-", "_", "Cat ", "Cat "
    ]  # fmt: skip
    assert summary.faults() == {"same category": 2}
    found = [project.categories.find(name) for name in ("M1", "M-1", "m_1", "-")]
    assert [c.name if c else None for c in found] == ["M1", "M-1", "M1", "-"]


def test_a_name_beside_another_can_be_renamed_and_recoloured(project: Project) -> None:
    take(project, [image(1)], [box(1, 1)], categories=[{"id": 1, "name": "M1"}, {"id": 2, "name": "M-1"}])
    second = project.categories.find("M-1")
    assert second
    project.categories.update(replace(second, colour="#ff0000"))
    project.categories.update(replace(second, name="M-2"))
    assert [c.name for c in project.categories.all()] == ["M1", "M-2"]
    found = project.categories.find("m2")
    assert found
    assert found.id == second.id


# a round trip keeps everything

FULL: Row = {
    "info": {"year": 2020, "description": "my set"},
    "licenses": [{"id": 3, "name": "CC BY"}],
    "type": "instances",
    "videos": [{"id": 1}],
    "images": [
        image(9, "b.jpg", license=3, date_captured="2020", tags=["wet", "dry"], nested={"a": [1, None]}),
        image(0, "a.jpg", coco_url="http://example.org/a.jpg"),
    ],
    "categories": [
        {"id": 7, "name": "person", "supercategory": "being", "keypoints": ["nose"], "skeleton": [[1, 1]]},
        {"id": 3, "name": "dog", "color": [1, 2, 3]},
        {"id": 0, "name": "cat", "supercategory": "animal"},
    ],
    "annotations": [
        box(
            5, 9, B, 7, segmentation=[[10, 20, 40, 20, 40, 60]], area=600.5, keypoints=[12, 22, 2], num_keypoints=1,
            track_id=4, attributes={"x": [1], "occluded": True, "count": 7, "no": False, "note": "", "none": None},
        ),
        box(900100581904, 9, [50, 50, 20, 20], 3, segmentation={"counts": "PQ1", "size": [150, 200]}) | {"iscrowd": 1},
        box(6, 0, [1.5, 2.25, 3.125, 4.0625], 0, occluded=1, ignore=1, caption="x"),
    ],
}  # fmt: skip


def take_full(project: Project) -> None:
    file = project.path.with_name("full.json")
    file.write_text(json.dumps(FULL))
    assert import_dataset(project, read_dataset(file), file=file).issues == ()


def test_what_was_not_touched_comes_back_as_it_was(project: Project) -> None:
    take_full(project)
    out = exported(project)
    for key in ("info", "licenses", "type", "videos"):
        assert out[key] == FULL[key]
    for key in ("images", "categories"):
        assert [row["id"] for row in out[key]] == [row["id"] for row in FULL[key]]
    for key in ("images", "categories", "annotations"):
        now = {row["id"]: row for row in out[key]}
        for row in FULL[key]:
            assert {name: now[row["id"]].get(name) for name in row} == row
    attributes = next(a["attributes"] for a in out["annotations"] if a["id"] == 5)
    assert json.dumps(attributes) == json.dumps(FULL["annotations"][0]["attributes"])


def test_an_export_can_be_read_by_coco_tools_and_imported_again_to_the_byte(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pycocotools.coco import COCO

    take_full(project)
    exported(project)
    assert len(COCO(str(tmp_path / "out.json")).getAnnIds()) == 3
    capsys.readouterr()
    with Project.create(tmp_path / "again.hitl") as other:
        add_folder(other, tmp_path / "in", NoProgress())
        scan(other, NoProgress())
        import_dataset(other, read_dataset(tmp_path / "out.json"))
        export_dataset(other, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "out.json").read_bytes()


def test_a_box_that_was_moved_loses_what_no_longer_fits_and_undo_brings_it_back(project: Project) -> None:
    take_full(project)
    before = exported(project)
    (person,) = [a for a in project.annotations.all() if a.id == 5]
    annotate.revise(project, [Revision(person, bbox=BBox(11, 20, 30, 40))])
    summary = export_dataset(project, project.path.with_name("out.json"))
    now = next(a for a in exported(project)["annotations"] if a["id"] == 5)
    assert (now["bbox"], now["area"], now["segmentation"]) == ([11, 20, 30, 40], 1200, [])
    assert "keypoints" not in now
    assert now["track_id"] == 4
    assert now["attributes"] == FULL["annotations"][0]["attributes"]
    assert sorted(in_words(summary)) == [
        f"Left out, for it no longer fits boxes that were changed: 1 {what}."
        for what in ("area", "outline", "set of key points")
    ]
    edits.undo(project)
    now = exported(project)
    assert [i.pop("decision")["kind"] for i in now["images"] if "decision" in i] == ["accepted"]
    assert now == before
    annotate.remove(project, [person])
    assert len(exported(project)["annotations"]) == 2
    edits.undo(project)
    now = exported(project)
    assert [i.pop("decision")["kind"] for i in now["images"] if "decision" in i] == ["accepted"]
    assert now == before


def test_another_category_costs_the_key_points_alone(project: Project) -> None:
    take_full(project)
    (person,) = [a for a in project.annotations.all() if a.id == 5]
    dog = project.categories.find("dog")
    assert dog
    annotate.revise(project, [Revision(person, category_id=dog.id)])
    now = next(a for a in exported(project)["annotations"] if a["id"] == 5)
    assert (now["category_id"], now["segmentation"]) == (3, [[10, 20, 40, 20, 40, 60]])
    assert "keypoints" not in now


def test_an_attribute_that_was_changed_is_changed_in_the_file_and_no_other(project: Project) -> None:
    take_full(project)
    person, cat = (next(a for a in project.annotations.all() if a.id == i) for i in (5, 6))
    annotate.revise(project, [Revision(person, attributes=(("occluded", None), ("count", 8.0)))])
    annotate.revise(project, [Revision(cat, attributes=(("occluded", None), ("truncated", True)))])
    out = {a["id"]: a for a in exported(project)["annotations"]}
    assert out[5]["attributes"] == {"x": [1], "count": 8, "no": False, "note": "", "none": None}
    assert "occluded" not in out[6]
    assert out[6]["attributes"] == {"truncated": True}
    assert out[6]["ignore"] == 1


def test_attributes_come_back_as_they_were_written(project: Project) -> None:
    written = [{"x": 1}, {"x": 1.0}, {"b": "2", "a": 1}, {"occluded": 1}]
    rows = [box(n, 1, [n, 1, 9, 9], attributes=values) for n, values in enumerate(written, 1)]
    take(project, [image(1)], rows)
    out = exported(project)
    assert json.dumps([a["attributes"] for a in out["annotations"]]) == json.dumps(written)


def test_keys_of_ours_with_values_of_others_come_back(project: Project) -> None:
    images = [
        image(1, sets="train", tags=[{"name": "x"}]), image(2, "b.jpg", tags=["Night", "night"], sets=None),
    ]  # fmt: skip
    rows = [box(1, 1, edited=1, sets="train") | {"iscrowd": 2}, box(2, 2, edited="yes")]
    take(project, images, rows)
    out = exported(project)
    assert [{k: i.get(k) for k in ("sets", "tags")} for i in out["images"]] == [
        {"sets": "train", "tags": [{"name": "x"}]}, {"sets": None, "tags": ["Night", "night"]}
    ]  # fmt: skip
    assert [(a["edited"], a.get("sets")) for a in out["annotations"]] == [(1, "train"), ("yes", None)]
    assert [a["iscrowd"] for a in out["annotations"]] == [2, 0]


def test_values_that_json_has_no_place_for_are_counted(project: Project) -> None:
    rows = [box(1, 1, score=float("nan"), attributes={"x": float("inf")}), box(2, 1, [5, 5, 5, 5])]
    summary = take(project, [image(1)], rows)
    problem = "has NaN or Infinity 2 times, which JSON has no place for; read as null"
    assert problem in [i.problem for i in summary.issues]


def test_later_categories_and_images_never_take_an_id_of_the_file(project: Project) -> None:
    take_full(project)
    new = project.categories.ensure("bird")
    annotate.draw(project, 3, [(BBox(1, 1, 9, 9), new.id)])
    out = exported(project, TO_DO_TOO)
    for key in ("images", "categories"):
        ids = [row["id"] for row in out[key]]
        assert len(set(ids)) == len(ids)
    assert out["categories"][-1]["name"] == "bird"
    again = exported(project, TO_DO_TOO)
    assert again == out


# several files


def test_a_second_file_adds_its_boxes_to_images_that_nobody_has_touched(project: Project) -> None:
    take(project, [image(1)], [box(1, 1)], licenses=[{"id": 1, "name": "A"}])
    second = [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}]
    summary = take(
        project, [image(5)], [box(1, 5, [50, 50, 9, 9]), box(2, 5, B, 2)], categories=second,
        licenses=[{"id": 2, "name": "B"}],
    )  # fmt: skip
    out = exported(project)
    names = {c["id"]: c["name"] for c in out["categories"]}
    assert [(names[a["category_id"]], a["bbox"]) for a in out["annotations"]] == [
        ("cat", B),
        ("dog", [50, 50, 9, 9]),
    ]
    assert out["licenses"] == [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]
    assert summary.words == "2 of 2 boxes and 1 of 1 image came in"
    assert kinds(summary) == {IssueKind.MERGED, IssueKind.RENUMBERED}


def test_an_image_stays_decided_where_a_later_file_merely_lists_it(project: Project) -> None:
    take(project, [image(1)], [box(1, 1)])
    take(project, [image(2, "b.jpg")], [], ImportOptions(Unlabelled.EMPTY))
    dogs = [{"id": 1, "name": "dog"}]
    listed = [image(1), image(2, "b.jpg"), image(3, "tall.jpg", 150, 200)]
    summary = take(project, listed, [box(1, 3)], categories=dogs)
    assert decided(project) == ["a.jpg", "b.jpg", "tall.jpg"]
    assert IssueKind.UNLABELLED not in kinds(summary)
    take(project, listed, None, categories=dogs)
    assert decided(project) == ["a.jpg", "b.jpg", "tall.jpg"]


@pytest.mark.parametrize(
    "lost", [box(1, 1, category_id=77), box(1, 1, [900, 900, 9, 9]), box(1, 1, [0.1] * 4)]
)
def test_an_image_that_lost_its_only_box_is_not_verified_by_the_next_file(
    project: Project, lost: Row
) -> None:
    take(project, [image(1)], [lost])
    summary = take(project, [image(1)], [box(1, 1)], categories=[{"id": 1, "name": "dog"}])
    assert decided(project) == []
    assert boxes_of(project, "a.jpg") == [B]
    assert "lost boxes of an earlier file" in " ".join(issue.problem for issue in summary.issues)


def test_the_same_file_mended_verifies_its_images(project: Project) -> None:
    rows = [box(1, 1, [0.1, 0.2, 0.3, 0.4])]
    record = {"images": [image(1)], "categories": [{"id": 1, "name": "cat"}], "annotations": rows}
    file = project.path.with_name("fractions.json")
    file.write_text(json.dumps(record))
    import_dataset(project, read_dataset(file), file=file)
    assert decided(project) == []
    import_dataset(project, read_dataset(file), ImportOptions(boxes=BoxForm.FRACTIONS), file=file)
    assert decided(project) == ["a.jpg"]


@pytest.mark.parametrize("boxes", [1, 2])
def test_a_box_that_a_person_deleted_does_not_come_back(project: Project, boxes: int) -> None:
    rows = [box(n, 1, [n, 1, 9, 9]) for n in range(1, boxes + 1)] + [box(9, 1, category_id=77)]
    take(project, [image(1)], rows)
    annotate.remove(project, project.annotations.of_image(1)[:1])
    left = boxes_of(project, "a.jpg")
    summary = take(project, [image(1)], rows)
    assert boxes_of(project, "a.jpg") == left
    assert "changed here; the project's version was kept" in " ".join(i.problem for i in summary.issues)
    edits.undo(project)
    take(project, [image(1)], rows)
    assert len(boxes_of(project, "a.jpg")) == boxes


def test_a_second_file_that_lost_boxes_opens_the_image_again(project: Project) -> None:
    take(project, [image(1)], [box(1, 1)])
    take(project, [image(1)], [box(1, 1, [50, 50, 9, 9]), box(2, 1, category_id=77)])
    assert decided(project) == []
    assert boxes_of(project, "a.jpg") == [B, [50, 50, 9, 9]]


def test_a_second_file_fills_what_the_first_lacks_and_clashes_are_counted(project: Project) -> None:
    take(project, [image(1, license=1)], [box(1, 1, track_id=4, attributes={"x": 1})])
    cats = [{"id": 1, "name": "cat", "supercategory": "animal", "keypoints": ["nose"]}]
    more: Row = {"segmentation": [[10, 20, 40, 20, 40, 60]], "attributes": {"x": 2, "y": "z"}, "score": 0.5}
    summary = take(
        project, [image(1, license=2, date_captured="2020")], [box(1, 1, track_id=5, **more)], categories=cats
    )  # fmt: skip
    out = exported(project)
    (a,) = out["annotations"]
    assert (a["segmentation"], a["score"], a["track_id"]) == (more["segmentation"], 0.5, 4)
    assert a["attributes"] == {"x": 1, "y": "z"}
    assert (out["images"][0]["license"], out["images"][0]["date_captured"]) == (1, "2020")
    assert out["categories"] == cats
    problems = {i.where: i.problem for i in summary.issues if i.kind is IssueKind.DROPPED}
    assert problems["track_id"] == "track_id of 1 box is another than in an earlier file, whose value stays"
    assert problems.keys() == {"track_id", "attributes", "license"}


def test_equal_boxes_of_one_file_are_one_where_nothing_contradicts(project: Project) -> None:
    images = [image(1), image(2, coco_url="u", license=3)]
    rows = [
        box(1, 1, track_id=1),
        box(2, 2, track_id=2),
        box(3, 1, [9, 9, 9, 9]),
        box(4, 2, [9, 9, 9, 9], track_id=3),
    ]
    names = [{"id": 1, "name": "cat"}, {"id": 2, "name": "Cat", "color": "red"}]
    take(project, images, rows, categories=names)
    out = exported(project)
    assert [(a["bbox"], a["track_id"]) for a in out["annotations"]] == [(B, 1), (B, 2), ([9, 9, 9, 9], 3)]
    assert (out["images"][0]["coco_url"], out["images"][0]["license"]) == ("u", 3)
    assert out["categories"] == [{"id": 1, "name": "cat", "supercategory": "", "color": "red"}]


def test_names_that_differ_are_two_also_across_files(project: Project) -> None:
    take(project, [image(1)], [box(1, 1)], categories=[{"id": 1, "name": "M-1"}])
    take(project, [image(2, "b.jpg")], [box(1, 2)], categories=[{"id": 1, "name": "M1"}])
    out = exported(project)
    names = {c["id"]: c["name"] for c in out["categories"]}
    assert [names[a["category_id"]] for a in out["annotations"]] == ["M-1", "M1"]


def test_a_name_that_is_nearly_one_of_the_project_is_taken_as_that_and_told(project: Project) -> None:
    project.categories.ensure("red_cell")
    summary = take(project, [image(1)], [box(1, 1)], categories=[{"id": 1, "name": "red cell"}])
    assert [c["name"] for c in exported(project)["categories"]] == ["red_cell"]
    assert [i.problem for i in summary.issues] == ["'red cell' is taken as 'red_cell' of the project"]


@pytest.mark.parametrize("names", [["cat"], ["cat", "dog"], ["dog", "cat"]])
def test_what_a_person_merged_stays_merged(project: Project, names: list[str]) -> None:
    cat, dog = project.categories.ensure("cat"), project.categories.ensure("dog")
    merge(project, cat, dog)
    categories = [{"id": n, "name": name} for n, name in enumerate(names, 1)]
    rows = [box(n, 1, [n, 9, 9, 9], n) for n in range(1, len(names) + 1)]
    summary = take(project, [image(1)], rows, categories=categories)
    assert [c["name"] for c in exported(project)["categories"]] == ["dog"]
    assert len(boxes_of(project, "a.jpg")) == len(names)
    assert "'cat' was merged into 'dog' here, so its boxes are, too" in [i.problem for i in summary.issues]


def test_what_was_exported_keeps_its_ids_when_a_file_comes_in_that_has_them(project: Project) -> None:
    fish, bird = project.categories.ensure("fish"), project.categories.ensure("bird")
    annotate.draw(project, 1, [(BBox(*B), fish.id), (BBox(1, 1, 9, 9), bird.id)])
    first = exported(project, TO_DO_TOO)
    summary = take(
        project, [image(1, "b.jpg")], [box(1, 1, category_id=1), box(2, 1, [5, 5, 5, 5], 2)],
        categories=[{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}],
    )  # fmt: skip
    out = exported(project, TO_DO_TOO)
    for key in ("images", "annotations", "categories"):
        ids = {row["id"] for row in out[key]}
        assert len(ids) == len(out[key])
        assert ids >= {row["id"] for row in first[key]}
    ids = {row["file_name"]: row["id"] for row in out["images"]}
    assert ids["a.jpg"] == next(row["id"] for row in first["images"] if row["file_name"] == "a.jpg")
    assert out["categories"][:2] == first["categories"]
    assert {i.problem for i in summary.issues if i.kind is IssueKind.RENUMBERED} >= {
        "2 categories with another id here than in the file"
    }


def test_licences_with_the_same_id_are_two(project: Project) -> None:
    take(project, [image(1, license=1)], [box(1, 1)], licenses=[{"id": 1, "name": "CC"}])
    second = [{"id": 1, "name": "MIT"}, {"id": 2, "name": "CC"}]
    take(project, [image(2, "b.jpg", license=1), image(3, "tall.jpg", 150, 200, license=2)],
         [box(1, 2), box(2, 3)], licenses=second)  # fmt: skip
    out = exported(project)
    names = {licence["id"]: licence["name"] for licence in out["licenses"]}
    assert [names[i["license"]] for i in out["images"]] == ["CC", "MIT", "CC"]
    assert len(out["licenses"]) == 2


def test_a_category_of_a_file_may_have_the_word_for_boxes_without_one(project: Project) -> None:
    project.categories.ensure_unnamed()
    take(project, [image(1)], [box(1, 1)], categories=[{"id": 1, "name": "(unnamed)"}])
    out = exported(project)
    assert [c["name"] for c in out["categories"]] == ["(unnamed)"]
    assert len(out["annotations"]) == 1


# an export replaces nothing of others


def test_an_export_replaces_its_own_files_and_no_others_unless_told_to(
    project: Project, tmp_path: Path
) -> None:
    take_full(project)
    source = tmp_path / "full.json"
    other = tmp_path / "other.json"
    other.write_text('{"images": []}')
    for file in (source, other):
        before = file.read_bytes()
        with pytest.raises(WouldReplaceError, match="was not replaced"):
            export_dataset(project, file)
        assert file.read_bytes() == before
    (tmp_path / "empty.json").write_bytes(b"")
    export_dataset(project, tmp_path / "empty.json")
    export_dataset(project, tmp_path / "empty.json")
    link = tmp_path / "link.json"
    link.symlink_to(source)
    with pytest.raises(WouldReplaceError):
        export_dataset(project, link)
    export_dataset(project, source, force=True)
    assert json.loads(source.read_bytes())["exported_by"].startswith("HITL Desktop")


def test_an_export_tells_of_files_that_went_away_or_changed_since_they_were_read(project: Project) -> None:
    take(
        project, [image(1), image(2, "b.jpg"), image(3, "tall.jpg", 150, 200)], [box(n, n) for n in (1, 2, 3)]
    )
    assert export_dataset(project, project.path.with_name("out.json")).no_file == 0
    (project.path.parent / "in" / "a.jpg").unlink()
    save(project.path.parent / "in" / "b.jpg", 100, 75)
    (project.path.parent / "in" / "tall.jpg").write_bytes(b"no image")
    summary = export_dataset(project, project.path.with_name("out.json"))
    assert in_words(summary) == [
        "3 labelled images went out with the labels alone: the file is gone, damaged or another one now."
    ]
    sizes = [(i["width"], i["height"]) for i in json.loads(summary.path.read_text())["images"]]
    assert sizes == [(200, 150), (200, 150), (150, 200)]


def test_an_export_that_was_edited_since_is_not_replaced_and_a_link_stays_one(project: Project) -> None:
    take_full(project)
    out, link = project.path.with_name("out.json"), project.path.with_name("link.json")
    export_dataset(project, out)
    link.symlink_to(out)
    export_dataset(project, link)
    assert link.is_symlink()
    out.write_text(out.read_text().replace("my set", "edited by hand"))
    with pytest.raises(WouldReplaceError, match="was changed since it was exported"):
        export_dataset(project, out)
    export_dataset(project, out, force=True)
    export_dataset(project, out)


# the same rule where proposals are measured


def test_what_images_show_is_told_in_the_pixels_and_names_of_today(project: Project) -> None:
    record = {
        "images": [image(0, "data/tall.jpg"), image(1, "A.JPG", 400, 300), image(2, "b.jpg", 180, 150)],
        "categories": [{"id": 0, "name": "cat"}],
        "annotations": [box(1, 0, category_id=0), box(2, 1, [20, 40, 60, 80], 0), box(3, 2, category_id=0)],
    }
    project.path.with_name("truth.json").write_text(json.dumps(record))
    answers = answers_for(project, read_dataset(project.path.with_name("truth.json")).dataset)
    paths = {i.id: i.path for i in project.images.all()}
    assert {paths[i]: boxes for i, boxes in answers.items()} == {
        "tall.jpg": [("cat", (90, 10, 40, 30))],
        "a.jpg": [("cat", tuple(B))],
    }


def test_a_category_whose_id_is_0_is_measured(project: Project) -> None:
    model = project.models.ensure("hash", "m", ("cat",)).id
    project.models.set_detector(model)
    found = Detections(np.array([B], float), np.array([[0.9]], np.float32))
    project.predictions.replace(1, model, found)
    record = {
        "images": [image(0)],
        "categories": [{"id": 0, "name": "cat"}],
        "annotations": [box(0, 0, category_id=0)],
    }
    project.path.with_name("truth.json").write_text(json.dumps(record))
    truth = read_dataset(project.path.with_name("truth.json")).dataset
    assert evaluate(project, truth, NoProgress()).ap50 == 1
