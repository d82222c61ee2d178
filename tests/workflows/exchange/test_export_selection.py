"""Which images and boxes go out, what is stated about them, and how boxes are cut out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState, Split
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.annotation.decisions import How
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions, export_dataset
from hitl_desktop.workflows.exchange.export_selection import Selection
from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.quality import audit

BOX = BBox(20, 10, 40, 30)
HOW = How(None, Thresholds(0.3), 2.5)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Four images, a to d: a and b decided with a cup, c to do with two suggestions, d decided as empty."""
    (tmp_path / "in").mkdir()
    for name, orientation in (("a", 1), ("b", 6), ("c", 1), ("d", 1)):
        pixels = np.zeros((100, 200, 3), np.uint8)
        pixels[10:40, 20:60] = 250
        image = Image.fromarray(pixels)
        image.getexif()[0x0112] = orientation
        image.save(tmp_path / "in" / f"{name}.png", exif=image.getexif())
    with Project.create(tmp_path / "p.hitl") as made:
        add_folder(made, tmp_path / "in", NoProgress())
        scan(made, NoProgress())
        made.meta.set("reviewer", "Ann")
        cup = made.categories.ensure("cup").id
        detector = made.models.ensure("abc123", "small", ("cup", "tree"))
        made.models.set_detector(detector.id)
        found = Detections(
            np.array([[5.0, 5, 20, 20], [100, 5, 20, 20], [150, 50, 20, 20]]),
            np.array([[0.9, 0], [0.6, 0], [0, 0.9]], np.float32),
        )
        made.predictions.replace(3, detector.id, found)
        for image_id in (1, 2):
            annotate.draw(made, image_id, [(BOX, cup)])
            decisions.decide(made, image_id, [], [], HOW)
        decisions.mark_empty(made, 4, [], HOW)
        yield made


def exported(project: Project, **chosen: Any) -> dict[str, Any]:
    out = project.path.with_name("out.json")
    export_dataset(project, out, options=ExportOptions(**chosen))
    return json.loads(out.read_text())


def names(file: dict[str, Any]) -> list[str]:
    return [image["file_name"] for image in file["images"]]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ["a.png", "b.png", "d.png"]),
        (Selection(to_do=True), ["a.png", "b.png", "c.png", "d.png"]),
        (Selection(split=Split.VAL), ["b.png"]),
        (Selection(split=Split.TRAIN), ["a.png", "d.png"]),
        (Selection(tag="night"), ["a.png", "d.png"]),
        (Selection(edge_cases="hard"), ["d.png"]),
        (Selection(tag="night", edge_cases="hard", to_do=True), ["d.png"]),
        (Selection(filtered=True), ["a.png"]),
    ],
)
def test_the_images_that_were_chosen_go_out(
    project: Project, selection: Selection, expected: list[str]
) -> None:
    project.images.set_split([2], Split.VAL)
    night = project.tags.ensure("night").id
    project.images.set_tags_of({1: [night], 4: [night]})
    project.sets.add("hard", [4])
    project.meta.set("queue_filter", json.dumps({"text": "a.png"}))
    assert QueueFilter(text="a.png").is_plain is False
    assert names(exported(project, selection=selection)) == expected


@pytest.mark.parametrize("selection", [Selection(tag="day"), Selection(edge_cases="odd")])
def test_a_tag_or_set_that_is_not_there_is_told(project: Project, selection: Selection) -> None:
    with pytest.raises(HitlError, match="There is no"):
        exported(project, selection=selection)


