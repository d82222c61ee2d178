import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.dataset import ImportOptions, IssueKind, Unlabelled
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import HitlError, ProjectError
from hitl_desktop.paths import project_name
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions, edits
from hitl_desktop.workflows.annotation.categories import change
from hitl_desktop.workflows.detection.embeddings import embed_images
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions, export_dataset
from hitl_desktop.workflows.exchange.export_selection import TO_DO_TOO
from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset
from hitl_desktop.workflows.exchange.match_images import match_by_name
from hitl_desktop.workflows.images.folder_walk import list_images
from hitl_desktop.workflows.images.open_folder import add_folder, open_path, project_file_for, scan
from hitl_desktop.workflows.projects.new_project import new_project
from tests.conftest import CancelAt


def test_images_are_listed_in_order_of_name_and_hidden_ones_not(images: Path) -> None:
    (images / ".hidden.jpg").write_bytes(b"")
    (images / ".git").mkdir()
    (images / ".git" / "x.png").write_bytes(b"")
    (images / "notes.txt").write_text("no image")
    (images / "folder.jpg").mkdir()
    assert list(list_images(images)) == ["a.png", "b.jpg", "c.png", "sub/d.png"]


def test_listing_again_adds_only_what_is_new(project: Project, images: Path) -> None:
    before = project.images.all()
    shutil.copy(images / "a.png", images / "z.png")
    add_folder(project, images, NoProgress())
    after = project.images.all()
    assert after[: len(before)] == before
    assert [i.path for i in after[len(before) :]] == ["z.png"]


def test_reading_finds_sizes_hashes_and_what_is_broken(project: Project, images: Path) -> None:
    (images / "e.jpg").write_bytes(b"")
    add_folder(project, images, NoProgress())
    result = scan(project, NoProgress())
    assert result.read == 0
    assert [path for path, _ in result.unreadable] == ["e.jpg"]
    sizes = {i.path: (i.width, i.height) for i in project.images.all() if not i.reason}
    assert sizes == {"a.png": (80, 60), "b.jpg": (70, 90), "c.png": (40, 40), "sub/d.png": (64, 50)}
    assert all(i.content_hash for i in project.images.all() if not i.reason)


def test_reading_goes_on_after_it_was_cancelled(tmp_path: Path, images: Path) -> None:
    with Project.create(tmp_path / "x.hitl") as project:
        add_folder(project, images, NoProgress())
        with pytest.raises(JobCancelled):
            scan(project, CancelAt(0))
        assert len(project.images.to_read()) == 4
        assert scan(project, NoProgress()).read == 4


