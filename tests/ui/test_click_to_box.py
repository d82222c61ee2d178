"""A box from one click: drawn at the pointer, replaced by the next one, taken back at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.paths import resources_dir
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.boxes.click_to_box import LANE
from hitl_desktop.ui.keys.action_table import ACTIONS
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.decisions import How, mark_empty
from hitl_desktop.workflows.detection.click_to_box import boxes_at
from hitl_desktop.workflows.detection.prelabel import prelabel
from tests.toy_models import toy
from tests.ui.conftest import MakeWindow

CUP, HANDLE = BBox(172, 18, 236, 267), BBox(196, 227, 64, 80)


@pytest.fixture
def coffee(tmp_path: Path, make_window: MakeWindow, qtbot: QtBot) -> MainWindow:
    """A window on two copies of the photo of a cup, with the category "cup"; no detector has run."""
    (tmp_path / "photos").mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(resources_dir() / "samples" / "photos" / "coffee.png", tmp_path / "photos" / name)
    made = make_window()
    made.open_path(tmp_path / "photos")
    qtbot.waitUntil(lambda: made.session.is_open)
    made.loop.intake.refresh_folders()
    qtbot.waitUntil(lambda: len(made.session.image_list.statuses) == 2 and made.canvas.is_sharp)
    qtbot.waitUntil(lambda: not made.runner.jobs)
    made.session.project_acts.add_category("cup")
    made.canvas.setFocus()
    return made


def point_at(window: MainWindow, x: float, y: float) -> None:
    """As the window system tells it: a move to where the pointer was in another test would be none."""
    canvas = window.canvas
    at = QPointF(*canvas.camera.viewport.to_view(x, y))
    none = Qt.MouseButton.NoButton
    moved = QMouseEvent(
        QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(canvas, moved)


def press(window: MainWindow, key: Qt.Key = Qt.Key.Key_J) -> None:
    QTest.keyClick(window.canvas, key)


def stored(window: MainWindow) -> list[Annotation]:
    """The boxes in the file."""
    assert window.session.project is not None
    with Project.open(window.session.project.path, background=True) as project:
        return project.annotations.all()


def drawn(window: MainWindow, qtbot: QtBot, count: int = 1) -> list[Annotation]:
    qtbot.waitUntil(lambda: len(window.session.annotations) == count)
    return stored(window)


def test_the_key_draws_the_object_under_the_pointer(coffee: MainWindow, qtbot: QtBot) -> None:
    said: list[str] = []
    coffee.messages.info.connect(said.append)
    point_at(coffee, 290, 152)
    press(coffee)
    assert "The detector is reading this image" in said[-1]
    (box,) = drawn(coffee, qtbot)
    assert box.bbox.iou(CUP) >= 0.7
    assert (box.category_id, box.origin, box.edited) == (coffee.session.category_id, Origin.HUMAN, False)
    assert said[-1].startswith("Box 1 of ")
    point_at(coffee, 228, 267)
    press(coffee)  # what the detector says of the image is there, so it is drawn at once
    assert stored(coffee)[1].bbox.iou(HANDLE) >= 0.7
    QTest.keyClick(coffee, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stored(coffee) == [box]


def test_the_key_again_or_tab_draws_the_next_box_and_undo_takes_all_back(
    coffee: MainWindow, qtbot: QtBot
) -> None:
    point_at(coffee, 290, 152)
    press(coffee)
    (first,) = drawn(coffee, qtbot)
    press(coffee)
    (second,) = stored(coffee)
    press(coffee, Qt.Key.Key_Tab)
    (third,) = stored(coffee)
    assert len({first.bbox, second.bbox, third.bbox}) == 3
    assert first.id == second.id == third.id
    assert not coffee.canvas.selection.items
    QTest.keyClick(coffee, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stored(coffee) == []
    coffee.session.history.redo()
    assert stored(coffee) == [third]


def test_the_boxes_go_round(coffee: MainWindow, qtbot: QtBot) -> None:
    point_at(coffee, 290, 152)
    press(coffee)
    (first,) = drawn(coffee, qtbot)
    seen = {first.bbox}
    for _ in range(20):
        press(coffee)
        (now,) = stored(coffee)
        if now.bbox == first.bbox:
            break
        seen.add(now.bbox)
    assert now == first
    assert 2 <= len(seen) <= 8


def test_tab_selects_boxes_again_after_another_act_or_elsewhere(coffee: MainWindow, qtbot: QtBot) -> None:
    point_at(coffee, 290, 152)
    press(coffee)
    (first,) = drawn(coffee, qtbot)
    coffee.session.acts.draw([(BBox(10, 10, 40, 40), first.category_id)])
    press(coffee, Qt.Key.Key_Tab)
    assert coffee.canvas.selection.items
    point_at(coffee, 228, 267)
    press(coffee, Qt.Key.Key_Tab)
    assert {a.bbox for a in stored(coffee)} == {first.bbox, BBox(10, 10, 40, 40)}


def test_a_box_that_was_moved_is_not_replaced(coffee: MainWindow, qtbot: QtBot) -> None:
    point_at(coffee, 290, 152)
    press(coffee)
    drawn(coffee, qtbot)
    coffee.session.acts.revise([Revision(coffee.session.annotations[0], BBox(10, 10, 40, 40))])
    press(coffee)
    moved, new = stored(coffee)
    assert moved.bbox == BBox(10, 10, 40, 40)
    assert new.bbox.iou(CUP) >= 0.7


def test_without_a_category_the_box_waits_for_its_name(coffee: MainWindow, qtbot: QtBot) -> None:
    coffee.session.set_category(None)
    point_at(coffee, 290, 152)
    press(coffee)
    (box,) = drawn(coffee, qtbot)
    assert box.category_id == coffee.session.known.unnamed_id
    assert coffee.controller.name_at_box.isVisible()
    QTest.keyClick(coffee.controller.name_at_box, Qt.Key.Key_Escape)
    press(coffee)
    (after,) = stored(coffee)
    assert after.bbox != box.bbox
    coffee.session.history.undo()
    assert stored(coffee) == []


def test_a_decided_image_is_decided_again_when_the_box_without_a_name_is_taken_back(
    coffee: MainWindow, qtbot: QtBot
) -> None:
    assert coffee.session.project is not None
    assert coffee.session.image is not None
    image_id = coffee.session.image.id
    mark_empty(coffee.session.project, image_id, [], How(None, Thresholds(0.3), 0.0))
    coffee.session.walk.go_to(image_id)
    qtbot.waitUntil(lambda: coffee.canvas.is_sharp)
    coffee.session.set_category(None)
    point_at(coffee, 290, 152)
    press(coffee)
    drawn(coffee, qtbot)
    assert coffee.session.image.state is ImageState.UNDECIDED
    QTest.keyClick(coffee.controller.name_at_box, Qt.Key.Key_Escape)
    press(coffee)
    coffee.session.history.undo()
    assert stored(coffee) == []
    assert coffee.session.image.state is ImageState.DECIDED


def test_clicks_before_the_detector_is_done_are_all_drawn(coffee: MainWindow, qtbot: QtBot) -> None:
    for point in ((290, 152), (290, 152), (228, 267)):
        point_at(coffee, *point)
        press(coffee)
    assert coffee.session.annotations == []
    cup, handle = drawn(coffee, qtbot, 2)
    assert cup.bbox.iou(CUP) >= 0.7
    assert handle.bbox.iou(HANDLE) >= 0.7


def test_a_click_on_an_image_that_was_left_draws_nothing_elsewhere(coffee: MainWindow, qtbot: QtBot) -> None:
    point_at(coffee, 290, 152)
    press(coffee)
    coffee.session.walk.next()
    qtbot.waitUntil(lambda: coffee.canvas.is_sharp and not coffee.runner._quiet)
    assert stored(coffee) == []
    press(coffee)
    (box,) = drawn(coffee, qtbot)
    assert coffee.session.image is not None
    assert box.image_id == coffee.session.image.id


def test_what_a_click_needs_is_prepared_once_a_detector_has_run(coffee: MainWindow, qtbot: QtBot) -> None:
    assert coffee.session.project is not None
    with Project.open(coffee.session.project.path, background=True) as project:
        prelabel(project, NoProgress(), threads=1)
    coffee.session.walk.next()
    qtbot.waitUntil(lambda: coffee.canvas.is_sharp and bool(coffee.click_to_box._fields))
    assert not any(job.lane == LANE for job in coffee.runner.jobs)
    point_at(coffee, 290, 152)
    press(coffee)
    assert stored(coffee)[0].bbox.iou(CUP) >= 0.7


def test_nothing_is_prepared_before_a_detector_has_run(coffee: MainWindow, qtbot: QtBot) -> None:
    coffee.click_to_box._prepare()
    qtbot.waitUntil(lambda: coffee.click_to_box._job is None)
    assert coffee.click_to_box._fields == {}


def test_a_pointer_outside_of_the_image_draws_nothing_and_is_told_so(coffee: MainWindow) -> None:
    said: list[str] = []
    coffee.messages.info.connect(said.append)
    QApplication.sendEvent(coffee.canvas, QEvent(QEvent.Type.Leave))
    press(coffee)
    assert said == ["Put the pointer on the middle of an object in the image first."]
    point_at(coffee, -20, 50)
    press(coffee)
    assert len(said) == 2
    assert stored(coffee) == []


def test_a_detector_without_such_boxes_is_told_about_in_words(
    tmp_path: Path, coffee: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitl_desktop.inference.box_branch.FAMILIES", frozenset())
    assert coffee.session.project is not None
    with Project.open(coffee.session.project.path, background=True) as project:
        prelabel(project, NoProgress(), model=str(toy(tmp_path / "toy.onnx")), threads=1)
    coffee.session.walk.next()
    qtbot.waitUntil(lambda: coffee.canvas.is_sharp)
    point_at(coffee, 290, 152)
    press(coffee)
    told = "The detector toy cannot propose a box at a point. Draw the box, or use the bundled detector."
    qtbot.waitUntil(lambda: coffee._warning.isVisible() and told in coffee._warning.label.text())
    assert stored(coffee) == []


def test_the_workflow_gives_boxes_to_scripts(coffee: MainWindow) -> None:
    assert coffee.session.project is not None
    assert coffee.session.image is not None
    found = boxes_at(coffee.session.project, coffee.session.image, (290, 152), threads=1)
    assert found[0].iou(CUP) >= 0.7


def test_the_key_stands_in_the_menu(coffee: MainWindow) -> None:
    assert next(spec.keys for spec in ACTIONS if spec.id == "click_to_box") == ("J",)
    assert coffee.actions_["click_to_box"].isEnabled()