def test_suggestions_go_out_as_such_and_are_no_labels_where_they_come_in(project: Project) -> None:
    file = exported(project, selection=Selection(suggestions_from=0.7))
    assert names(file) == ["a.png", "b.png", "c.png", "d.png"]
    (third,) = [image for image in file["images"] if image["file_name"] == "c.png"]
    assert third["state"] == "undecided"
    (box,) = [a for a in file["annotations"] if a["image_id"] == third["id"]]
    assert (box["bbox"], box["origin"], box["suggestion"]) == ([5, 5, 20, 20], "model", True)
    assert box["score"] == pytest.approx(0.9, abs=1e-3)
    out = project.path.with_name("out.json")
    with Project.create(out.with_name("other.hitl")) as other:
        add_folder(other, out.with_name("in"), NoProgress())
        scan(other, NoProgress())
        import_dataset(other, read_dataset(out))
        assert [i.state for i in other.images.all()] == [
            ImageState.DECIDED, ImageState.DECIDED, ImageState.UNDECIDED, ImageState.DECIDED,
        ]  # fmt: skip


def test_the_splits_of_the_project_can_be_kept(project: Project) -> None:
    project.images.set_split([2], Split.VAL)
    file = exported(project, shares={})
    assert {i["file_name"]: i["split"] for i in file["images"]} == {
        "a.png": "train", "b.png": "val", "d.png": "train",
    }  # fmt: skip


def test_who_decided_when_and_with_what_is_in_the_file_and_comes_back(project: Project) -> None:
    file = exported(project)
    assert file["provenance"] == {"detector": {"name": "small", "sha256": "abc123"}}
    first, _, last = file["images"]
    decision = first["decision"]
    assert decision.pop("at").startswith("20")
    assert decision == {"kind": "corrected", "seconds": 2.5, "reviewer": "Ann"}
    assert (last["decision"]["kind"], last["state"]) == ("empty", "decided")
    out = project.path.with_name("out.json")
    with Project.create(out.with_name("other.hitl")) as other:
        add_folder(other, out.with_name("in"), NoProgress())
        scan(other, NoProgress())
        import_dataset(other, read_dataset(out))
        again = out.with_name("again.json")
        export_dataset(other, again)
        assert json.loads(again.read_text()) == json.loads(out.read_text())
        annotate.draw(other, 1, [(BBox(1, 1, 9, 9), other.categories.all()[0].id)])
        export_dataset(other, again, force=True)
        changed = json.loads(again.read_text())["images"][0]["decision"]
    assert (changed["kind"], "reviewer" in changed) == ("corrected", False)


def test_boxes_are_cut_out_of_the_image_as_it_is_shown(project: Project) -> None:
    out = project.path.with_name("out.json")
    export_dataset(project, out, options=ExportOptions(image_files=ImageFiles.CROPS))
    files = sorted(f.relative_to(out.parent).as_posix() for f in (out.parent / "out-crops").rglob("*.jpg"))
    assert files == ["out-crops/cup/a-1.jpg", "out-crops/cup/b-2.jpg"]
    with Image.open(out.parent / files[0]) as crop:
        assert crop.size == (40, 30)
        assert np.asarray(crop).mean() > 240
    with Image.open(out.parent / files[1]) as crop:  # turned: there the object lies elsewhere
        assert crop.size == (40, 30)


def test_the_page_beside_the_file_states_audit_and_licence(project: Project) -> None:
    out = project.path.with_name("out.json")
    exported(project)
    page = out.with_name("out.README.md").read_text()
    assert "Its labels were not audited." in page
    assert "Licence: not stated." in page
    begun = audit.begin(project, 0.5, seed=1)
    for image_id in begun.left:
        begun = audit.judge(project, begun, audit.Verdict(image_id, frozenset(), 1.0))
    file = exported(project, licence="CC BY 4.0")
    assert file["licenses"] == [{"id": 1, "name": "CC BY 4.0"}]
    page = out.with_name("out.README.md").read_text()
    assert re.search(r"0 of \d images drawn from 3 are wrong", page)
    assert "Licence: CC BY 4.0." in page


def test_a_page_of_somebody_else_stays(project: Project) -> None:
    page = project.path.with_name("out.README.md")
    page.write_text("# mine")
    summary = export_dataset(project, project.path.with_name("out.json"))
    assert page.read_text() == "# mine"
    assert any("out.README.md is a file of yours" in remark for remark in summary.remarks)
