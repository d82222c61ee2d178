"""An import is one act: undone and redone as one, and taken back where it comes to no end; what it does to images that
have labels is a matter of its policy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.dataset import ImportOptions, MergePolicy, Unlabelled
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError, ModelError
from hitl_desktop.inference.registry import DEFAULT_DETECTOR
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.texts import act_text
from hitl_desktop.workflows.annotation import annotate, edits
from hitl_desktop.workflows.detection.detector import card_of
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange import import_dataset as importing
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions, export_dataset
from hitl_desktop.workflows.exchange.export_selection import TO_DO_TOO
from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset
from hitl_desktop.workflows.exchange.import_suggestions import take_in
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer

NAMES = ("a", "b", "c", "d")
OURS, THEIRS = BBox(10, 10, 40, 30), BBox(100, 50, 20, 20)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four images of 200 x 150."""
    (tmp_path / "in").mkdir()
    for name in NAMES:
        Image.fromarray(np.full((150, 200, 3), 99, np.uint8)).save(tmp_path / "in" / f"{name}.jpg")
    with Project.create(tmp_path / "p.hitl") as made:
        add_folder(made, tmp_path / "in", NoProgress())
        scan(made, NoProgress())
        yield made


def file_of(folder: Path, boxes: dict[str, list[tuple[str, BBox]]], **more: Any) -> Path:
    """A COCO file with these boxes, by image."""
    categories = sorted({name for own in boxes.values() for name, _ in own})
    rows = [(n, name, bbox) for n, own in enumerate(boxes.values(), 1) for name, bbox in own]
    record = {
        "images": [
            {"id": n, "file_name": f"{name}.jpg", "width": 200, "height": 150} | more
            for n, name in enumerate(boxes, 1)
        ],
        "categories": [{"id": n, "name": name} for n, name in enumerate(categories, 1)],
        "annotations": [
            {"id": i, "image_id": n, "category_id": categories.index(name) + 1, "bbox": list(bbox)}
            for i, (n, name, bbox) in enumerate(rows, 1)
        ],
    }
    (folder / "labels.json").write_text(json.dumps(record))
    return folder / "labels.json"


def look(project: Project) -> dict[str, Any]:
    """What a person sees of a project: states, tags, sets, boxes and categories."""
    names = {c.id: c.name for c in project.categories.all()}
    tags = {tag.id: tag.name for tag in project.tags.all()}
    boxes = project.annotations.of_images(i.id for i in project.images.all())
    return {
        "images": {
            i.path: (
                i.state.value,
                [tags[t] for t in project.images.tags_of(i.id)],
                project.sets.of_image(i.id),
                sorted((names[a.category_id], *a.bbox, a.score) for a in boxes[i.id]),
            )
            for i in project.images.all()
        },
        "categories": sorted(c.name for c in project.categories.all() if not c.retired),
        "attributes": [a.name for a in project.attributes.all()],
    }


def everywhere(folder: Path) -> Path:
    """A file with a box, a tag and a set for each image, and a new category."""
    return file_of(folder, {n: [("dog", THEIRS)] for n in NAMES}, tags=["night"], sets=["hard"])


def test_it_is_undone_and_redone_as_one(project: Project, tmp_path: Path) -> None:
    annotate.draw(project, 1, [(OURS, project.categories.ensure("cat").id)])
    before = look(project)
    file = everywhere(tmp_path)
    import_dataset(project, read_dataset(file), file=file)
    after = look(project)
    assert after["images"]["b.jpg"] == ("decided", ["night"], ["hard"], [("dog", 100, 50, 20, 20, None)])
    assert after["images"]["a.jpg"] == before["images"]["a.jpg"]
    for _ in range(2):
        undone, changes = edits.undo(project)
        assert undone is not None
        assert look(project) == before
        assert changes.annotations_of == {2, 3, 4}
        assert edits.redo(project)[0] is not None
        assert look(project) == after
    edits.undo(project)
    assert edits.undo(project)[0] is not None
    assert look(project)["images"]["a.jpg"][3] == []