@pytest.mark.parametrize("kind", ["empty", "missing", "file"])
def test_folders_that_cannot_be_opened_say_why_and_leave_nothing(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "folder"
    if kind == "empty":
        folder.mkdir()
    if kind == "file":
        folder.write_text("")
    with pytest.raises(HitlError) as raised:
        new_project(tmp_path / "x.hitl", folder, NoProgress())
    assert raised.value.hint
    assert not (tmp_path / "x.hitl").exists()


def test_names_that_are_no_text_are_listed_with_a_reason(tmp_path: Path, images: Path) -> None:
    try:
        (images / "bad\udcff.png").write_bytes((images / "a.png").read_bytes())
    except OSError:
        pytest.skip("this file system allows no such names")
    made = new_project(tmp_path / "x.hitl", images, NoProgress())
    assert made.images == 5
    assert [reason for _, reason in made.unreadable] == ["The file name is not valid text. Rename the file."]


def test_a_folder_opens_as_a_project_beside_its_images_and_opens_again(images: Path) -> None:
    with open_path(images) as project:
        assert project.path == images / "pictures.hitl"
        assert [i.path for i in project.images.all()] == ["a.png"]
        project.categories.ensure("cat")
    with open_path(images) as project:
        assert project.categories.find("cat")


def test_the_project_of_a_read_only_folder_lies_elsewhere(
    images: Path, monkeypatch: pytest.MonkeyPatch, isolated: Path
) -> None:
    monkeypatch.setattr("hitl_desktop.workflows.images.open_folder.os.access", lambda _path, mode: mode != 2)
    file = project_file_for(images)
    assert file.parent == isolated / "data"
    assert project_name(file) == images.name
    assert project_name(images / f"{images.name}-1.hitl") == f"{images.name}-1"


def write_coco(path: Path, **changes: Any) -> Path:
    record = {
        "images": [
            {"id": 7, "file_name": "sub/d.png", "width": 64, "height": 50},
            {"id": 3, "file_name": "a.png", "width": 80, "height": 60, "tags": ["night"]},
            {"id": 9, "file_name": "c.png", "width": 40, "height": 40},
        ],
        "categories": [{"id": 5, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": [
            {"id": 40, "image_id": 7, "category_id": 5, "bbox": [1.25, 2.5, 30.1, 20.2]},
            {"id": 12, "image_id": 3, "category_id": 2, "bbox": [0, 0, 80, 60], "iscrowd": 1},
        ],
    }
    path.write_text(json.dumps(record | changes))
    return path


EMPTY = ImportOptions(Unlabelled.EMPTY)


def test_a_file_becomes_ground_truth_and_comes_out_with_its_ids_and_in_its_order(
    tmp_path: Path, images: Path
) -> None:
    file = write_coco(tmp_path / "c.json")
    made = new_project(tmp_path / "x.hitl", images, NoProgress(), coco=file, options=EMPTY)
    assert (made.images, made.annotations, made.categories) == (4, 2, 2)
    with Project.open(tmp_path / "x.hitl") as project:
        assert [i.path for i in project.images.all(state=ImageState.DECIDED)] == [
            "a.png",
            "c.png",
            "sub/d.png",
        ]
        assert {c.id: c.name for c in project.categories.all()} == {2: "dog", 5: "cat"}
        assert [(a.id, a.crowd) for a in project.annotations.all()] == [(12, True), (40, False)]
        export_dataset(project, tmp_path / "out.json", options=ExportOptions(selection=TO_DO_TOO))
    out = json.loads((tmp_path / "out.json").read_text())
    names = {7: "sub/d.png", 3: "a.png", 9: "c.png", 2: "b.jpg"}
    assert {i["id"]: i["file_name"] for i in out["images"]} == names
    assert [i["id"] for i in out["images"]] == [7, 3, 9, 2]
    assert [(c["id"], c["name"]) for c in out["categories"]] == [(5, "cat"), (2, "dog")]
    assert [(a["id"], a["image_id"], a["category_id"]) for a in out["annotations"]] == [
        (12, 3, 2),
        (40, 7, 5),
    ]


def test_exported_imported_and_exported_again_is_the_same_file(tmp_path: Path, images: Path) -> None:
    file = write_coco(tmp_path / "c.json")
    new_project(tmp_path / "x.hitl", images, NoProgress(), coco=file, options=EMPTY)
    with Project.open(tmp_path / "x.hitl") as project:
        summary = export_dataset(project, tmp_path / "1.json")
        export_dataset(project, tmp_path / "1-again.json")
    assert (summary.images, summary.annotations, summary.undecided) == (3, 2, 1)
    with Project.create(tmp_path / "y.hitl") as project:
        add_folder(project, images, NoProgress())
        scan(project, NoProgress())
        assert import_dataset(project, read_dataset(tmp_path / "1.json")).issues == ()
        export_dataset(project, tmp_path / "2.json")
    first = (tmp_path / "1.json").read_bytes()
    assert first == (tmp_path / "1-again.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    images = json.loads(first)["images"]
    assert {
        "id": 9,
        "file_name": "c.png",
        "width": 40,
        "height": 40,
        "state": "decided",
    } in images  # verified empty
    assert images[1]["tags"] == ["night"]


def test_an_exported_file_satisfies_pycocotools_and_scores_one_against_itself(
    tmp_path: Path, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    new_project(tmp_path / "x.hitl", dataset / "images", NoProgress(), coco=dataset / "instances.json")
    with Project.open(tmp_path / "x.hitl") as project:
        export_dataset(project, tmp_path / "out.json")
    truth = COCO(str(tmp_path / "out.json"))
    detections = truth.loadRes([{**a, "score": 1.0} for a in truth.dataset["annotations"]])
    evaluation = COCOeval(truth, detections, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1.0)
    capsys.readouterr()


def test_importing_again_keeps_the_projects_version_and_says_so(tmp_path: Path, images: Path) -> None:
    coco = write_coco(tmp_path / "c.json")
    new_project(tmp_path / "x.hitl", images, NoProgress(), coco=coco)
    with Project.open(tmp_path / "x.hitl") as project:
        before = project.annotations.all()
        summary = import_dataset(project, read_dataset(coco))
        assert project.annotations.all() == before
        assert (summary.images, summary.annotations) == (3, 2)  # which are there
        assert not summary.is_nothing
        assert summary.faults() == {"picture without boxes": 1}


def test_what_a_person_did_stays_when_a_file_comes_in(tmp_path: Path, project: Project) -> None:
    category = project.categories.ensure("cat").id
    annotate.draw(project, 1, [(BBox(5, 5, 10, 10), category)])
    before = project.annotations.all()
    summary = import_dataset(project, read_dataset(write_coco(tmp_path / "c.json")))
    assert project.annotations.of_image(1) == before
    kept = [i.where for i in summary.issues if i.kind is IssueKind.KEPT]
    assert kept == ["a.png"]


def test_decomposed_names_match_composed_ones(tmp_path: Path, images: Path) -> None:
    (images / "a.png").rename(images / "de\u0301compose\u0301.png")
    file = write_coco(
        tmp_path / "c.json",
        images=[{"id": 1, "file_name": "d\u00e9compos\u00e9.png", "width": 80, "height": 60}],
        annotations=[{"id": 1, "image_id": 1, "category_id": 5, "bbox": [1, 2, 3, 4]}],
    )
    made = new_project(tmp_path / "x.hitl", images, NoProgress(), coco=file)
    assert made.annotations == 1
    assert [issue.kind for issue in made.issues] == [IssueKind.MATCHED_LOOSELY]


def test_a_malformed_file_stops_before_a_project_is_made(tmp_path: Path, images: Path) -> None:
    (tmp_path / "c.json").write_text("{")
    with pytest.raises(HitlError, match="not valid JSON"):
        new_project(tmp_path / "x.hitl", images, NoProgress(), coco=tmp_path / "c.json")
    assert not (tmp_path / "x.hitl").exists()


def test_nothing_decided_is_nothing_to_export_unless_all_is_asked_for(
    tmp_path: Path, project: Project
) -> None:
    with pytest.raises(HitlError, match="nothing to export"):
        export_dataset(project, tmp_path / "out.json")
    assert (
        export_dataset(project, tmp_path / "out.json", options=ExportOptions(selection=TO_DO_TOO)).images == 4
    )


def test_labels_outlive_files_and_what_nobody_labelled_stays_out_while_it_cannot_be_read(
    tmp_path: Path, project: Project
) -> None:
    project.images.set_state(1, ImageState.DECIDED)
    category = project.categories.ensure("cat").id
    annotate.draw(project, 2, [(BBox(5, 6, 10, 11), category)])
    project.images.set_state(2, ImageState.DECIDED)
    for image_id in (2, 3):
        image = project.images.get(image_id)
        assert image
        path = project.path_of(image)
        path.rename(path.with_suffix(".away"))
        project.images.set_reason(image_id, "The file is gone.")
    summary = export_dataset(project, tmp_path / "out.json", options=ExportOptions(selection=TO_DO_TOO))
    assert (summary.images, summary.unreadable, summary.no_file) == (3, 1, 1)
    out = json.loads((tmp_path / "out.json").read_text())
    assert [(i["id"], i["width"], i["height"]) for i in out["images"]] == [
        (1, 80, 60),
        (2, 70, 90),
        (4, 64, 50),
    ]
    assert [(a["image_id"], a["bbox"]) for a in out["annotations"]] == [(2, [5, 6, 10, 11])]
    path.with_suffix(".away").rename(path)  # it came back, and nobody has read it since
    summary = export_dataset(project, tmp_path / "out.json", options=ExportOptions(selection=TO_DO_TOO))
    assert (summary.images, summary.unreadable, summary.no_file) == (4, 0, 1)


def test_an_image_that_lost_boxes_on_the_way_stays_to_be_decided(tmp_path: Path, project: Project) -> None:
    record = {
        "images": [{"id": n, "file_name": name, "width": w, "height": h} for n, name, w, h in
                   ((1, "a.png", 80, 60), (2, "b.jpg", 70, 90))],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]},
            {"id": 2, "image_id": 1, "category_id": 9, "bbox": [1, 1, 5, 5]},
            {"id": 3, "image_id": 2, "category_id": 1, "bbox": [1, 1, 5, 5]},
        ],
    }  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps(record))
    summary = import_dataset(project, read_dataset(tmp_path / "a.json"))
    assert summary.annotations == 2
    states = {image.path: image.state for image in project.images.all()}
    assert (states["a.png"], states["b.jpg"]) == (ImageState.UNDECIDED, ImageState.DECIDED)
    assert any("stays to be decided" in issue.problem for issue in summary.issues)


