"""Data sets in and out of the window: what is asked before, and what is never replaced without a question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.dataset import BoxForm, ImportOptions, MergePolicy, Unlabelled
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.formats.coco import detection as coco
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.questions.export_question import ExportChoice, ExportQuestion
from hitl_desktop.ui.questions.import_question import ImportLook, ImportQuestion
from hitl_desktop.workflows.exchange.export_dataset import ExportOptions
from hitl_desktop.workflows.exchange.export_selection import Selection
from hitl_desktop.workflows.exchange.write_dataset import ImageFiles
from hitl_desktop.workflows.queue.filtering import FILTER_KEY, as_text
from tests.ui.conftest import Answers

CATEGORIES = [{"id": 1, "name": "cat"}]
IMAGES = [
    {"id": 1, "file_name": "a.png", "width": 80, "height": 60},
    {"id": 2, "file_name": "b.jpg", "width": 70, "height": 90},
]


def write(path: Path, bbox: list[float], **more: Any) -> Path:
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": bbox, "segmentation": [[1, 1, 9, 1, 9, 9]]}
    path.write_text(json.dumps({"images": IMAGES, "categories": CATEGORIES, "annotations": [box], **more}))
    return path


def question(qtbot: QtBot, file: Path) -> ImportQuestion:
    dialog = ImportQuestion(coco.read(file), None)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_images_without_boxes_are_counted_and_asked_about(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = question(qtbot, write(tmp_path / "c.json", [1, 1, 9, 9]))
    texts = [label.text() for label in dialog.labels]
    assert texts[0].startswith("The file holds 1 box of 1 category on 2 images.")
    assert texts[1] == "1 image of the file has no box."
    assert dialog.options() == ImportOptions(Unlabelled.UNDECIDED)
    dialog.empty.setChecked(True)
    assert dialog.options() == ImportOptions(Unlabelled.EMPTY)
    assert not dialog.form.isVisible()


def test_numbers_that_are_hardly_pixels_are_asked_about(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = question(qtbot, write(tmp_path / "c.json", [0.1, 0.2, 0.3, 0.4]))
    assert dialog.form.isVisible()
    assert dialog.options().boxes is BoxForm.FRACTIONS
    dialog.form.setCurrentText("Pixels: two corners")
    assert dialog.options().boxes is BoxForm.CORNERS


def test_new_categories_can_become_others_and_labels_can_come_in_as_suggestions(
    qtbot: QtBot, tmp_path: Path
) -> None:
    categories = [{"id": 1, "name": "cats"}, {"id": 2, "name": "tree"}, {"id": 3, "name": "dog"}]
    file = write(tmp_path / "c.json", [1, 1, 9, 9], images=IMAGES[:1], categories=categories)
    look = ImportLook(categories=("Cat", "dog"), is_labelled=True)
    dialog = ImportQuestion(coco.read(file), None, look)
    qtbot.addWidget(dialog)
    dialog.show()
    shown = [label.text() for label in dialog.categories.findChildren(QLabel)]
    assert shown == [
        "1 category of the file is in the project, too.", "cats (1 box)", 'nearly "Cat"', "tree (0 boxes)",
    ]  # fmt: skip
    dialog.categories.boxes["cats"].setCurrentText("Cat")
    dialog.categories.boxes["tree"].setCurrentText("Leave its boxes out")
    dialog.merge.setCurrentText("get both, equal objects once")
    dialog.as_suggestions.setChecked(True)
    assert not dialog.merge.isEnabled()
    assert dialog.options() == ImportOptions(
        merge=MergePolicy.BOTH, categories={"cats": "Cat", "tree": None}, as_suggestions=True
    )


def test_a_file_whose_boxes_all_have_an_image_asks_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = question(qtbot, write(tmp_path / "c.json", [1, 1, 9, 9], images=IMAGES[:1]))
    assert not dialog.empty.isVisible()
    assert dialog.options() == ImportOptions()


@pytest.fixture
def imported(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> Path:
    """A file that was imported, with images without boxes taken as empty."""
    answers = window.ask
    assert isinstance(answers, Answers)
    answers.next_import = write(tmp_path / "c.json", [1, 1, 9, 9])
    answers.import_options = ImportOptions(Unlabelled.EMPTY)
    window.actions_["import_coco"].trigger()
    text = "1 of 1 box and 2 of 2 images came in"
    qtbot.waitUntil(lambda: text in window.news.text(), timeout=60_000)
    return tmp_path / "c.json"


def test_what_was_chosen_counts(window: MainWindow, imported: Path) -> None:
    assert window.session.project
    states = {i.path: i.state.value for i in window.session.project.images.all()}
    assert (states["a.png"], states["b.jpg"], states["c.png"]) == ("decided", "decided", "undecided")


def test_the_imported_file_is_replaced_when_that_is_asked_for_and_not_before(
    window: MainWindow, imported: Path, qtbot: QtBot
) -> None:
    answers = window.ask
    assert isinstance(answers, Answers)
    before = imported.read_bytes()
    answers.next_export = imported
    window.actions_["export_coco"].trigger()
    banner = window.exchange_acts.banner
    qtbot.waitUntil(banner.isVisible, timeout=60_000)
    assert "was imported into this project, so it was not replaced" in banner.text()
    assert imported.read_bytes() == before
    banner.offers[0].click()
    qtbot.waitUntil(lambda: b"exported_by" in imported.read_bytes(), timeout=60_000)
    (box,) = json.loads(imported.read_bytes())["annotations"]
    assert (box["bbox"], box["segmentation"]) == ([1, 1, 9, 9], [[1, 1, 9, 1, 9, 9]])
    assert not banner.isVisible()


def answers_of(window: MainWindow) -> Answers:
    assert isinstance(window.ask, Answers)
    return window.ask


def test_labels_of_any_format_go_out_and_come_in_with_a_look_at_them(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    answers = answers_of(window)
    answers.next_import = write(tmp_path / "c.json", [1, 1, 9, 9])
    window.actions_["import_coco"].trigger()
    qtbot.waitUntil(lambda: "came in" in window.news.text(), timeout=60_000)
    look = answers.looks[-1]
    assert (look.format, look.reason) == ("COCO detection", "it has a list of images")
    ((pixels, (box,)),) = look.images  # the one image that has a box
    assert box.name == "cat"
    assert box.bbox == pytest.approx([n * pixels.shape[1] / 80 for n in (1, 1, 9, 9)])

    answers.next_choice_of_export = ExportChoice("voc", ExportOptions(image_files=ImageFiles.COPY))
    answers.next_export = tmp_path / "voc"
    window.actions_["export_as"].trigger()
    qtbot.waitUntil(lambda: "Exported" in window.news.text(), timeout=60_000)
    (label,) = (tmp_path / "voc" / "Annotations").iterdir()
    assert "<name>cat</name>" in label.read_text("utf-8")
    assert [p.name for p in (tmp_path / "voc" / "JPEGImages").iterdir()] == ["a.png"]

    answers.next_import = tmp_path / "voc"
    window.actions_["import_folder"].trigger()
    qtbot.waitUntil(lambda: len(answers.looks) == 2, timeout=60_000)
    assert answers.looks[-1].format == "Pascal VOC"
    assert answers.seen[-1].dataset.annotations[0].bbox == (1, 1, 9, 9)


def test_a_folder_of_others_is_not_replaced_without_a_question(
    window: MainWindow, qtbot: QtBot, imported: Path, tmp_path: Path
) -> None:
    other = tmp_path / "mine"
    other.mkdir()
    (other / "notes.txt").write_text("mine")
    answers = answers_of(window)
    answers.next_choice_of_export = ExportChoice("yolo", ExportOptions())
    answers.next_export = other
    window.actions_["export_as"].trigger()
    banner = window.exchange_acts.banner
    qtbot.waitUntil(banner.isVisible, timeout=60_000)
    assert "is a folder with other files" in banner.text()
    assert [p.name for p in other.iterdir()] == ["notes.txt"]


def test_a_division_that_is_none_is_told_before_anything_is_written(qtbot: QtBot) -> None:
    dialog = ExportQuestion({"coco": "COCO", "yolo": "YOLO"}, None)
    qtbot.addWidget(dialog)
    dialog.shares.setText("80 percent")
    assert "no division into parts" in dialog.problem.text()
    assert not dialog.go.isEnabled()
    dialog.shares.setText("80/20")
    assert dialog.go.isEnabled()
    dialog.format.setCurrentText("YOLO")
    choice = dialog.choice()
    assert (choice.format, choice.options.shares) == ("yolo", {"train": 0.8, "val": 0.2})


def test_what_goes_out_can_be_chosen(qtbot: QtBot) -> None:
    dialog = ExportQuestion({"coco": "COCO"}, None, tags=["night"], sets=["hard"])
    qtbot.addWidget(dialog)
    assert dialog.choice().options == ExportOptions()
    dialog.images.setCurrentText('Done, tagged "night"')
    dialog.suggestions.setChecked(True)
    dialog.score.setValue(0.8)
    dialog.own_splits.setChecked(True)
    dialog.files.setCurrentText("Cut the boxes out as images")
    dialog.licence.setText("CC0 ")
    assert dialog.choice().options == ExportOptions(
        shares={},
        image_files=ImageFiles.CROPS,
        selection=Selection(tag="night", suggestions_from=0.8),
        licence="CC0",
    )


def test_an_import_is_one_step_of_undo_and_of_redo(window: MainWindow, imported: Path, qtbot: QtBot) -> None:
    project = window.session.project
    assert project is not None

    def states() -> list[str]:
        return [image.state.value for image in project.images.all()]

    after = states()
    assert len(project.annotations.all()) == 1
    window.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: not project.annotations.all(), timeout=60_000)
    assert set(states()) == {"undecided"}
    qtbot.waitUntil(lambda: not window.runner.jobs and window.actions_["redo"].isEnabled(), timeout=60_000)
    window.actions_["redo"].trigger()
    qtbot.waitUntil(lambda: len(project.annotations.all()) == 1, timeout=60_000)
    assert states() == after


def test_labels_as_suggestions_are_shown_and_accepted(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    answers = window.ask
    assert isinstance(answers, Answers)
    answers.next_import = write(tmp_path / "c.json", [10, 10, 30, 20], images=IMAGES[:1])
    answers.import_options = ImportOptions(as_suggestions=True)
    window.actions_["import_coco"].trigger()
    project = window.session.project
    assert project is not None
    qtbot.waitUntil(
        lambda: [p.name for p in window.session.proposals] == ["cat"] and not window.runner.jobs,
        timeout=60_000,
    )
    assert project.annotations.all() == []
    assert window.session.proposals[0].bbox == BBox(10, 10, 30, 20)
    window.session.acts.accept_image()
    qtbot.waitUntil(lambda: len(project.annotations.all()) == 1, timeout=60_000)
    (box,) = project.annotations.all()
    assert (box.bbox, box.proposed_by) == (BBox(10, 10, 30, 20), "c.json")


def test_the_name_of_the_reviewer_is_asked_once_and_goes_out(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    answers = answers_of(window)
    answers.next_text = " Ann Bee "
    window.actions_["your_name"].trigger()
    window.session.project_acts.add_category("cup")
    window.canvas.drawn.emit(BBox(5, 5, 20, 20))
    window.session.acts.accept_image()
    answers.next_export = tmp_path / "out.json"
    window.actions_["export_coco"].trigger()
    qtbot.waitUntil((tmp_path / "out.json").exists, timeout=60_000)
    (image,) = json.loads((tmp_path / "out.json").read_text())["images"]
    assert image["decision"]["reviewer"] == "Ann Bee"


def test_what_the_list_shows_now_goes_out(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    project = window.session.project
    assert project is not None
    window.session.project_acts.add_category("cup")
    for image in project.images.all()[:2]:
        window.session.walk.go_to(image.id)
        qtbot.waitUntil(lambda: window.canvas.has_image)
        window.canvas.drawn.emit(BBox(5, 5, 20, 20))
        window.session.acts.accept_image()
    window.session.remember(FILTER_KEY, as_text(QueueFilter(text="a.png")))
    answers = answers_of(window)
    answers.next_choice_of_export = ExportChoice("coco", ExportOptions(selection=Selection(filtered=True)))
    answers.next_export = tmp_path / "out.json"
    window.actions_["export_as"].trigger()
    qtbot.waitUntil((tmp_path / "out.json").exists, timeout=60_000)
    assert [i["file_name"] for i in json.loads((tmp_path / "out.json").read_text())["images"]] == ["a.png"]
