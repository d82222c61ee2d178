"""Model versions in the window: one waits, is used, is gone back from; edge cases are pinned."""

import json
import shutil
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.review import Acts
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.progress import NoProgress
from hitl_desktop.service.project import views
from hitl_desktop.store.decisions import Decisions
from hitl_desktop.store.edge_case_sets import EDGE_CASES
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.migrations import shorten_vectors
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.model.class_map_dialog import ClassMapDialog
from hitl_desktop.ui.model.reliability_dialog import ReliabilityDialog
from hitl_desktop.ui.model.versions_dialog import VersionsDialog
from hitl_desktop.ui.queue.queue_model import IMAGE_ID
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.detection.embeddings import embed_whole_images
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.projects.new_project import new_project
from hitl_desktop.workflows.quality.threshold_advice import advise, gather, reliability
from hitl_desktop.workflows.training.detection_head import DEFAULT_INPUT_SIZES, input_sizes
from hitl_desktop.workflows.training.input_resolution import ResolutionPlan
from hitl_desktop.workflows.training.train import train_heads
from tests.conftest import make_dataset
from tests.ui.conftest import Answers, MakeWindow
from tests.ui.test_window import key, propose
from tests.workflows.quality.test_threshold_advice import see

WAITS = "on images that neither was taught (8 images) it names worse: 0.51 after 0.93, at most 0.60 by chance"


@pytest.fixture
def versions(window: MainWindow) -> tuple[int, int, int]:
    """Three versions: the second is active, the third waits."""
    propose(window)
    project = window.session.project
    assert project
    category = project.categories.ensure("cell").id
    head = ClassificationHead(
        np.array([category]), np.zeros(4, np.float32), np.zeros((4, 2), np.float32), np.zeros(2, np.float32),
        np.ones(2, np.float32), 0.5,
    ).to_bytes()  # fmt: skip
    summary = HeadSummary(8, 30, 1, 0.4, 41, 50, 47, 0.69, 0.9)
    first, second = (project.heads.add(1, head, summary) for _ in range(2))
    project.heads.activate(first)
    project.heads.activate(second)
    third = project.heads.add(1, head, summary, waits=WAITS)
    window.session.walk.apply_changes(Changes(head=True))
    return first, second, third


def test_the_panel_says_why_a_version_waits_and_one_click_uses_it(
    window: MainWindow, versions: tuple[int, int, int], qtbot: QtBot
) -> None:
    _, second, third = versions
    panel = window.model_panel
    window.model_chip.popover.details.click()  # the panel is folded into the chip
    qtbot.waitUntil(panel.use_waiting.isVisible)
    assert panel.head.text() == f"version {second} stays, version {third} waits: {WAITS}"
    assert "41 of 50 boxes shown right (95 %: 69% to 90%)" in panel.unseen_result.text()
    qtbot.mouseClick(panel.use_waiting, Qt.MouseButton.LeftButton)
    project = window.session.project
    assert project
    qtbot.waitUntil(lambda: project.heads.active_id() == third, timeout=20_000)
    qtbot.waitUntil(lambda: not panel.use_waiting.isVisible())
    assert f"version {third}, learned 8 images" in panel.head.text()