def test_a_project_is_no_data_set(project: Project) -> None:
    with pytest.raises(HitlError, match="is a project"):
        read_dataset(project.path)


def test_two_folders_with_the_same_names_keep_their_images_apart(
    tmp_path: Path, images: Path, project: Project
) -> None:
    shutil.copytree(images, tmp_path / "more")
    add_folder(project, tmp_path / "more", NoProgress())
    scan(project, NoProgress())
    export_dataset(project, tmp_path / "out.json", options=ExportOptions(selection=TO_DO_TOO))
    names = [i["file_name"] for i in json.loads((tmp_path / "out.json").read_text())["images"]]
    assert len(set(names)) == 8
    assert {"pictures/a.png", "more/a.png"} <= set(names)


def test_opening_what_is_no_project_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError):
        open_path(tmp_path / "nothing.hitl")


def test_an_image_that_comes_back_can_be_read_again(project: Project, images: Path) -> None:
    project.images.set_state(1, ImageState.DECIDED)
    (images / "a.png").rename(images / "a.away")
    project.images.set_reason(1, "The file is gone.")
    assert [path for path, _ in scan(project, NoProgress()).unreadable] == ["a.png"]
    (images / "a.away").rename(images / "a.png")
    assert scan(project, NoProgress()).unreadable == []
    image = project.images.get(1)
    assert image
    assert image.reason is None


