"""Every kind of act is a code in the journal, and words on the screen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.dataset import ImportOptions, MergePolicy
from hitl_desktop.domain.edits import Edit
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.label_issues import Kind, LabelIssue
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.review import SkipReason, Thresholds
from hitl_desktop.domain.validation import JudgedBox, Judgement, Validated
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.texts import act_text
from hitl_desktop.workflows.annotation import annotate, attributes, bulk_edits, categories, decisions, edits
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.decisions import How
from hitl_desktop.workflows.annotation.label_issues import apply_suggestion, open_issues
from hitl_desktop.workflows.detection.class_map import (
    ignore_classes,
    map_class,
    set_mapping,
    use_as_categories,
)
from hitl_desktop.workflows.exchange.import_dataset import import_dataset, read_dataset
from hitl_desktop.workflows.images.open_folder import add_folder, scan
from hitl_desktop.workflows.images.relink import reread
from hitl_desktop.workflows.prediction.bulk_accept import accept_all, preview
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.prediction.unknowns import name_unknowns, unknown_category
from hitl_desktop.workflows.quality.validation import promote

QUIET = NoProgress()
HOW = How(None, Thresholds(0.3), 1.0)
BOX, SECOND, THIRD = BBox(200, 150, 40, 30), BBox(300, 20, 40, 30), BBox(20, 200, 40, 30)


def save(path: Path, width: int, height: int, orientation: int = 1) -> None:
    image = Image.fromarray(np.full((height, width, 3), 99, np.uint8))
    image.getexif()[0x0112] = orientation
    image.save(path, exif=image.getexif())


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Six images, on each of which a detector found two cars and a truck."""
    (tmp_path / "in").mkdir()
    for name in "abcdef":
        save(tmp_path / "in" / f"{name}.jpg", 400, 300)
    with Project.create(tmp_path / "p.hitl") as project:
        add_folder(project, tmp_path / "in", QUIET)
        scan(project, QUIET)
        detector = project.models.ensure("hash", "small", ("car", "truck", "bus"))
        project.models.set_detector(detector.id)
        boxes = np.array([[0.0, 0, 20, 20], [50, 0, 20, 20], [100, 0, 20, 20]])
        scores = np.array([[0.9, 0, 0], [0.8, 0, 0], [0, 0.7, 0]], np.float32)
        for image_id in project.images.ids():
            project.predictions.replace(image_id, detector.id, Detections(boxes, scores))
        yield project


def change_the_project(project: Project) -> list[str]:
    """Do what changes categories, attributes and mappings; returns what is shown of it."""
    categories.add_all(project, ["leaf", "crystal"])
    use_as_categories(project, ["car", "truck"])
    car = category(project, "car")
    set_mapping(project, {"truck": car})
    map_class(project, "bus", car)
    ignore_classes(project, ["bus"])
    ignore_classes(project, ["truck", "car"])
    set_mapping(project, {})
    cat, _ = categories.add(project, "cat")
    categories.change(project, cat, colour="#123456")
    dog, _ = categories.add(project, "dog")
    categories.change(project, dog, name="hound")
    categories.merge(project, dog, cat)
    categories.retire(project, cat)
    attributes.define(project, Attribute("cut off"))
    attributes.remove(project, Attribute("cut off"))
    return [
        "Add 2 categories",
        "Use 2 classes as categories",
        "Map detector classes",
        "Map bus to car",
        "Ignore bus",
        "Ignore 2 classes",
        "Map detector classes",
        'Add category "cat"',
        'Change category "cat"',
        'Add category "dog"',
        'Rename category to "hound"',
        'Merge category "hound" into "cat"',
        'Retire category "cat"',
        'Add attribute "cut off"',
        'Remove attribute "cut off"',
    ]


def label_an_image(project: Project) -> list[str]:
    """Do what changes the boxes and tags of an image, and decide some."""
    image, car, truck = project.images.all()[0], category(project, "car"), category(project, "truck")
    proposals = proposals_of(project, image, load_scorer(project))
    annotate.accept(project, proposals[:1])
    annotate.revise(project, [Revision(proposals[1], BOX)])
    annotate.remove(project, proposals[2:])
    annotate.draw(project, 2, [(SECOND, car)])
    annotate.draw(project, 2, [(BOX, car), (THIRD, car)])
    for kind in (ActKind.DUPLICATE, ActKind.PASTE, ActKind.TAKE_PREVIOUS):
        annotate.Draw(3, ((BOX, car), (THIRD, car)), kind).run(project)
    first, second, *_ = project.annotations.of_image(3)
    annotate.revise(project, [Revision(first, SECOND)])
    annotate.revise(project, [Revision(second, category_id=truck)])
    annotate.revise(project, [Revision(second, attributes=(("crowd", True), ("blurred", True)))])
    annotate.remove(project, project.annotations.of_image(3)[2:])
    annotate.set_tags(project, 3, [project.tags.ensure("night").id])
    decisions.decide(project, 1, [], [], HOW)
    decisions.mark_empty(project, 3, [], HOW)
    decisions.skip(project, 4, seconds=1.0)
    decisions.skip(project, 5, seconds=1.0, reason=SkipReason.BLURRED)
    decisions.skip(project, 6, seconds=1.0, reason="a dog sat on it")
    return [
        "Accept proposal",
        "Correct proposal",
        "Reject proposal",
        "Draw box",
        "Draw box (2 boxes)",
        "Duplicate box (2 boxes)",
        "Paste box (2 boxes)",
        "Take boxes of the image before (2 boxes)",
        "Change box",
        "Change category",
        "Change blurred, crowd",
        "Delete box (4 boxes)",
        "Change tags",
        "Accept image",
        "Mark empty",
        "Skip image",
        "Skip image: too blurred or too dark",
        "Skip image: a dog sat on it",
    ]