def test_the_effort_of_very_many_decisions_is_added_up_behind_the_window(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_window: list[bool] = []
    real = Decisions.acts

    def acts(decisions: Decisions) -> Acts:
        in_window.append(threading.current_thread() is threading.main_thread())
        return real(decisions)

    monkeypatch.setattr(Decisions, "acts", acts)
    monkeypatch.setattr(views, "_COUNTED_AT_ONCE", -1)  # any number is very many
    propose(window)
    window.session.acts.accept_image()
    qtbot.waitUntil(
        lambda: "less than drawing 3 boxes by hand" in window.model_panel.effort.text(), timeout=20_000
    )
    window.session.history.undo()
    qtbot.waitUntil(lambda: "no box is done yet" in window.model_panel.effort.text(), timeout=20_000)
    assert in_window
    assert not any(in_window)


def test_going_back_uses_the_version_before(
    window: MainWindow, versions: tuple[int, int, int], qtbot: QtBot
) -> None:
    first, _, _ = versions
    project = window.session.project
    assert project
    assert window.actions_["go_back_a_head"].isEnabled()
    window.actions_["go_back_a_head"].trigger()
    qtbot.waitUntil(lambda: project.heads.active_id() == first, timeout=20_000)
    assert project.heads.is_held()
    qtbot.waitUntil(lambda: not window.actions_["go_back_a_head"].isEnabled())  # nothing was used before it
    assert window.actions_["use_waiting"].isEnabled()


def test_the_list_of_versions_says_what_each_is(window: MainWindow, versions: tuple[int, int, int]) -> None:
    first, second, third = versions
    project = window.session.project
    assert project
    dialog = VersionsDialog(project.heads.latest(), project.heads.active_id(), window)
    rows = [[item.text() for n in range(5) if (item := dialog.table.item(row, n))] for row in range(3)]
    assert [int(row[0]) for row in rows] == [third, second, first]
    assert [row[4] for row in rows] == [f"not used: {WAITS}", "active", "earlier"]
    assert rows[0][2:4] == ["8 images, 30 boxes, 1 category", "41 of 50 right"]
    dialog.table.selectRow(1)
    assert not dialog.use.isEnabled()
    dialog.table.selectRow(2)
    dialog.use.click()
    assert dialog.chosen == first


def test_an_image_is_pinned_by_key_and_taken_out_again(window: MainWindow) -> None:
    project = window.session.project
    assert project
    answers = window.set_acts.ask
    assert isinstance(answers, Answers)
    answers.next_reason = None  # the menu was left
    key(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert project.sets.all() == {}
    answers.next_reason = EDGE_CASES
    key(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert project.sets.all() == {EDGE_CASES: [1]}
    assert "is in “edge cases” now" in window.news.text()
    assert "Edge cases: edge cases (1)" in [
        window.queue.reason.itemText(n) for n in range(window.queue.reason.count())
    ]
    answers.next_reason = f"{EDGE_CASES} (it is in: take it out)"
    key(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert project.sets.all() == {}


def test_sets_have_names_hold_boxes_are_queues_and_are_deleted(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, answers = window.session.project, window.set_acts.ask
    assert project
    assert isinstance(answers, Answers)
    category = window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(5, 5, 10, 10), category or 0)])
    window.controller.select_all()
    answers.next_reason, answers.next_text = "a new set...", " night "
    key(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert project.sets.all() == {"night": [1]}
    assert project.sets.boxes_of("night") == {project.annotations.all()[0].id}
    assert "with 1 box" in window.news.text()
    asked: list[list[str]] = []
    wanted = iter(
        [
            "night: 1 image",
            "show its images",
            "night: 1 image",
            "rename it",
            "glare: 1 image",
            "delete it",
        ]
    )

    def choose(_title: str, _label: str, options: list[str]) -> str | None:
        asked.append(list(options))
        text = next(wanted)
        return next(o for o in options if o.startswith(text))

    monkeypatch.setattr(answers, "choice", choose)
    window.actions_["sets"].trigger()
    assert [window.queue.model.index(n, 0).data(IMAGE_ID) for n in range(window.queue.model.rowCount())] == [
        1
    ]
    answers.next_text = "glare"
    window.actions_["sets"].trigger()
    assert project.sets.boxes_of("glare") == {project.annotations.all()[0].id}
    window.actions_["sets"].trigger()
    assert project.sets.all() == {}
    assert project.sets.boxes_of("glare") == set()
    assert "is deleted" in window.news.text()
    window.loop.stop()


def test_more_like_this_is_a_wall_from_which_images_are_pinned(
    make_window: MakeWindow, tmp_path: Path, embedded: Path, qtbot: QtBot
) -> None:
    shutil.copytree(embedded, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as project:
        detector = project.models.detector()
        assert detector
        use_as_categories(project, detector.classes)
    window = make_window()
    window.open_path(tmp_path / "copy" / "p.hitl")
    qtbot.waitUntil(lambda: window.canvas.has_image, timeout=20_000)
    answers = window.set_acts.ask
    assert isinstance(answers, Answers)
    for selects in (True, False):
        window.canvas.selection.select(
            window.canvas.items[0].key if selects and window.canvas.items else None
        )
        if not selects:
            assert window.session.project
            embed_whole_images(
                window.session.project, window.session.project.images.all(), NoProgress(), threads=1
            )
        window.actions_["find_more"].trigger()
        qtbot.waitUntil(lambda: window.set_acts.wall is not None, timeout=30_000)
        wall = window.set_acts.wall
        assert wall
        assert wall.crops.count() > 3
        assert not wall.pin.isEnabled()
        wall.crops.item(0).setSelected(True)
        wall._go(wall.crops.model().index(0, 0))
        assert window.session.image
        assert [window.session.image.id] == wall.chosen
        answers.next_text = f"like {selects}"
        wall.pin.click()
        assert window.session.project
        assert window.session.project.sets.all()[f"like {selects}"] == wall.chosen
        wall.close()
        window.session.walk.go_to(1)


def test_how_sure_is_sure_shows_what_was_measured_and_takes_thresholds(
    window: MainWindow, qtbot: QtBot
) -> None:
    project = window.session.project
    assert project
    for image_id in (1, 2):
        see(project, image_id, [("cell", 0.75, True), ("cell", 0.75, False), ("gap", 0.9, True)])
    window.session.walk.apply_changes(Changes(categories=True))
    evidence = gather(project)
    dialog = ReliabilityDialog(reliability(evidence), partial(advise, evidence), 0.3, window)
    qtbot.addWidget(dialog)
    assert "off by 0.20 on average" in dialog.words.text()
    assert "6 boxes shown on 2 images" in dialog.words.text()
    rows = [[item.text() for n in range(4) if (item := dialog.table.item(row, n))] for row in range(2)]
    rows_by_name = {row[0]: row[1:] for row in rows}
    assert {name: row[0] for name, row in rows_by_name.items()} == {"cell": "0.30", "gap": "0.30"}
    assert rows_by_name["cell"][1].startswith("50% (95 %: ")
    assert rows_by_name["cell"][2] == "2 of 2"
    dialog.wanted.setValue(80)
    again = {
        item.text(): dialog.table.item(row, 1) for row in range(2) if (item := dialog.table.item(row, 0))
    }
    assert {name: item.text() for name, item in again.items() if item} == {"cell": "0.95", "gap": "0.30"}
    dialog.use.click()
    assert dialog.chosen is not None
    window.session.set_own_thresholds(dialog.chosen)
    ids = {c.name: c.id for c in project.categories.all()}
    assert window.session.thresholds.of(ids["gap"]) == 0.3
    assert window.session.thresholds.of(ids["cell"]) == 0.95  # none was sure enough: as the table says
    kept = {str(ids["gap"]): 0.3, str(ids["cell"]): 0.95}
    assert json.loads(project.meta.get("category_thresholds") or "") == kept
    assert window.toolbar.threshold.value.toolTip() == "2 categories have their own thresholds"


def test_proposals_of_a_category_are_shown_from_its_own_threshold_on(
    window: MainWindow, qtbot: QtBot
) -> None:
    propose(window)
    project = window.session.project
    assert project
    cup = project.categories.ensure("cup").id
    window.session.walk.apply_changes(Changes(head=True, categories=True))
    window.session.walk.load_missing_proposals()
    assert sorted(p.name for p in window.session.visible_proposals) == ["cup", "cup", "dog"]
    window.session.set_own_thresholds({cup: 0.6})
    window.session.walk.go_to(2)
    window.session.walk.go_to(1)
    assert sorted(p.name for p in window.session.visible_proposals) == ["cup", "dog"]
    window.session.set_own_thresholds({})
    assert len(window.session.visible_proposals) == 3


def test_the_taught_detector_is_exported_from_the_menu(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.head_acts.ask.next_folder = tmp_path  # type: ignore[attr-defined]
    window.actions_["export_head"].trigger()
    qtbot.waitUntil(lambda: "Nothing has been trained yet" in window._warning.text(), timeout=20_000)


def test_a_closer_look_is_switched_on_with_its_cost_and_off_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = window.session.project
    assert project
    monkeypatch.setattr(
        "hitl_desktop.ui.model.head_acts.plan_input_resolution",
        lambda *_, **__: ResolutionPlan((640, 1280), 40, 11.0, 22.0, 0.21, 0.94),
    )
    answers = window.head_acts.ask
    window.actions_["look_closer"].trigger()
    qtbot.waitUntil(lambda: input_sizes(project) == (640, 1280), timeout=20_000)
    (question,) = answers.asked  # type: ignore[attr-defined]
    assert "0.9 s an image instead of 0.2 s" in question
    assert "40 boxes taught is narrower than 11 pixels" in question
    window.actions_["look_closer"].trigger()
    assert input_sizes(project) == DEFAULT_INPUT_SIZES


@pytest.mark.slow
def test_a_head_that_a_newer_program_cannot_use_is_learned_anew_at_opening(
    make_window: MakeWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    """Imported images have no decisions that would ask for it."""
    make_dataset(tmp_path / "set", 4)
    file = tmp_path / "p.hitl"
    new_project(file, tmp_path / "set" / "images", NoProgress(), coco=tmp_path / "set" / "instances.json")
    with Project.open(file, background=True) as project:
        prelabel(project, NoProgress(), threads=1)
        assert train_heads(project, NoProgress(), threads=1).head_id is not None
        with project.db.transaction():
            shorten_vectors(project.db)
    window = make_window(automatic=True)
    window.open_path(file)
    qtbot.waitUntil(lambda: window.session.is_open, timeout=60_000)
    opened = window.session.project
    assert opened
    qtbot.waitUntil(lambda: opened.heads.active_id() is not None, timeout=120_000)


def test_classes_of_the_detector_are_mapped_with_a_preview(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = window.session.project
    assert project
    record = project.models.ensure("hash", "small", ("car", "truck"))
    project.models.set_detector(record.id)
    scores = np.array([[0.8, 0.1], [0.2, 0.6]], np.float32)
    boxes = np.array([[5.0, 5, 20, 20], [40, 5, 20, 20]])
    project.predictions.replace(1, record.id, Detections(boxes, scores))
    vehicle = window.session.project_acts.add_category("vehicle")
    window.session.walk.go_to(1)
    seen: list[list[str]] = []

    def names() -> list[str]:
        return [p.name for p in (*window.session.visible_proposals, *window.session.visible_hints)]

    def choose(dialog: ClassMapDialog, accepts: bool) -> int:
        assert "Not mapped: 2 boxes of 2 classes" in dialog.words.text()
        for box in dialog.choices:
            box.setCurrentIndex(box.findData(vehicle))
        seen.append(names())
        assert "Not mapped: 0 boxes" in dialog.words.text()
        return int(accepts)

    for accepts in (False, True):
        monkeypatch.setattr(ClassMapDialog, "exec", lambda dialog, a=accepts: choose(dialog, a))
        window.actions_["map_classes"].trigger()
        wanted = 2 if accepts else 1
        qtbot.waitUntil(lambda n=wanted: len(seen) == n, timeout=20_000)
        qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
        assert seen[-1] == ["vehicle", "vehicle"]
        assert names() == (["vehicle", "vehicle"] if accepts else ["car", "truck"])
    assert project.class_maps.get("hash") == {"car": vehicle, "truck": vehicle}