def test_an_absent_folder_marks_none_of_its_images(project: Project, images: Path, tmp_path: Path) -> None:
    shutil.copytree(images, tmp_path / "more")
    add_folder(project, tmp_path / "more", NoProgress())
    images.rename(tmp_path / "unplugged")
    scan(project, NoProgress())
    embed_images(project, project.images.all(), NoProgress())
    prelabel(project, NoProgress(), threads=1)
    assert [i.reason for i in project.images.all()] == [None] * 8


def test_bare_names_in_two_folders_go_to_nobody_and_named_folders_to_the_right_one(
    project: Project, images: Path, tmp_path: Path
) -> None:
    shutil.copytree(images, tmp_path / "more")
    add_folder(project, tmp_path / "more", NoProgress())
    found = match_by_name(project, ["a.png", "pictures/a.png", "./more/a.png", "elsewhere/d.png"])
    assert {name: project.path_of(image) for name, image in found.items()} == {
        "pictures/a.png": images / "a.png",
        "./more/a.png": tmp_path / "more" / "a.png",
    }


def test_undecided_images_stay_undecided_through_a_round_trip(
    tmp_path: Path, images: Path, project: Project
) -> None:
    category = project.categories.ensure("cat").id
    annotate.draw(project, 2, [(BBox(1, 1, 9, 9), category)])
    decisions.skip(project, 3, seconds=1)
    project.images.set_state(4, ImageState.DECIDED)
    export_dataset(project, tmp_path / "1.json", options=ExportOptions(selection=TO_DO_TOO))
    with Project.create(tmp_path / "y.hitl") as other:
        add_folder(other, images, NoProgress())
        scan(other, NoProgress())
        import_dataset(other, read_dataset(tmp_path / "1.json"))
        assert [i.state.value for i in other.images.all()] == ["undecided", "undecided", "skipped", "decided"]
        export_dataset(other, tmp_path / "2.json", options=ExportOptions(selection=TO_DO_TOO))
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def test_undo_works_after_an_import_of_an_id_that_was_used_before(tmp_path: Path, project: Project) -> None:
    category = project.categories.ensure("cat").id
    annotate.draw(project, 1, [(BBox(1, 1, 9, 9), category)])
    (drawn,) = project.annotations.all()
    annotate.remove(project, [drawn])
    record = {
        "images": [{"id": 2, "file_name": "b.jpg", "width": 70, "height": 90}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [{"id": drawn.id, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4]}],
    }
    (tmp_path / "c.json").write_text(json.dumps(record))
    import_dataset(project, read_dataset(tmp_path / "c.json"))
    assert edits.undo(project)[0]
    assert project.annotations.all() == []
    assert edits.undo(project)[0]
    assert project.annotations.all() == [drawn]