def mend_labels(project: Project) -> list[str]:
    """Do what label issues of a decided image ask for."""
    car = category(project, "car")
    missed = LabelIssue(1, Kind.MISSED, 0.9, None, None, THIRD, car)
    project.label_issues.replace_open([1], [missed])
    apply_suggestion(project, open_issues(project)[0])
    there = project.annotations.of_image(1)[0].bbox
    project.label_issues.replace_open([1], [LabelIssue(1, Kind.PLACE, 0.9, there, car, SECOND, car)])
    decisions.decide(project, 1, [], [], HOW)
    return ["Draw what was missed", "Right as it is"]


def change_many(project: Project) -> list[str]:
    """Do what changes several images at once."""
    car, unknown = category(project, "car"), unknown_category(project)
    bulk_edits.reopen(project, [4, 5, 6])
    bulk_edits.skip(project, [6])
    bulk_edits.tag(project, [4, 5], "dark")
    bulk_edits.untag(project, [4, 5], project.tags.ensure("dark").id)
    judged = JudgedBox(Judgement.CORRECT, car, "car", BOX, 0.9)
    project.validations.add(Validated(4, None, 1.0, (judged,)))
    promote(project)
    accept_all(project, preview(project, "car", 0.85, QUIET))
    annotate.draw(project, 5, [(BOX, unknown), (THIRD, unknown)])
    name_unknowns(project, project.annotations.of_category(unknown), "bolt")
    return [
        "Reopen 3 images",
        "Skip 1 image",
        "Tag 2 images",
        "Remove tag from 2 images",
        "Use verdicts as labels (1 image)",
        "Accept all car from 0.85 (2 images)",
        "Draw box (2 boxes)",
        "Name 2 unknown objects",
    ]


def change_files(project: Project) -> list[str]:
    """Put other files in place of images with boxes: a smaller one, one on its side, one of another shape."""
    project.images.set_state(5, ImageState.DECIDED)
    for image_id, form in ((2, (200, 150, 1)), (4, (400, 300, 6)), (5, (350, 300, 1))):
        save(project.path_of(project.images.all()[image_id - 1]), *form)
        reread(project, image_id)
    return [
        "Scale boxes with the image",
        "Turn boxes with the image",
        "Open the image again: its file is another one",
    ]


def import_labels(project: Project) -> list[str]:
    """Read labels of another program."""
    file = project.path.with_name("truth.json")
    image = {"id": 1, "file_name": "f.jpg", "width": 400, "height": 300}
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]}
    categories = [{"id": 1, "name": "leaf"}]
    file.write_text(json.dumps({"images": [image], "annotations": [box], "categories": categories}))
    import_dataset(project, read_dataset(file), ImportOptions(merge=MergePolicy.THEIRS), file=file)
    return ["Import truth.json"]


def category(project: Project, name: str) -> int:
    return project.categories.ensure(name).id


def labels(entry: dict[str, Any]) -> Iterator[Any]:
    """What an entry of the journal, as it is stored, and its parts are called."""
    yield entry["label"]
    for part in entry["parts"]:
        yield from labels(part)


def test_every_kind_of_act_is_a_code_in_the_file_and_words_on_the_screen(project: Project) -> None:
    shown = [
        *change_the_project(project),
        *label_an_image(project),
        *mend_labels(project),
        *change_many(project),
        *change_files(project),
        *import_labels(project),
    ]
    entries = [json.loads(row[0]) for row in project.db.all("SELECT edit FROM journal ORDER BY id")]
    codes = [label["kind"] for entry in entries for label in labels(entry)]
    assert set(codes) == set(ActKind)
    undone: list[str] = []
    while (step := edits.undo(project)[0]) is not None:
        undone.append(act_text(step.label))
    assert undone[::-1] == shown


def test_what_goes_on_from_the_act_before_is_of_its_kind(project: Project) -> None:
    car = category(project, "car")
    annotate.draw(project, 1, [(BOX, car)])
    for bbox in (SECOND, THIRD):  # the first is another kind of act than the one before
        (box,) = project.annotations.of_image(1)
        annotate.revise(project, [Revision(box, bbox)], goes_on=True)
    last = edits.undo(project)[0]
    assert last is not None
    assert last.label == Act(ActKind.CHANGE_BOX)
    assert [a.bbox for a in project.annotations.of_image(1)] == [BOX]


def test_the_words_of_an_old_journal_are_shown_as_they_are(project: Project) -> None:
    edits.do(project, Edit('Retire category "cat"', None))
    last = edits.undo(project)[0]
    assert last is not None
    assert act_text(last.label) == 'Retire category "cat"'