def test_an_export_after_undo_and_redo_is_the_same(project: Project, tmp_path: Path) -> None:
    file = everywhere(tmp_path)
    import_dataset(project, read_dataset(file), file=file)
    export_dataset(project, tmp_path / "1.json")
    edits.undo(project)
    edits.redo(project)
    export_dataset(project, tmp_path / "2.json")
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()


def test_what_equal_boxes_took_from_a_second_file_is_taken_back(project: Project, tmp_path: Path) -> None:
    first = file_of(tmp_path, {"a": [("cat", OURS)]})
    import_dataset(project, read_dataset(first))
    record = json.loads(first.read_text())
    record["annotations"][0]["score"] = 0.5
    record["annotations"].append(record["annotations"][0] | {"id": 2, "bbox": list(THEIRS)})
    first.write_text(json.dumps(record))
    before = look(project)
    import_dataset(project, read_dataset(first))
    after = look(project)
    assert after["images"]["a.jpg"][3] == [("cat", *OURS, 0.5), ("cat", *THEIRS, 0.5)]
    edits.undo(project)
    assert look(project) == before
    edits.redo(project)
    assert look(project) == after


class StopsAfter(NoProgress):
    """Cancels at the so-manieth look."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def check_cancelled(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise JobCancelled


@pytest.mark.parametrize("looks", range(4))
def test_it_leaves_nothing_where_it_is_cancelled(
    project: Project, tmp_path: Path, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE_ALONE", 1)
    before = look(project)
    file = everywhere(tmp_path)
    with pytest.raises(JobCancelled):
        import_dataset(project, read_dataset(file), file=file, progress=StopsAfter(looks))
    assert look(project) == before
    assert edits.undo(project)[0] is None
    import_dataset(project, read_dataset(file), file=file)
    assert look(project)["images"]["d.jpg"][3] == [("dog", 100, 50, 20, 20, None)]


KILLED = """
import os, sys
from pathlib import Path
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError, ModelError
from hitl_desktop.inference.registry import DEFAULT_DETECTOR
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.texts import act_text
from hitl_desktop.workflows.annotation import annotate
from hitl_desktop.workflows.detection.detector import card_of
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.exchange import import_dataset as importing
importing._AT_ONCE_ALONE = 1
class Dies(NoProgress):
    looks = 0
    def check_cancelled(self):
        self.looks += 1
        if self.looks == 3:
            if sys.argv[3:]:
                annotate.draw(project, 2, [(BBox(1, 1, 9, 9), project.categories.all()[0].id)])
            os._exit(9)