def test_a_window_keeps_the_ids_of_its_images(tmp_path: Path, project: Project) -> None:
    before = {i.id: i.path for i in project.images.all()}
    import_dataset(project, read_dataset(write_coco(tmp_path / "c.json")))
    assert {i.id: i.path for i in project.images.all()} == before


def test_tags_come_out_in_order_of_name(tmp_path: Path, images: Path, project: Project) -> None:
    annotate.set_tags(project, 1, [project.tags.ensure(name).id for name in ("zeta", "alpha")])
    export_dataset(project, tmp_path / "1.json", options=ExportOptions(selection=TO_DO_TOO))
    assert json.loads((tmp_path / "1.json").read_text())["images"][0]["tags"] == ["alpha", "zeta"]


@pytest.mark.parametrize("name", ["pictures/a.png", "test.hitl"])
def test_an_export_replaces_neither_an_image_nor_the_project(
    project: Project, tmp_path: Path, name: str
) -> None:
    before = (tmp_path / name).read_bytes()
    with pytest.raises(HitlError, match="was not replaced"):
        export_dataset(project, tmp_path / name, options=ExportOptions(selection=TO_DO_TOO))
    assert (tmp_path / name).read_bytes() == before


def test_a_project_that_could_not_be_filled_is_not_left_behind(
    tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(JobCancelled):
        new_project(tmp_path / "x.hitl", images, CancelAt(0))
    assert list(tmp_path.glob("*.hitl*")) == []
    new_project(tmp_path / "x.hitl", images, NoProgress())
    with pytest.raises(ProjectError, match="exists already"):
        new_project(tmp_path / "x.hitl", images, NoProgress())
    assert (tmp_path / "x.hitl").exists()


def test_projects_of_read_only_folders_with_the_same_name_lie_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitl_desktop.workflows.images.open_folder.os.access", lambda _path, _mode: False)
    assert project_file_for(tmp_path / "a_b" / "c") != project_file_for(tmp_path / "a" / "b_c")
    assert project_file_for(tmp_path / "a" / "c") != project_file_for(tmp_path / "b" / "c")


def test_boxes_drawn_during_an_import_and_boxes_without_id_never_meet_an_id_of_the_file(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitl_desktop.workflows.exchange.import_dataset._AT_ONCE", 1)
    category = project.categories.ensure("cat").id
    add_all, drawn = project.annotations.add_all, []

    def and_draw(annotations: Iterable[Annotation]) -> None:
        add_all(annotations)
        drawn.extend(project.annotations.add([Annotation(0, 4, category, BBox(1, 1, 5, 5))]))

    monkeypatch.setattr(project.annotations, "add_all", and_draw)
    boxes = [{"image_id": 7, "category_id": 5, "bbox": [1, 1, 9, 9]}]
    boxes += [
        {"id": n, "image_id": 3 if n < 3 else 9, "category_id": 5, "bbox": [1, 1, 9, 9]} for n in range(1, 5)
    ]
    images = json.loads(write_coco(tmp_path / "c.json").read_text())["images"]
    images = [i for i in images if i["id"] != 7] + [
        {"id": 7, "file_name": "b.jpg", "width": 70, "height": 90}
    ]
    file = write_coco(tmp_path / "d.json", images=images, annotations=boxes)
    summary = import_dataset(project, read_dataset(file))
    assert (summary.images, summary.annotations) == (3, 5)
    assert len({a.id for a in project.annotations.all()}) == 5 + len(drawn)
    assert {1, 2, 3, 4} <= {a.id for a in project.annotations.all()}


MARKED = {
    "images": [
        {"id": 1, "file_name": "a.png", "width": 64, "height": 48, "state": "sent to Ann", "sets": "third"},
        {"id": 2, "file_name": "b.jpg", "width": 64, "height": 48, "state": {"by": 7}},
    ],
    "annotations": [
        {
            "id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 1, 9, 9], "area": 81, "iscrowd": 0,
            "segmentation": [], "origin": "scanner 4", "edited": "2020-02-02", "score": "high", "sets": "x",
        }
    ],
    "categories": [{"id": 3, "name": " red  cell ", "supercategory": "blood"}, {"id": 4, "name": "dust ", "supercategory": ""}],
}  # fmt: skip


def test_marks_of_other_programs_stay_beside_the_own_ones_in_an_export_of_everything(
    tmp_path: Path, project: Project
) -> None:
    file, out = tmp_path / "in.json", tmp_path / "out.json"
    file.write_text(json.dumps(MARKED))
    import_dataset(project, read_dataset(file))
    (box,) = project.annotations.all()
    annotate.draw(project, 1, [(BBox(20, 20, 5, 5), box.category_id)])
    annotate.revise(project, [annotate.Revision(box, category_id=project.categories.ensure("dust").id)])
    project.images.set_state(1, ImageState.SKIPPED)
    export_dataset(project, out, options=ExportOptions(selection=TO_DO_TOO))
    written = json.loads(out.read_text())
    images = {image["file_name"]: image for image in written["images"]}
    assert (images["a.png"]["state"], images["a.png"]["sets"]) == ("sent to Ann", "third")
    assert images["b.jpg"]["state"] == {"by": 7}
    first = written["annotations"][0]
    assert [first[key] for key in ("origin", "edited", "score", "sets")] == [
        "scanner 4",
        "2020-02-02",
        "high",
        "x",
    ]
    assert first["hitl_edited"] is True
    new_project(tmp_path / "again.hitl", project.folder_path(1), NoProgress(), coco=out)
    with Project.open(tmp_path / "again.hitl") as again:  # and when the file comes back
        assert {i.path: i.state for i in again.images.all()}["a.png"] is ImageState.SKIPPED
        assert again.annotations.all()[0].edited
        out = tmp_path / "second.json"
        export_dataset(again, out, options=ExportOptions(selection=TO_DO_TOO))
    assert {i["file_name"]: i for i in json.loads(out.read_text())["images"]} == images
    assert json.loads(out.read_text())["annotations"] == written["annotations"]


def test_spaces_at_the_ends_of_names_come_back_and_do_not_count(tmp_path: Path, project: Project) -> None:
    cell = project.categories.ensure("Dust")
    file, out = tmp_path / "in.json", tmp_path / "out.json"
    file.write_text(json.dumps(MARKED))
    import_dataset(project, read_dataset(file))
    red = project.categories.find("red cell")
    assert red
    assert red.name == "red cell"
    export_dataset(project, out, options=ExportOptions(selection=TO_DO_TOO))
    assert {c["name"] for c in json.loads(out.read_text())["categories"]} == {" red  cell ", "Dust"}
    change(project, red, name="erythrocyte")
    change(project, cell, name="dirt")
    export_dataset(project, out, options=ExportOptions(selection=TO_DO_TOO))
    assert {c["name"] for c in json.loads(out.read_text())["categories"]} == {"erythrocyte", "dirt"}
