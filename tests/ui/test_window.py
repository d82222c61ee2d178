"""The window as hands meet it: keys and mouse, each act on disk at once."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import ProjectError
from hitl_desktop.progress import NoProgress
from hitl_desktop.service.project.review_order import ReviewOrder
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.project import Project
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.images.image_loader import Loaded
from hitl_desktop.ui.keys.action_table import ACTIONS
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.queue.queue_model import DETAIL, IMAGE_ID, STATUS
from hitl_desktop.workflows.annotation import decisions
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.annotation.decisions import How, decide
from hitl_desktop.workflows.annotation.edits import undo
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.images.open_folder import add_folder
from hitl_desktop.workflows.queue.listing import Listing
from tests.conftest import save
from tests.ui.conftest import Answers, MakeWindow

LEFT = Qt.MouseButton.LeftButton


SUMMARY = HeadSummary(1, 1, 1, 0.1)


def drag(window: MainWindow, start: tuple[float, float], end: tuple[float, float]) -> None:
    canvas = window.canvas
    first, last = (QPointF(*canvas.camera.viewport.to_view(*point)).toPoint() for point in (start, end))
    QTest.mousePress(canvas, LEFT, pos=first)
    QTest.mouseMove(canvas, (first + last) / 2)
    QTest.mouseMove(canvas, last)
    QTest.mouseRelease(canvas, LEFT, pos=last)


def click(window: MainWindow, at: tuple[float, float]) -> None:
    canvas = window.canvas
    QTest.mouseClick(canvas, LEFT, pos=QPointF(*canvas.camera.viewport.to_view(*at)).toPoint())


def key(
    window: MainWindow, name: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    QTest.keyClick(window.canvas, name, modifier)


def type_name(window: MainWindow, name: str) -> None:
    field = window.controller.name_at_box
    field = field if field.isVisible() else window.inspector.name
    QTest.keyClicks(field, name)
    QTest.keyClick(field, Qt.Key.Key_Return)


def on_disk(window: MainWindow) -> Project:
    """Another connection: sees only what is committed."""
    assert window.session.project
    return Project.open(window.session.project.path, background=True)


def reopened(window: MainWindow, make_window: MakeWindow) -> MainWindow:
    """The window closed, and another one on its project."""
    assert window.session.project
    path = window.session.project.path
    window.close()
    other = make_window()
    other.open_path(path)
    return other


def propose(window: MainWindow, image_id: int = 1) -> None:
    """A detector that knows cups and dogs has looked at an image: three boxes, one of them doubtful."""
    project = window.session.project
    assert project
    model = project.models.ensure("hash", "detector", ("cup", "dog"))
    project.models.set_detector(model.id)
    boxes = np.array([[0, 0, 20, 20], [30, 0, 20, 20], [0, 30, 20, 20], [50, 40, 9, 9]], float)
    scores = np.array([[0.9, 0.1], [0.1, 0.8], [0.55, 0.1], [0.2, 0.0]], np.float32)
    project.predictions.replace(image_id, model.id, Detections(boxes, scores))
    use_as_categories(project, model.classes)
    window.session.walk.apply_changes(Changes(categories=True))
    window.session.set_category(None)


def test_a_folder_opens_with_its_first_image_and_the_others_follow(window: MainWindow) -> None:
    assert window.session.image
    assert window.session.image.path == "a.png"
    assert window.queue.model.rowCount() == 4
    assert window.canvas.image_size == (80, 60)
    assert "image 1 of 4" in window.action_bar.place.text()
    assert window.action_bar.saved.text() == "Saved"


def test_the_first_box_of_a_project_asks_for_its_name_beside_the_box(
    window: MainWindow, qtbot: QtBot
) -> None:
    drag(window, (10, 10), (50, 40))
    field = window.controller.name_at_box
    qtbot.waitUntil(field.hasFocus)
    below = window.canvas.camera.viewport.to_view(10, 40)[1]
    assert below <= field.y() <= below + 10
    with on_disk(window) as disk:  # it is kept, though nobody named it yet
        assert [a.bbox for a in disk.annotations.all()] == [window.session.annotations[0].bbox]
    type_name(window, "red cell")
    (annotation,) = window.session.annotations
    assert annotation.bbox == pytest.approx(BBox(10, 10, 40, 30), abs=1)
    assert window.canvas.hasFocus()
    with on_disk(window) as disk:
        assert disk.annotations.all() == [annotation]
        assert [c.name for c in disk.categories.all()] == ["red cell"]
    drag(window, (60, 10), (75, 30))
    assert len(window.session.annotations) == 2
    assert window.canvas.selection.last is None


def test_a_box_is_moved_resized_renamed_and_deleted_each_on_disk(window: MainWindow) -> None:
    session = window.session
    session.project_acts.add_category("cat")
    session.project_acts.add_category("dog")
    key(window, Qt.Key.Key_1)
    drag(window, (10, 10), (40, 40))
    before = session.annotations[0]
    click(window, (25, 25))
    drag(window, (25, 25), (35, 30))
    moved = session.annotations[0]
    assert moved.bbox.x == pytest.approx(before.bbox.x + 10, abs=1)
    drag(window, (moved.bbox.right, moved.bbox.bottom), (60, 55))
    assert session.annotations[0].bbox.right == pytest.approx(60, abs=1)
    key(window, Qt.Key.Key_2)
    assert session.annotations[0].category_id == 2
    with on_disk(window) as disk:
        assert disk.annotations.all() == session.annotations
    key(window, Qt.Key.Key_X)
    with on_disk(window) as disk:
        assert disk.annotations.all() == []


def test_undo_and_redo_by_key_also_across_images(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.project_acts.add_category("cat")
    drag(window, (10, 10), (40, 40))
    key(window, Qt.Key.Key_N)
    assert session.image
    assert session.image.id == 2
    qtbot.waitUntil(lambda: window.canvas.has_image)
    drag(window, (5, 5), (30, 30))
    assert len(session.annotations) == 1
    control = Qt.KeyboardModifier.ControlModifier
    key(window, Qt.Key.Key_Z, control)
    assert session.annotations == []
    key(window, Qt.Key.Key_Z, control)
    assert session.image.id == 2  # hands stay where they are
    assert window._offer.isVisible()
    assert window._offer.text() == "Undid: Draw box on a.png."
    key(window, Qt.Key.Key_J, control)
    assert session.image.id == 1
    assert not window._offer.isVisible()
    assert session.annotations == []
    key(window, Qt.Key.Key_Z, control)
    assert session.known.of == {}
    assert not window.actions_["undo"].isEnabled()
    shift = control | Qt.KeyboardModifier.ShiftModifier
    key(window, Qt.Key.Key_Z, shift)
    assert session.known.of == {1: "cat"}
    key(window, Qt.Key.Key_Z, shift)
    assert len(session.annotations) == 1
    key(window, Qt.Key.Key_Z, shift)
    assert session.image.id == 1
    assert window._offer.text() == "Redid: Draw box on b.jpg."
    QTest.mouseClick(window._offer.offers[0], Qt.MouseButton.LeftButton)
    assert session.image.id == 2
    assert len(session.annotations) == 1


def test_undo_of_a_decision_comes_back_to_its_image(window: MainWindow) -> None:
    key(window, Qt.Key.Key_E)
    assert window.session.image
    assert window.session.image.id == 2
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.image.id == 1
    assert window.session.image.state == "undecided"
    assert "Undid: Mark empty on a.png. It is shown now." in window.news.text()


def test_the_part_that_was_looked_at_is_shown_when_the_project_is_opened_again(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window.canvas.camera.zoom(3.0)
    window.canvas.camera.pan(QPointF(30, -20))
    before = window.canvas.camera.scale_and_centre()
    assert window.session.project
    path = window.session.project.path
    window.close()
    other = make_window()
    other.open_path(path)
    qtbot.waitUntil(lambda: other.canvas.has_image)
    assert other.canvas.camera.scale_and_centre() == pytest.approx(before, abs=1e-6)
    other.session.walk.next()
    qtbot.waitUntil(lambda: other.canvas.has_image)
    assert other.canvas.camera.scale_and_centre() is None


def test_a_category_is_split_by_what_is_selected(window: MainWindow) -> None:
    window.session.project_acts.add_category("cell")
    window.session.acts.draw([(BBox(5 + 12 * n, 5, 10, 10), 1) for n in range(4)])
    window.canvas.selection.select_all([item.key for item in window.canvas.items[:2]])
    key(window, Qt.Key.Key_C)
    type_name(window, "red cell")
    names = window.session.known.of
    assert [names[a.category_id] for a in window.session.annotations] == [
        "red cell",
        "red cell",
        "cell",
        "cell",
    ]
    window.session.history.undo()
    assert {names[a.category_id] for a in window.session.annotations} == {"cell"}


@pytest.mark.slow
def test_a_hundred_thousand_boxes_on_one_image(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project
    window.session.project_acts.add_category("cell")
    boxes = [(BBox((n % 400) * 0.2, (n // 400) * 0.2, 0.5, 0.5), 1) for n in range(100_000)]
    window.session.acts.draw(boxes)
    assert len(window.canvas.items) == len(window.session.annotations) == 100_000
    window.session.walk.next()
    window.session.walk.previous()
    assert len(window.canvas.items) == 100_000
    window.canvas.grab()
    window.canvas.selection.select(window.canvas.items[-1].key)
    window.controller.remove_box()
    assert project.db.scalar("SELECT count(*) FROM annotations") == 99_999
    window.session.history.undo()
    assert len(window.canvas.items) == 100_000
    window.session.history.undo()
    qtbot.waitUntil(lambda: window.canvas.items == [], timeout=30_000)
    assert project.db.scalar("SELECT count(*) FROM annotations") == 0


def test_accepting_an_image_by_key_decides_it_and_goes_on(window: MainWindow) -> None:
    propose(window)
    assert len(window.canvas.items) == 3
    key(window, Qt.Key.Key_A)
    assert window.session.image
    assert window.session.image.id == 2
    with on_disk(window) as disk:
        first = disk.images.get(1)
        assert first
        assert first.state is ImageState.DECIDED
        assert [c.name for c in disk.categories.all()] == ["cup", "dog"]
        assert len(disk.annotations.of_image(1)) == 3
        assert disk.decisions.acts().accepted == 3
    key(window, Qt.Key.Key_P)
    assert window.session.image.id == 1
    assert len(window.canvas.items) == 3
    assert "1 of 4 done" in window.action_bar.share.text()


def test_tab_enter_and_x_go_through_proposals_the_most_doubtful_first(window: MainWindow) -> None:
    propose(window)
    key(window, Qt.Key.Key_Tab)
    assert window.canvas.selection.last
    assert window.canvas.selection.last.label == "cup 0.55"
    key(window, Qt.Key.Key_X)
    assert window.canvas.selection.last
    assert window.canvas.selection.last.label == "dog 0.80"
    key(window, Qt.Key.Key_Return)
    assert [window.session.known.of[a.category_id] for a in window.session.annotations] == ["dog"]
    assert window.canvas.selection.last.label == "cup 0.90"
    assert len(window.session.visible_proposals) == 1


def test_a_digit_renames_a_proposal_and_moving_one_corrects_it(window: MainWindow) -> None:
    window.session.project_acts.add_category("cell")
    propose(window)
    key(window, Qt.Key.Key_Tab)
    key(window, Qt.Key.Key_1)
    (renamed,) = window.session.annotations
    assert renamed.edited
    assert renamed.category_id == 1
    key(window, Qt.Key.Key_Escape)
    QTest.mouseClick(
        window.canvas, LEFT, pos=QPointF(*window.canvas.camera.viewport.to_view(10, 10)).toPoint()
    )
    drag(window, (10, 10), (14, 12))
    assert len(window.session.annotations) == 2
    assert window.session.annotations[1].edited
    assert window.canvas.selection.last
    assert window.canvas.selection.last.key.id == window.session.annotations[1].id


def test_the_threshold_shows_more_or_fewer_and_is_kept(window: MainWindow) -> None:
    propose(window)
    for _ in range(3):
        key(window, Qt.Key.Key_BracketLeft)
    assert len(window.canvas.items) == 4
    for _ in range(10):
        key(window, Qt.Key.Key_BracketRight)
    assert len(window.canvas.items) == 2
    assert window.toolbar.threshold.value.text() == "0.65"
    with on_disk(window) as project:  # of this project, not of the next one
        assert project.meta.get("display_threshold") == "0.65"
    assert window.settings.number("display_threshold") == pytest.approx(0.3)


def test_what_the_threshold_hides_is_said_before_an_image_is_called_empty(window: MainWindow) -> None:
    propose(window)
    window.session.set_threshold(0.95)
    key(window, Qt.Key.Key_A)
    assert "4 below the threshold; [ shows more." in window.news.text()
    assert window.session.image_list.count("decided") == 0


def test_tab_after_accepting_goes_on_to_what_is_still_open(window: MainWindow) -> None:
    propose(window)
    window.session.set_threshold(0.6)
    key(window, Qt.Key.Key_Tab)
    key(window, Qt.Key.Key_Return)
    key(window, Qt.Key.Key_Tab)
    key(window, Qt.Key.Key_X)
    assert len(window.session.annotations) == 1
    assert window.session.visible_proposals == []
    key(window, Qt.Key.Key_Return)
    assert "No suggestion is left" in window.news.text()


def test_escape_while_naming_keeps_the_box_and_gives_the_keyboard_back(window: MainWindow) -> None:
    drag(window, (10, 10), (40, 40))
    QTest.keyClicks(window.controller.name_at_box, "so")
    QTest.keyClick(window.controller.name_at_box, Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()
    assert [item.label for item in window.canvas.items] == ["unnamed"]
    assert window.session.known.offered == {}
    drag(window, (45, 10), (60, 40))
    window.queue.list.clicked.emit(window.queue.model.index(2, 0))
    assert window.canvas.hasFocus()
    with on_disk(window) as disk:
        assert len(disk.annotations.of_image(1)) == 2


def test_several_boxes_wait_for_their_names_and_deciding_asks_for_them(window: MainWindow) -> None:
    drag(window, (5, 5), (20, 20))
    drag(window, (25, 5), (40, 20))
    drag(window, (45, 5), (60, 20))
    assert [item.label for item in window.canvas.items] == ["unnamed"] * 3
    type_name(window, "cell")
    assert [item.label for item in window.canvas.items] == ["unnamed", "unnamed", "cell"]
    key(window, Qt.Key.Key_A)
    assert window.session.at_hand == 1
    assert [item.label for item in window.canvas.selection.items] == ["unnamed", "unnamed"]
    assert "2 boxes without a category" in window.news.text()
    key(window, Qt.Key.Key_1)
    assert [item.label for item in window.canvas.items] == ["cell"] * 3
    key(window, Qt.Key.Key_A)
    with on_disk(window) as disk:
        assert [a.category_id for a in disk.annotations.of_image(1)] == [window.session.category_id] * 3
        assert disk.images.statuses()[1] == "decided"


def test_a_drag_that_begins_in_a_fresh_box_draws_another_one(window: MainWindow) -> None:
    window.session.project_acts.add_category("cell")
    drag(window, (5, 5), (40, 40))
    drag(window, (20, 20), (60, 50))
    assert [tuple(round(v) for v in a.bbox) for a in window.session.annotations] == [
        (5, 5, 35, 35),
        (20, 20, 40, 30),
    ]
    key(window, Qt.Key.Key_Tab)  # selected by key: a drag inside still draws
    drag(window, (12, 12), (30, 30))
    assert len(window.session.annotations) == 3


def test_a_digit_after_drawing_is_about_the_next_box(window: MainWindow) -> None:
    window.session.project_acts.add_category("cell")
    window.session.project_acts.add_category("dust")
    key(window, Qt.Key.Key_1)
    drag(window, (5, 5), (20, 20))
    key(window, Qt.Key.Key_2)
    drag(window, (30, 5), (45, 20))
    names = window.session.known.of
    assert [names[a.category_id] for a in window.session.annotations] == ["cell", "dust"]
    assert window.canvas.next_label == "dust"


def test_undo_of_a_relabelling_brings_the_category_of_the_next_box_back(window: MainWindow) -> None:
    window.session.project_acts.add_category("cell")
    window.session.project_acts.add_category("dust")
    key(window, Qt.Key.Key_1)
    drag(window, (5, 5), (20, 20))
    click(window, (12, 12))
    key(window, Qt.Key.Key_2)
    assert window.canvas.next_label == "dust"
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [item.label for item in window.canvas.items] == ["cell"]
    assert window.canvas.next_label == "cell"


def hint(window: MainWindow, image_id: int = 1) -> None:
    """A detector whose classes are no categories of the project has looked at an image: two apples and a
    cake."""
    project = window.session.project
    assert project
    model = project.models.ensure("foreign", "detector", ("apple", "cake"))
    project.models.set_detector(model.id)
    boxes = np.array([[0, 0, 20, 20], [30, 0, 20, 20], [0, 30, 20, 20]], float)
    scores = np.array([[0.9, 0.1], [0.8, 0.1], [0.1, 0.6]], np.float32)
    project.predictions.replace(image_id, model.id, Detections(boxes, scores))
    window.session.walk.load_missing_proposals()


def test_classes_that_are_no_categories_are_hints_that_nothing_accepts(window: MainWindow) -> None:
    hint(window)
    assert [item.key.kind for item in window.canvas.items] == [Kind.HINT] * 3
    assert [item.label for item in window.canvas.items] == [""] * 3
    assert "apple" in window.canvas.items[0].tip
    key(window, Qt.Key.Key_A)
    assert window.session.at_hand == 1
    assert "hints" in window.news.text()
    key(window, Qt.Key.Key_Tab)
    assert window.canvas.selection.last is None
    click(window, (10, 10))
    key(window, Qt.Key.Key_Return)
    key(window, Qt.Key.Key_E)
    with on_disk(window) as disk:
        assert disk.annotations.all() == []
        assert disk.categories.all() == []
        assert disk.predictions.unseen_predictions_of(1) == []


def test_all_hints_become_boxes_of_a_category_by_one_digit(window: MainWindow) -> None:
    window.session.project_acts.add_category("red blood cell")
    hint(window)
    places = [item.bbox for item in window.canvas.items]
    key(window, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    key(window, Qt.Key.Key_1)
    with on_disk(window) as disk:
        assert [a.bbox for a in disk.annotations.of_image(1)] == places
        assert [c.name for c in disk.categories.all()] == ["red blood cell"]
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.annotations == []
    assert [item.key.kind for item in window.canvas.items] == [Kind.HINT] * 3


def test_a_decision_gives_a_receipt_whose_button_takes_it_back(window: MainWindow) -> None:
    propose(window)
    key(window, Qt.Key.Key_A)
    assert window.receipt.text() == "Done: 3 accepted, 3 boxes in all."
    QTest.mouseClick(window.receipt.button, LEFT)
    assert window.session.at_hand == 1
    assert window.session.annotations == []
    assert not window.receipt.isVisible()
    key(window, Qt.Key.Key_E)
    assert window.receipt.text() == "Marked as empty: 3 suggestions rejected."


def test_newer_suggestions_wait_for_a_key(window: MainWindow) -> None:
    propose(window)
    project = window.session.project
    assert project
    shown = [(item.bbox, item.label) for item in window.canvas.items]
    model = project.models.find("hash")
    assert model
    better = Detections(np.array([[40, 5, 15, 15]], float), np.array([[0.95, 0]], np.float32))
    project.predictions.replace(1, model.id, better)
    window.session.walk.load_missing_proposals()
    assert [(item.bbox, item.label) for item in window.canvas.items] == shown
    assert window.better.isVisible()
    key(window, Qt.Key.Key_R)
    assert [item.bbox for item in window.canvas.items] == [BBox(40, 5, 15, 15)]
    assert not window.better.isVisible()


def test_a_suggestion_that_a_job_replaced_is_rejected_all_the_same(window: MainWindow) -> None:
    propose(window)
    project = window.session.project
    assert project
    model = project.models.find("hash")
    assert model
    again = Detections(
        np.array([[1, 1, 20, 20], [30, 0, 20, 20]], float), np.array([[0.9, 0], [0, 0.9]], np.float32)
    )
    project.predictions.replace(1, model.id, again)
    click(window, (10, 10))
    key(window, Qt.Key.Key_X)
    assert BBox(0, 0, 20, 20) not in [item.bbox for item in window.canvas.items]
    key(window, Qt.Key.Key_A)
    with on_disk(window) as disk:
        assert all(a.bbox.iou(BBox(0, 0, 20, 20)) < 0.5 for a in disk.annotations.of_image(1))


def test_a_decision_that_waited_for_the_disk_is_about_its_own_image(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(window, 1)
    propose(window, 2)
    window.session.walk.go_to(1)
    on_first = [p.bbox for p in window.session.visible_proposals]
    decide = decisions.decide

    def is_full(*_args: object) -> Changes:
        raise ProjectError("The disk is full.", hint="Free some space.")

    monkeypatch.setattr(decisions, "decide", is_full)
    key(window, Qt.Key.Key_A)
    key(window, Qt.Key.Key_N)
    assert window.session.at_hand == 2
    monkeypatch.setattr(decisions, "decide", decide)
    assert window.session.saving.retry()
    with on_disk(window) as disk:
        assert disk.images.statuses()[1] == "decided"
        assert [a.bbox for a in disk.annotations.of_image(1)] == on_first
        assert disk.images.statuses()[2] == "undecided"
        assert disk.annotations.of_image(2) == []


def test_the_filter_field_gives_the_keyboard_back(window: MainWindow) -> None:
    field = window.queue.text
    field.setFocus()
    QTest.keyClicks(field, "b.j")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.canvas.hasFocus()
    assert window.queue.model.rowCount() == 1
    field.setFocus()
    QTest.keyClicks(field, "zzz")
    assert window.queue.found.label.text() == "No images match."
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()
    assert field.text() == ""
    assert window.queue.model.rowCount() == 4


def test_the_next_image_is_one_that_the_filter_shows(window: MainWindow) -> None:
    window.queue.text.setText(".png")
    key(window, Qt.Key.Key_E)
    assert window.session.image
    assert window.session.image.path == "c.png"  # b.jpg is not in the filter
    window.session.acts.mark_empty()
    window.session.acts.mark_empty()
    key(window, Qt.Key.Key_N)
    assert "Nothing is left to do in this filter" in window.news.text()
    window.queue.text.setText("")
    key(window, Qt.Key.Key_N)
    assert window.session.image.path == "b.jpg"
    window.queue.text.setText(".png")
    window.queue.state.choose("decided")
    key(window, Qt.Key.Key_N)
    assert window.session.image.path == "c.png"


def test_an_image_decided_before_gives_no_first_sight(window: MainWindow) -> None:
    propose(window)
    project = window.session.project
    assert project
    seen = [replace(p, by_head=True, head_id=project.heads.add(1, b"", SUMMARY)) for p in
            window.session.proposals]  # fmt: skip
    how = How(None, Thresholds(0.3), 1.0)
    decide(project, 1, [], seen, how)
    first = project.db.scalar("SELECT count(*) FROM sightings")
    assert first == len(seen)
    undo(project)
    project.db.execute("DELETE FROM sightings")
    decide(project, 1, [], seen, how)
    assert project.db.scalar("SELECT count(*) FROM sightings") == 0


def test_empty_and_skip_by_key(window: MainWindow) -> None:
    propose(window)
    key(window, Qt.Key.Key_E)
    key(window, Qt.Key.Key_S)
    with on_disk(window) as disk:
        states = [i.state for i in disk.images.all()]
    assert states[:2] == [ImageState.DECIDED, ImageState.SKIPPED]
    assert window.session.image
    assert window.session.image.id == 3


def test_the_last_image_says_that_all_is_done(window: MainWindow, qtbot: QtBot) -> None:
    for _ in range(4):
        qtbot.waitUntil(lambda: window.canvas.has_image)
        key(window, Qt.Key.Key_E)
    assert "Every image is done" in window.news.text()
    assert "4 of 4 done" in window.action_bar.share.text()


def test_tags_are_typed_and_kept(window: MainWindow) -> None:
    window.inspector.tags.setFocus()
    QTest.keyClicks(window.inspector.tags, "night, Wet ,night")
    QTest.keyClick(window.inspector.tags, Qt.Key.Key_Return)
    key(window, Qt.Key.Key_N)
    assert window.inspector.tags.text() == ""
    key(window, Qt.Key.Key_P)
    assert window.inspector.tags.text() == "night, Wet"


def test_letters_typed_into_a_field_are_no_shortcuts(window: MainWindow) -> None:
    window.inspector.ask_for_name()
    QTest.keyClicks(window.inspector.name, "axen")
    assert window.inspector.name.text() == "axen"
    assert window.session.image
    assert window.session.image.id == 1


def test_the_queue_shows_state_and_filters_and_a_click_opens(window: MainWindow) -> None:
    key(window, Qt.Key.Key_E)
    model = window.queue.model
    assert model.index(0, 0).data(STATUS) == "decided"
    assert model.index(1, 0).data(DETAIL) == "Not scanned yet"
    window.queue.state.choose("undecided")
    assert model.rowCount() == 3
    window.queue.text.setText("sub/")
    assert [model.index(0, 0).data(IMAGE_ID), model.rowCount()] == [4, 1]
    window.queue.list.clicked.emit(model.index(0, 0))
    assert window.session.image
    assert window.session.image.path == "sub/d.png"


def test_a_write_that_fails_shows_the_stored_truth_and_one_message(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.project_acts.add_category("cat")
    drag(window, (10, 10), (40, 40))
    assert session.project
    stored = list(session.annotations)
    session.project.db.execute("PRAGMA query_only = 1")
    for _ in range(2):
        drag(window, (50, 10), (70, 40))
    assert session.annotations == stored
    assert len(window.canvas.items) == 1
    assert window._warning.isVisible()
    assert "cannot be written" in window._warning.text()
    assert window.action_bar.saved.text().startswith("NOT SAVED")
    session.project.db.execute("PRAGMA query_only = 0")
    assert session.saving.retry()
    assert len(session.annotations) == 2  # the first of the two; the other was refused while it waited
    assert not window._warning.isVisible()
    qtbot.waitUntil(lambda: window.action_bar.saved.text() == "Saved")


def test_what_the_disk_does_not_take_is_not_called_saved(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    session = window.session
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", full)
        session.project_acts.add_category("cat")
        drag(window, (10, 10), (40, 40))
        qtbot.waitUntil(lambda: window.action_bar.saved.text() == "NOT SAVED")
        assert "may not be on the disk" in window._warning.text()
    drag(window, (50, 10), (70, 40))
    qtbot.waitUntil(lambda: window.action_bar.saved.text() == "Saved")
    assert len(session.annotations) == 2


def test_a_late_image_is_not_drawn_over_another_one(window: MainWindow) -> None:
    key(window, Qt.Key.Key_N)
    size = window.canvas.image_size
    window.loader.loaded.emit(1, Loaded((), (1, 1), "late"))
    assert window.canvas.image_size == size


def test_an_image_that_cannot_be_read_says_why_and_cannot_be_decided(
    window: MainWindow, qtbot: QtBot
) -> None:
    project = window.session.project
    assert project
    image = project.images.get(2)
    assert image
    project.path_of(image).write_bytes(b"")
    window.loader.forget(2)
    window.loop.intake.refresh_folders()
    window.session.walk.go_to(2)
    qtbot.waitUntil(lambda: "empty" in window.canvas.placeholder)
    project.images.set_reason(2, "The file is empty.")
    window.session.walk.go_to(2)
    key(window, Qt.Key.Key_A)
    assert "cannot be marked as done" in window.news.text()
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)


def test_export_and_import_through_the_menu(
    window: MainWindow, make_window: MakeWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    propose(window)
    key(window, Qt.Key.Key_A)
    answers = window.ask
    assert isinstance(answers, Answers)
    answers.next_export = tmp_path / "out.json"
    window.actions_["export_coco"].trigger()
    qtbot.waitUntil(lambda: "3 boxes on 1 image," in window.news.text())
    assert len(json.loads((tmp_path / "out.json").read_text())["annotations"]) == 3

    shutil.copytree(tmp_path / "pictures", tmp_path / "again", ignore=shutil.ignore_patterns("*.hitl*"))
    other = make_window()
    other.open_path(tmp_path / "again")
    qtbot.waitUntil(lambda: other.session.is_open)
    other.loop.intake.refresh_folders()
    qtbot.waitUntil(
        lambda: len(other.session.image_list.statuses) == 4 and not other.runner.jobs, timeout=30_000
    )
    other_answers = other.ask
    assert isinstance(other_answers, Answers)
    other_answers.next_import = tmp_path / "out.json"
    other_answers.confirms = False
    other.actions_["import_coco"].trigger()
    qtbot.waitUntil(lambda: bool(other_answers.seen) and not other.runner.jobs)
    assert other.session.project
    assert other.session.project.annotations.all() == []
    other_answers.confirms = True
    other.actions_["import_coco"].trigger()
    qtbot.waitUntil(lambda: len(other.session.annotations) == 3)
    qtbot.waitUntil(lambda: not other.runner.jobs, timeout=30_000)


@pytest.mark.parametrize("kind", ["empty folder", "missing", "text", "newer"])
def test_what_cannot_be_opened_says_why_and_the_open_project_stays(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, kind: str
) -> None:
    bad = tmp_path / "bad.hitl"
    if kind == "empty folder":
        bad.mkdir()
    if kind == "text":
        bad.write_text("hello")
    if kind == "newer":
        with Project.create(bad) as project:
            project.db.execute("PRAGMA user_version = 99")
    window.open_path(bad)
    qtbot.waitUntil(window._warning.isVisible)
    assert window._warning.isVisible()
    assert window.session.image
    assert window.session.image.path == "a.png"
    window._warning.dismiss()
    assert not window._warning.isVisible()


def test_a_vanished_folder_is_a_sentence_and_the_boxes_are_safe(
    window: MainWindow, make_window: MakeWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.session.project_acts.add_category("cat")
    drag(window, (10, 10), (40, 40))
    window.close()
    shutil.move(tmp_path / "pictures" / "pictures.hitl", tmp_path / "p.hitl")
    with Project.open(tmp_path / "p.hitl") as project:
        project.db.execute("UPDATE folders SET path = 'nowhere'")
    other = make_window(automatic=True)
    other.open_path(tmp_path / "p.hitl")
    qtbot.waitUntil(other._warning.isVisible)
    assert "is gone" in other._warning.text()
    assert len(other.session.annotations) == 1
    qtbot.waitUntil(lambda: not other.runner.jobs, timeout=20_000)


def test_everything_is_reachable_by_name_for_a_screen_reader(window: MainWindow) -> None:
    for widget in (window.canvas, window.queue.list, window.queue.state, window.queue.text, window.inspector.boxes,
                   window.inspector.tags, window.inspector.name, window.inspector.categories):  # fmt: skip
        assert widget.accessibleName()


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_themes_are_kept(window: MainWindow, theme: str) -> None:
    window.actions_[f"theme_{theme}"].trigger()
    assert window.settings.text("theme") == theme
    window.grab()


def test_the_project_opens_where_work_goes_on(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    key(window, Qt.Key.Key_E)
    other = reopened(window, make_window)
    assert other.session.image
    assert other.session.image.id == 2
    assert other.session.image_list.order.ids == [1, 2, 3, 4]
    qtbot.waitUntil(lambda: other.canvas.has_image)


def test_what_no_code_expected_is_one_line_for_a_person_and_all_of_it_in_the_log(
    window: MainWindow, caplog: pytest.LogCaptureFixture
) -> None:
    window.runner.on_failure("Learning", ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError" in window._warning.text()
    assert "Traceback" not in window._warning.text()
    assert "division by zero" in caplog.text


def test_images_are_never_written_to(make_window: MakeWindow, tmp_path: Path, qtbot: QtBot) -> None:
    rng = np.random.default_rng(0)
    image = save(tmp_path / "p" / "x.png", rng.integers(0, 255, (40, 40, 3), dtype=np.uint8))
    before, stamp = image.read_bytes(), image.stat().st_mtime_ns
    window = make_window(automatic=True)
    window.open_path(tmp_path / "p")
    qtbot.waitUntil(lambda: window.canvas.has_image and not window.runner.jobs, timeout=60_000)
    key(window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=60_000)
    assert (image.read_bytes(), image.stat().st_mtime_ns) == (before, stamp)


def test_entering_a_name_that_is_being_suggested(window: MainWindow, qtbot: QtBot) -> None:
    """Replacing the completer while its popup handled Enter ended the process."""
    window.session.project_acts.add_category("jack")
    assert isinstance(window.ask, Answers)
    window.ask.confirms = False  # "jacks" is meant
    for typed in ("jack", "ja", "jacks"):
        window.inspector.ask_for_name()
        QTest.keyClicks(window.inspector.name, typed)
        popup = window.inspector.name.completer().popup()
        QTest.keyClick(popup if popup.isVisible() else window.inspector.name, Qt.Key.Key_Return)
        QCoreApplication.processEvents()
    assert set(window.session.known.of.values()) >= {"jack", "jacks"}


def test_escape_in_the_name_field_goes_back_to_the_canvas_and_c_starts_anew(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.inspector.ask_for_name()
    QTest.keyClicks(window.inspector.name, "mistake")
    QTest.keyClick(window.inspector.name, Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()
    assert window.session.known.of == {}
    key(window, Qt.Key.Key_C)
    assert window.inspector.name.text() == ""


def test_a_click_into_the_lists_leaves_the_keys_with_the_canvas(window: MainWindow) -> None:
    propose(window)
    for view in (window.queue.list, window.inspector.boxes, window.inspector.categories):
        QTest.mouseClick(view.viewport(), LEFT)
        assert window.canvas.hasFocus()
    window.session.walk.go_to(1)
    key(window, Qt.Key.Key_Tab)
    assert window.canvas.selection.last


def test_a_box_that_waits_for_its_name_gets_it_by_a_digit_or_waits_until_the_person_is_back(
    window: MainWindow,
) -> None:
    drag(window, (10, 10), (40, 40))
    window.session.project_acts.add_category("cat")
    key(window, Qt.Key.Key_1)
    assert [item.label for item in window.canvas.items] == ["cat"]
    window.session.set_category(None)
    drag(window, (50, 10), (70, 40))
    key(window, Qt.Key.Key_N)
    assert not window.controller.name_at_box.isVisible()
    window.session.walk.go_to(1)
    type_name(window, "dog")  # a category for what comes; the box was not asked about
    assert [item.label for item in window.canvas.items] == ["cat", "unnamed"]


def test_nothing_is_accepted_or_emptied_before_it_was_seen(window: MainWindow) -> None:
    window.canvas.show_image((), (0, 0))
    key(window, Qt.Key.Key_A)
    key(window, Qt.Key.Key_E)
    assert "cannot be marked as done" in window.news.text()
    assert window.session.image_list.count("decided") == 0


def test_accepting_an_image_without_boxes_asks_for_the_other_key(window: MainWindow) -> None:
    key(window, Qt.Key.Key_A)
    assert "E marks the image as empty" in window.news.text()
    assert window.session.image_list.count("decided") == 0


def test_keys_held_down_do_not_repeat(window: MainWindow) -> None:
    assert not any(window.actions_[spec.id].autoRepeat() for spec in ACTIONS if not spec.held)


def test_a_decided_image_that_is_corrected_is_a_decision_and_one_left_alone_is_not(
    window: MainWindow,
) -> None:
    window.session.project_acts.add_category("cat")
    key(window, Qt.Key.Key_E)
    window.session.walk.go_to(1)
    project = window.session.project
    assert project
    count = project.decisions.count()
    learned: list[int] = []
    window.session.decided.connect(lambda: learned.append(1))
    window.session.acts.draw([(BBox(1, 1, 9, 9), 1)])
    assert project.decisions.count() == count + 1
    assert project.decisions.acts().drawn == 1
    assert learned == [1]
    window.session.acts.accept_image()
    assert project.decisions.count() == count + 1


def test_marking_an_image_empty_says_what_went_with_it(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    drag(window, (10, 10), (40, 40))
    key(window, Qt.Key.Key_E)
    assert window.receipt.text() == "Marked as empty: 1 box removed."


def test_tags_that_are_typed_and_not_entered_are_kept_when_the_window_closes(window: MainWindow) -> None:
    assert window.session.project
    path = window.session.project.path
    window.inspector.tags.setFocus()
    QTest.keyClicks(window.inspector.tags, "night")
    window.close()
    with Project.open(path) as project:
        assert [t.name for t in project.tags.all()] == ["night"]
        assert project.images.tags_of(1) == (1,)


def test_a_tag_with_a_comma_is_left_alone(window: MainWindow) -> None:
    project = window.session.project
    assert project
    tag = project.tags.ensure("red, big").id
    project.images.set_tags(1, [tag])
    window.session.walk.go_to(1)
    window.inspector.tags.setFocus()
    QTest.keyClick(window.inspector.tags, Qt.Key.Key_Return)
    assert project.images.tags_of(1) == (tag,)


def test_a_file_read_for_one_project_is_not_imported_into_another(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    record = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (tmp_path / "c.json").write_text(json.dumps(record))
    answers = window.ask
    assert isinstance(answers, Answers)
    answers.next_import = tmp_path / "c.json"
    first = window.session.project
    assert first
    path = first.path
    shutil.copytree(tmp_path / "pictures", tmp_path / "other", ignore=shutil.ignore_patterns("*.hitl*"))
    Project.create(tmp_path / "other" / "other.hitl").close()
    window.actions_["import_coco"].trigger()
    window.open_path(tmp_path / "other")
    qtbot.waitUntil(lambda: bool(answers.seen) and not window.runner.jobs)
    assert window.session.project
    assert window.session.project.path != path
    assert window.session.project.categories.all() == []
    with Project.open(path) as project:
        assert [c.name for c in project.categories.all()] == ["cat"]


def test_a_renamed_folder_opens_its_project(
    window: MainWindow, make_window: MakeWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    window.session.project_acts.add_category("cat")
    window.close()
    (tmp_path / "pictures").rename(tmp_path / "renamed")
    other = make_window()
    other.open_path(tmp_path / "renamed")
    qtbot.waitUntil(lambda: other.session.is_open)
    assert other.session.project
    assert other.session.project.path == tmp_path / "renamed" / "pictures.hitl"
    assert list(other.session.known.of.values()) == ["cat"]


def test_images_added_while_the_detector_looks_are_looked_at_too(
    make_window: MakeWindow, images: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    shutil.copytree(images, tmp_path / "more")
    window = make_window(automatic=True)
    window.open_path(images)
    qtbot.waitUntil(lambda: window.runner.busy("detecting"), timeout=20_000)
    window.loop.intake.add_folder(tmp_path / "more")
    qtbot.waitUntil(
        lambda: len(window.session.image_list.statuses) == 8 and not window.runner.jobs, timeout=60_000
    )
    project = window.session.project
    assert project
    model = project.meta.get_id("detector")
    assert model
    assert project.predictions.count_done(model) == 8


def test_tags_that_are_typed_and_not_entered_are_kept_when_a_row_of_the_queue_is_clicked(
    window: MainWindow,
) -> None:
    QTest.keyClicks(window.inspector.tags, "blurry, night")
    window.queue.list.clicked.emit(window.queue.model.index(2, 0))
    assert window.session.image
    assert window.session.image.id == 3
    with on_disk(window) as project:
        assert len(project.images.tags_of(1)) == 2
        assert project.images.tags_of(3) == ()


def test_escape_in_the_tags_gives_up_all_that_was_typed(window: MainWindow) -> None:
    window.inspector.tags.setFocus()
    QTest.keyClicks(window.inspector.tags, "night")
    QTest.keyClick(window.inspector.tags, Qt.Key.Key_Return)
    window.inspector.tags.setFocus()
    QTest.keyClicks(window.inspector.tags, ", rain")
    QTest.keyClick(window.inspector.tags, Qt.Key.Key_Backspace)
    QTest.keyClick(window.inspector.tags, Qt.Key.Key_Backspace)
    QTest.keyClick(window.inspector.tags, Qt.Key.Key_Escape)
    assert window.inspector.tags.text() == "night"
    window.session.walk.next()
    with on_disk(window) as project:
        assert [t.name for t in project.tags.all()] == ["night"]


def test_images_are_counted_that_changed_since_the_head_learned_not_acts(
    window: MainWindow, qtbot: QtBot
) -> None:
    unlearned, session = window.loop.learning.unlearned, window.session
    session.project_acts.add_category("cat")
    drag(window, (10, 10), (40, 40))
    assert unlearned == set()
    session.acts.accept_image()
    assert unlearned == {1}
    session.walk.go_to(1)
    session.acts.set_tags(["night"])
    for n in range(3):
        session.acts.revise([Revision(session.annotations[0], BBox(n, 5, 20, 20))])
    assert unlearned == {1}
    session.walk.go_to(2)
    session.acts.set_tags(["night"])
    assert unlearned == {1}


def test_what_was_not_learned_is_remembered_over_a_cancel_and_a_restart(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    key(window, Qt.Key.Key_E)
    window.loop.learning.learn()
    assert window.loop.learning.unlearned == set()
    window.loop.stop()
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=20_000)
    assert window.loop.learning.unlearned == {1}
    other = reopened(window, make_window)
    assert other.loop.learning.unlearned == {1}


def test_the_last_image_to_do_is_not_called_decided(window: MainWindow) -> None:
    for image_id in (1, 2, 3):
        window.session.walk.go_to(image_id)
        window.session.acts.skip()
    window.session.walk.next()
    assert "This is the last image to do." in window.news.text()
    window.session.acts.mark_empty()
    assert "Nothing is left to do. Skipped: 3." in window.news.text()


def test_a_late_answer_of_the_disk_is_about_the_project_before(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    save(tmp_path / "other" / "x.png", np.zeros((40, 40, 3), np.uint8))
    answer = window.session.saving._post_answer
    before = window.session.saving._opened
    window.open_path(tmp_path / "other")
    qtbot.waitUntil(lambda: window.session.path_of(window.session.image) == tmp_path / "other" / "x.png")  # type: ignore[arg-type]
    answer(before, ProjectError("The disk of the project before failed.", hint="Look at it."))
    qtbot.waitUntil(window._warning.isVisible)
    assert window.action_bar.saved.text() == "Saved"


def three_boxes(window: MainWindow) -> None:
    """Two cats and a dog on the image at hand."""
    cat, dog = (window.session.project_acts.add_category(name) for name in ("cat", "dog"))
    assert cat
    assert dog
    window.session.acts.draw(
        [(BBox(5, 5, 10, 10), cat), (BBox(30, 5, 10, 10), dog), (BBox(55, 5, 10, 10), cat)]
    )


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_a_category_given_to_several_boxes_is_one_step(window: MainWindow) -> None:
    three_boxes(window)
    key(window, Qt.Key.Key_A, CTRL)
    key(window, Qt.Key.Key_2)
    assert {a.category_id for a in window.session.annotations} == {2}
    key(window, Qt.Key.Key_Z, CTRL)
    assert [a.category_id for a in window.session.annotations] == [1, 2, 1]
    window.canvas.selection.select(window.canvas.items[0].key)
    window.actions_["select_category"].trigger()
    assert len(window.canvas.selection.items) == 2
    key(window, Qt.Key.Key_X)
    assert [a.category_id for a in window.session.annotations] == [2]
    key(window, Qt.Key.Key_Z, CTRL)
    assert len(window.session.annotations) == 3


def test_several_proposals_and_boxes_are_moved_in_one_step(window: MainWindow) -> None:
    three_boxes(window)
    propose(window)
    key(window, Qt.Key.Key_A, CTRL)
    count = len(window.canvas.selection.items)
    assert count > 3
    key(window, Qt.Key.Key_Down)
    assert len(window.session.annotations) == count
    assert len(window.canvas.selection.items) == count
    key(window, Qt.Key.Key_Z, CTRL)
    assert len(window.session.annotations) == 3


def test_boxes_are_duplicated_copied_and_taken_from_the_image_before(
    window: MainWindow, qtbot: QtBot
) -> None:
    three_boxes(window)
    window.canvas.selection.select(window.canvas.items[1].key)
    key(window, Qt.Key.Key_D, CTRL)
    assert window.session.annotations[-1].bbox == BBox(42, 17, 10, 10)
    assert window.canvas.selection.last
    assert window.canvas.selection.last.key.id == window.session.annotations[-1].id
    key(window, Qt.Key.Key_C, CTRL)
    window.session.walk.next()
    qtbot.waitUntil(lambda: window.canvas.has_image)
    key(window, Qt.Key.Key_V, CTRL)
    assert [(a.bbox, a.category_id) for a in window.session.annotations] == [(BBox(42, 17, 10, 10), 2)]
    window.actions_["take_previous"].trigger()
    assert len(window.session.annotations) == 4  # the one that is there already stays single
    window.actions_["take_previous"].trigger()
    assert "already here" in window.news.text()
    key(window, Qt.Key.Key_Z, CTRL)
    assert len(window.session.annotations) == 1


def test_pasted_boxes_are_clipped_to_a_smaller_image(window: MainWindow, qtbot: QtBot) -> None:
    cat = window.session.project_acts.add_category("cat")
    assert cat
    window.session.acts.draw([(BBox(30, 30, 40, 25), cat), (BBox(60, 45, 10, 10), cat)])
    key(window, Qt.Key.Key_A, CTRL)
    key(window, Qt.Key.Key_C, CTRL)
    window.session.walk.go_to(3)  # 40 x 40
    window.canvas.show_image((), (0, 0))
    window.controller.paste()
    assert window.session.annotations == []  # not before the image is there
    window.session.walk.go_to(3)
    qtbot.waitUntil(lambda: window.canvas.has_image)
    window.controller.paste()
    assert [a.bbox for a in window.session.annotations] == [BBox(30, 30, 10, 10)]


def test_what_was_copied_is_forgotten_with_its_project(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, images: Path
) -> None:
    cat = window.session.project_acts.add_category("cat")
    assert cat
    window.session.acts.draw([(BBox(10, 10, 10, 10), cat)])
    key(window, Qt.Key.Key_A, CTRL)
    key(window, Qt.Key.Key_C, CTRL)
    with Project.create(tmp_path / "other.hitl") as other:
        add_folder(other, images, NoProgress())
    window.session.walk.use(Project.open(tmp_path / "other.hitl"))
    qtbot.waitUntil(lambda: window.canvas.has_image)
    window.controller.paste()
    assert "Nothing was copied" in window.news.text()
    assert window.session.annotations == []


def test_locked_boxes_stay_as_they_are(window: MainWindow) -> None:
    three_boxes(window)
    before = list(window.session.annotations)
    key(window, Qt.Key.Key_A, CTRL)
    key(window, Qt.Key.Key_L)
    for act in (Qt.Key.Key_X, Qt.Key.Key_2, Qt.Key.Key_Down):
        key(window, act)
    assert window.session.annotations == before
    assert "Locked boxes" in window.news.text()
    key(window, Qt.Key.Key_L)
    key(window, Qt.Key.Key_Down)
    assert window.session.annotations != before


def test_boxes_and_categories_are_hidden_and_shown_again(window: MainWindow) -> None:
    three_boxes(window)
    window.canvas.selection.select(window.canvas.items[1].key)
    key(window, Qt.Key.Key_H, SHIFT)
    assert [i.label for i in window.canvas.items] == ["cat", "cat"]
    window.canvas.selection.select(window.canvas.items[0].key)
    key(window, Qt.Key.Key_H, CTRL)
    assert window.canvas.items == []
    assert len(window.session.annotations) == 3
    key(window, Qt.Key.Key_H, CTRL | SHIFT)
    assert len(window.canvas.items) == 3


def test_a_box_is_drawn_in_the_window_by_keys_alone(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    key(window, Qt.Key.Key_B)
    key(window, Qt.Key.Key_Right, SHIFT)
    key(window, Qt.Key.Key_Return)
    assert len(window.session.annotations) == 1


def test_ten_boxes_of_one_category_take_eleven_acts(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    window.session.project_acts.add_category("dog")
    acts = 1
    key(window, Qt.Key.Key_1)
    for n in range(10):
        acts += 1
        drag(window, (2 + 7 * n, 10), (7 + 7 * n, 30))
    assert [a.category_id for a in window.session.annotations] == [1] * 10
    assert acts <= 11


def test_a_large_photograph_is_first_shown_small(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (90, 120, 3), np.uint8)
    Image.fromarray(pixels).resize((2400, 1800)).save(tmp_path / "large.jpg")
    seen: list[int] = []
    window.loader.loaded.connect(lambda _id, image: seen.append(image.levels[0].width()))
    window.loader.want(99, tmp_path / "large.jpg")
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == 2400, timeout=10_000)
    assert seen in ([1000, 2400], [2400])  # the small one is dropped when it comes second


def test_very_many_images_are_listed_by_a_job_and_hands_need_not_wait(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitl_desktop.service.project.image_walk.MANY", 2)
    window.session.walk.go_to(3)
    other = reopened(window, make_window)
    session = other.session
    assert session.image
    assert session.image.id == 3  # at once, before the others are known
    assert session.image_list.is_listing
    assert session.image_list.statuses == {}
    session.acts.skip()
    assert "still being listed" in other.news.text()
    qtbot.waitUntil(lambda: len(session.image_list.statuses) == 4)
    assert session.image_list.statuses[3] == "skipped"  # what was done meanwhile stands
    assert session.image_list.count("undecided") == 3
    assert other.queue.model.rowCount() == 4
    assert other.queue.model.index_of(3).isValid()
    session.walk.next()
    assert session.image.id != 3


def test_a_listing_that_was_asked_for_anew_is_dropped(window: MainWindow) -> None:
    images = window.session.image_list
    before = images.statuses
    stale, fresh = images.ask(), images.ask()
    read = (Listing([2], statuses={2: "undecided"}, by_status={"undecided": {2}}), ReviewOrder([2]))
    window.session.walk.take_listing(stale, read)
    assert images.statuses is before
    assert images.is_listing
    window.session.walk.take_listing(fresh, read)
    assert images.statuses == {2: "undecided"}


def test_the_last_image_is_at_hand_again(window: MainWindow, make_window: MakeWindow) -> None:
    window.session.walk.go_to(3)
    other = reopened(window, make_window)
    assert other.session.image
    assert other.session.image.id == 3


def test_the_panels_can_be_called_back(window: MainWindow) -> None:
    view = next(menu for menu in window.actions_.menus if menu.title() == "&View")
    switches = {a.text() for a in view.actions()}
    assert {"Queue", "Inspector", "Model"} <= switches


def test_settings_that_cannot_be_kept_hold_all_the_same(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_text", refuse)
    window.actions_["theme_dark"].trigger()
    assert "cannot be written" in window._warning.text()


def test_proposals_appear_on_an_image_with_none_until_hands_have_begun(window: MainWindow) -> None:
    """What a head finds a second after the image came up is shown; it does not come between a person's
    boxes."""
    project, session = window.session.project, window.session
    assert project
    assert session.visible_proposals == []
    propose(window)
    assert [p.name for p in session.visible_proposals] == ["cup", "dog", "cup"]
    on_screen = session.proposals
    session.walk.load_missing_proposals()
    assert session.proposals is on_screen  # they stay as they are
    session.walk.go_to(2)
    propose(window, 2)
    session.set_threshold(0.95)
    session.acts.draw([(BBox(50, 40, 9, 9), session.project_acts.add_category("cup") or 0)])
    session.set_threshold(0.85)
    on_screen = session.proposals
    session.acts.remove(session.visible_proposals)
    session.walk.load_missing_proposals()
    assert session.proposals is on_screen  # hands have begun