project = Project.open(Path(sys.argv[1]))
importing.import_dataset(project, importing.read_dataset(Path(sys.argv[2])), progress=Dies())
"""


@pytest.mark.parametrize("draws", [False, True])
def test_a_killed_one_leaves_the_project_as_it_was_and_what_a_person_did_meanwhile(
    project: Project, tmp_path: Path, *, draws: bool
) -> None:
    before = look(project)
    project.close()
    command = [sys.executable, "-c", KILLED, project.path, everywhere(tmp_path), *(["draw"] if draws else [])]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 9
    with Project.open(project.path) as opened:
        now = look(opened)
        drawn_on = now["images"].pop("b.jpg") if draws else None
        assert now["images"] == {name: before["images"][name] for name in now["images"]}
        if drawn_on is not None:
            assert ("dog", 1, 1, 9, 9, None) in drawn_on[3]
            assert edits.undo(opened)[0] is not None
        assert edits.undo(opened)[0] is None


@pytest.mark.parametrize(
    ("policy", "boxes"),
    [
        (MergePolicy.OURS, [("cat", OURS)]),
        (MergePolicy.THEIRS, [("cat", BBox(11, 10, 40, 30)), ("dog", THEIRS)]),
        (MergePolicy.BOTH, [("cat", OURS), ("dog", THEIRS)]),
    ],
)
def test_what_becomes_of_an_image_that_a_person_labelled(
    project: Project, tmp_path: Path, policy: MergePolicy, boxes: list[tuple[str, BBox]]
) -> None:
    annotate.draw(project, 1, [(OURS, project.categories.ensure("cat").id)])
    before = look(project)
    file = file_of(tmp_path, {"a": [("cat", BBox(11, 10, 40, 30)), ("dog", THEIRS)], "b": [("dog", THEIRS)]})
    import_dataset(project, read_dataset(file), ImportOptions(merge=policy))
    after = look(project)
    assert after["images"]["a.jpg"][3] == [(name, *box, None) for name, box in boxes]
    assert after["images"]["b.jpg"][3] == [("dog", *THEIRS, None)]
    edits.undo(project)
    assert look(project) == before
    edits.redo(project)
    assert look(project) == after


def test_an_object_of_another_category_is_another_one(project: Project, tmp_path: Path) -> None:
    annotate.draw(project, 1, [(OURS, project.categories.ensure("cat").id)])
    file = file_of(tmp_path, {"a": [("dog", OURS)]})
    import_dataset(project, read_dataset(file), ImportOptions(merge=MergePolicy.BOTH))
    assert look(project)["images"]["a.jpg"][3] == [("cat", *OURS, None), ("dog", *OURS, None)]


def test_categories_come_in_under_the_names_that_were_chosen(project: Project, tmp_path: Path) -> None:
    project.categories.ensure("animal")
    own = [("cat", OURS), ("dog", THEIRS), ("tree", BBox(60, 60, 30, 30)), ("car", BBox(1, 1, 9, 9))]
    chosen = {"cat": "animal", "dog": "animal", "tree": None}
    summary = import_dataset(
        project,
        read_dataset(file_of(tmp_path, {"a": own})),
        ImportOptions(categories=chosen),
    )
    now = look(project)
    assert now["categories"] == ["animal", "car"]
    assert now["images"]["a.jpg"][3] == [
        ("animal", *OURS, None), ("animal", *THEIRS, None), ("car", 1, 1, 9, 9, None),
    ]  # fmt: skip
    assert "1 box of tree left out, as chosen" in [issue.problem for issue in summary.issues]


def test_boxes_come_in_as_suggestions_and_labels_stay(project: Project, tmp_path: Path) -> None:
    annotate.draw(project, 1, [(OURS, project.categories.ensure("cat").id)])
    file = file_of(tmp_path, {"a": [("dog", THEIRS)], "b": [("cat", THEIRS), ("dog", OURS)]})
    record = json.loads(file.read_text())
    for box, score in zip(record["annotations"], (0.9, 0.6, 0.01), strict=True):
        box["score"] = score
    file.write_text(json.dumps(record))
    before = look(project)
    options = ImportOptions(as_suggestions=True)
    summary = take_in(project, read_dataset(file), options, file=file)
    assert look(project)["images"] == before["images"]
    assert look(project)["categories"] == ["cat", "dog"]
    assert (summary.images, summary.annotations) == (2, 2)
    assert "1 box with a score below 0.05 left out" in [issue.problem for issue in summary.issues]
    second = project.images.all()[1]
    (proposal,) = proposals_of(project, second, load_scorer(project))
    assert (proposal.name, proposal.bbox, proposal.proposed_by) == ("cat", THEIRS, "labels.json")
    assert proposal.score == pytest.approx(0.6, abs=1e-3)  # scores are kept in half precision
    assert prelabel(project, NoProgress()).done == 0  # there is no network to run
    annotate.accept(project, [proposal])
    (box,) = project.annotations.of_image(second.id)
    assert (box.origin.value, box.proposed_by, box.edited) == ("model", "labels.json", False)
    detector = project.models.detector()
    assert detector is not None
    with pytest.raises(ModelError, match=r"come from a file of labels, labels\.json"):
        card_of(project, detector)  # what an export of the taught detector begins with


def test_a_detector_takes_the_place_of_suggestions_of_a_file(project: Project, tmp_path: Path) -> None:
    file = file_of(tmp_path, {"a": [("dog", THEIRS)]})
    take_in(project, read_dataset(file), ImportOptions(as_suggestions=True), file=file)
    result = prelabel(project, NoProgress(), model=DEFAULT_DETECTOR)
    assert result.done == len(NAMES)
    detector = project.models.detector()
    assert detector is not None
    assert not detector.is_of_labels


def test_a_file_that_comes_in_again_after_undo_has_the_same_ids(project: Project, tmp_path: Path) -> None:
    file = everywhere(tmp_path)
    import_dataset(project, read_dataset(file), file=file)
    ids = [a.id for a in project.annotations.all()]
    edits.undo(project)
    import_dataset(project, read_dataset(file), file=file)
    assert (
        [a.id for a in project.annotations.all()]
        == ids
        == [b["id"] for b in json.loads(file.read_text())["annotations"]]
    )
    edits.undo(project)
    assert project.annotations.all() == []
    edits.redo(project)
    assert [a.id for a in project.annotations.all()] == ids


def test_ids_of_boxes_that_undo_may_bring_back_are_not_given_again(project: Project, tmp_path: Path) -> None:
    file = everywhere(tmp_path)
    import_dataset(project, read_dataset(file), file=file)
    edits.undo(project)
    annotate.draw(project, 1, [(OURS, project.categories.ensure("cat").id)])
    (drawn,) = project.annotations.all()
    annotate.remove(project, [drawn])
    import_dataset(project, read_dataset(file), file=file)
    assert drawn.id not in {a.id for a in project.annotations.all()}
    edits.undo(project)
    edits.undo(project)
    assert project.annotations.all() == [drawn]


def test_suggestions_of_a_file_are_undone_and_redone(project: Project, tmp_path: Path) -> None:
    file = file_of(tmp_path, {"a": [("dog", THEIRS)]})
    before = look(project)["categories"]
    take_in(project, read_dataset(file), ImportOptions(as_suggestions=True), file=file)
    first = project.images.all()[0]
    assert [p.name for p in proposals_of(project, first, load_scorer(project))] == ["dog"]
    undone, changes = edits.undo(project)
    assert undone is not None
    assert act_text(undone.label) == "Import labels.json"
    assert first.id in changes.predictions_of
    assert proposals_of(project, first, load_scorer(project)) == []
    assert look(project)["categories"] == before
    edits.redo(project)
    assert [p.name for p in proposals_of(project, first, load_scorer(project))] == ["dog"]
    assert look(project)["categories"] == [*before, "dog"]


def test_undo_of_suggestions_leaves_a_detector_that_was_chosen_since(
    project: Project, tmp_path: Path
) -> None:
    file = file_of(tmp_path, {"a": [("dog", THEIRS)]})
    take_in(project, read_dataset(file), ImportOptions(as_suggestions=True), file=file)
    prelabel(project, NoProgress(), model=DEFAULT_DETECTOR)
    edits.undo(project)
    detector = project.models.detector()
    assert detector is not None
    assert not detector.is_of_labels


def test_theirs_leaves_labels_where_the_file_merely_lists_an_image_or_lost_its_boxes(
    project: Project, tmp_path: Path
) -> None:
    cat = project.categories.ensure("cat").id
    for image in project.images.all():
        annotate.draw(project, image.id, [(OURS, cat)])
    before = look(project)
    file = file_of(tmp_path, {"a": [("cat", THEIRS)], "b": [], "c": [("cat", BBox(500, 500, 9, 9))]})
    import_dataset(project, read_dataset(file), ImportOptions(merge=MergePolicy.THEIRS))
    now = look(project)["images"]
    assert now["a.jpg"][3] == [("cat", *THEIRS, None)]
    assert {n: i for n, i in now.items() if n != "a.jpg"} == {
        n: i for n, i in before["images"].items() if n != "a.jpg"
    }
    import_dataset(project, read_dataset(file), ImportOptions(Unlabelled.EMPTY, merge=MergePolicy.THEIRS))
    assert look(project)["images"]["b.jpg"] == ("decided", [], [], [])


def test_both_takes_an_object_once_also_where_the_boxes_came_from_a_file(
    project: Project, tmp_path: Path
) -> None:
    import_dataset(project, read_dataset(file_of(tmp_path, {"a": [("cat", OURS)]})))
    moved = file_of(tmp_path, {"a": [("cat", BBox(OURS.x + 2, *OURS[1:])), ("cat", THEIRS)]})
    import_dataset(project, read_dataset(moved), ImportOptions(merge=MergePolicy.BOTH))
    assert look(project)["images"]["a.jpg"][3] == [("cat", *OURS, None), ("cat", *THEIRS, None)]


def test_after_a_cancelled_import_the_file_brings_its_own_ids(project: Project, tmp_path: Path) -> None:
    file = everywhere(tmp_path)
    with pytest.raises(JobCancelled):
        import_dataset(project, read_dataset(file), file=file, progress=StopsAfter(0))
    import_dataset(project, read_dataset(file), file=file)
    assert [a.id for a in project.annotations.all()] == [1, 2, 3, 4]


def test_boxes_in_sets_are_in_them_again_after_redo(project: Project, tmp_path: Path) -> None:
    file = everywhere(tmp_path)
    record = json.loads(file.read_text())
    record["annotations"][0]["sets"] = ["hard"]
    file.write_text(json.dumps(record))
    import_dataset(project, read_dataset(file), file=file)
    pinned = project.sets.by_box()
    assert list(pinned.values()) == [("hard",)]
    edits.undo(project)
    assert project.sets.by_box() == {}
    edits.redo(project)
    assert project.sets.by_box() == pinned


def test_a_category_that_the_file_does_not_have_is_told(project: Project, tmp_path: Path) -> None:
    file = file_of(tmp_path, {"a": [("cat", OURS)]})
    with pytest.raises(HitlError, match="no category 'cta'"):
        import_dataset(project, read_dataset(file), ImportOptions(categories={"cta": "dog"}))
    assert project.annotations.all() == []


def rich(folder: Path) -> Path:
    """A file with keys beside everything: at the top, of images, categories and boxes."""
    file = everywhere(folder)
    record = json.loads(file.read_text())
    record |= {"info": {"year": 2017}, "licenses": [{"id": 3, "name": "CC0"}], "mine": [1, 2]}
    for image in record["images"]:
        image |= {"license": 3, "coco_url": "http://x/y", "id": 100 + image["id"]}
    for box in record["annotations"]:
        box |= {"track_id": 7, "image_id": 100 + box["image_id"]}
    record["categories"][0] |= {"supercategory": "animal", "id": 18}
    for box in record["annotations"]:
        box["category_id"] = 18
    file.write_text(json.dumps(record))
    return file


@pytest.mark.parametrize("ending", ["undone", "cancelled"])
def test_nothing_of_the_file_is_left_in_exports_and_a_second_try_is_as_the_first(
    project: Project, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE_ALONE", 1)
    annotate.draw(project, 1, [(OURS, project.categories.ensure("cat").id)])
    file, to_do_too = rich(tmp_path), ExportOptions(selection=TO_DO_TOO)

    def exported(name: str) -> dict[str, Any]:
        export_dataset(project, tmp_path / name, options=to_do_too)
        return json.loads((tmp_path / name).read_text())

    before = exported("before.json")
    if ending == "undone":
        import_dataset(project, read_dataset(file), file=file)
        after = exported("after.json")
        assert after["mine"] == [1, 2]
        assert {i["file_name"]: i.get("coco_url") for i in after["images"]}["b.jpg"] == "http://x/y"
        edits.undo(project)
        assert exported("undone.json") == before
        edits.redo(project)
        assert exported("redone.json") == after
        edits.undo(project)
    else:
        with pytest.raises(JobCancelled):
            import_dataset(project, read_dataset(file), file=file, progress=StopsAfter(3))
    assert exported("again.json") == before
    assert file.resolve() not in project.extras.imported_files()
    if ending == "cancelled":
        annotate.draw(project, 3, [(OURS, 1)])
        drawn = project.annotations.of_image(3)[0]
        assert project.extras.annotations([drawn.id]) == {}  # what boxes of the file had is not its own
        edits.undo(project)
    import_dataset(project, read_dataset(file), file=file)
    now = exported("second.json")
    assert {a["track_id"] for a in now["annotations"] if "track_id" in a} == {7}
