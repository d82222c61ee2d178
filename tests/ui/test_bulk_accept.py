"""Accepting many at once through the window, then its sample by keys."""

from __future__ import annotations

from threading import Event

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.progress import NoProgress
from hitl_desktop.ui.boxes.crop_wall import CropWall
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.annotation import bulk_edits
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.prediction import bulk_accept

LONG = 20_000


def test_from_the_wall_to_the_bound(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project
    window.actions_["accept_many"].trigger()
    assert window.bulk_acts.mode is None  # nothing was pre-labelled
    record = project.models.ensure("hash", "small", ("car", "truck"))
    project.models.set_detector(record.id)
    scores, boxes = (
        np.array([[0.8, 0.1], [0.2, 0.6]], np.float32),
        np.array([[5.0, 5, 20, 20], [40, 5, 20, 20]]),
    )
    for image in project.images.all():
        project.predictions.replace(image.id, record.id, Detections(boxes, scores))
    window.session.project_acts.manage(lambda p: use_as_categories(p, record.classes))
    window.actions_["accept_many"].trigger()
    dialog = window.bulk_acts.mode
    assert dialog is not None
    assert not dialog.accept_button.isEnabled()
    dialog.name.setCurrentText("car")
    dialog.score.setValue(0.95)
    qtbot.waitUntil(lambda: "No suggestion of car" in dialog.words.text(), timeout=LONG)
    dialog.slider.setValue(50)
    assert dialog.score.value() == 0.5
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=LONG)
    assert dialog.histogram.toolTip() == "4 of 4 suggestions have this score or more"
    assert dialog.histogram.counts[15] == 4
    dialog.score.setValue(0.79)  # within a bar
    assert dialog.histogram.toolTip() == "4 of 4 suggestions have this score or more"
    dialog.score.setValue(0.85)
    assert dialog.slider.value() == 85
    assert dialog.histogram.toolTip() == "0 of 4 suggestions have this score or more"
    dialog.score.setValue(0.5)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=LONG)
    assert dialog.crops.count() == 4
    assert "4 boxes on 4 images" in dialog.words.text()
    dialog.crops.item(0).setSelected(False)
    assert "3 boxes" in dialog.words.text()
    dialog.accept_button.click()
    qtbot.waitUntil(lambda: "Accepted 3 boxes on 3 images" in window.receipt.text(), timeout=LONG)
    window.actions_["check_accepted"].trigger()
    sample = window.bulk_acts.sample
    assert sample is not None
    assert len(project.annotations.all()) == 3
    qtbot.waitUntil(lambda: sample.canvas.has_image, timeout=LONG)
    qtbot.keyClick(sample, Qt.Key.Key_2)
    assert len(project.annotations.all()) == 2
    qtbot.keyClick(sample, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(project.annotations.all()) == 3
    for number in range(3):
        qtbot.waitUntil(lambda: sample.canvas.has_image, timeout=LONG)
        qtbot.keyClick(sample, Qt.Key.Key_2 if number == 1 else Qt.Key.Key_1)
    assert "1 of 3 drawn at random were wrong, so at most 33.3%" in sample.words.text()
    assert len(project.annotations.all()) == 2
    sample.close()
    assert window.bulk_acts.sample is None
    window.session.history.undo()
    window.session.history.undo()
    assert project.annotations.all() == []
    window.actions_["check_accepted"].trigger()
    assert window.bulk_acts.sample is None
    assert "Nothing was accepted at once" in window.news.text()


def test_a_sample_of_what_was_taken_back_is_asked_about_no_more(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project
    record = project.models.ensure("hash", "small", ("car",))
    project.models.set_detector(record.id)
    for image in project.images.all():
        one = Detections(np.array([[5.0, 5, 20, 20]]), np.array([[0.8]], np.float32))
        project.predictions.replace(image.id, record.id, one)
    window.session.project_acts.manage(lambda p: use_as_categories(p, record.classes))
    accepted = bulk_accept.accept_all(project, bulk_accept.preview(project, "car", 0.5, NoProgress()))
    window.session.walk.apply_changes(accepted)
    window.actions_["check_accepted"].trigger()
    sample = window.bulk_acts.sample
    assert sample is not None
    window.session.history.undo()
    qtbot.waitUntil(lambda: sample.canvas.has_image, timeout=LONG)
    qtbot.keyClick(sample, Qt.Key.Key_1)
    assert window.bulk_acts.sample is None
    assert "was taken back" in window.news.text()
    window.session.history.redo()
    assert not any(b.is_wrong is not None for each in project.bulk_accepts.all() for b in each.sample)


def test_crops_on_a_wall_have_their_own_colours_also_when_they_are_chosen(qtbot: QtBot) -> None:
    wall = CropWall("crops")
    qtbot.addWidget(wall)
    wall.add(np.full((40, 60, 3), (200, 40, 90), np.uint8))
    icon = wall.item(0).icon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        pixel = icon.pixmap(60, 40, mode).toImage().pixelColor(30, 20)
        assert pixel.getRgb()[:3] == (200, 40, 90)


def test_an_undo_of_very_many_boxes_is_a_job_and_hands_wait_for_it(window: MainWindow, qtbot: QtBot) -> None:
    session, project = window.session, window.session.project
    assert project
    cat = session.project_acts.add_category("cat") or 0
    grid = [BBox(x, y, 0.5, 0.5) for x in range(50) for y in range(40)]
    session.acts.draw([(box, cat) for box in grid])
    assert len(session.annotations) == 2000
    session.history.undo()
    assert len(session.annotations) == 2000
    session.acts.draw([(BBox(1, 1, 9, 9), cat)])
    assert "Try again when it has finished" in window.news.text()
    assert not session.project_acts.manage(lambda _: Changes())
    qtbot.waitUntil(lambda: not session.annotations, timeout=LONG)
    assert project.annotations.all() == []
    assert "Undid: Draw box (2000 boxes)." in window.news.text()
    session.history.redo()
    qtbot.waitUntil(lambda: len(session.annotations) == 2000, timeout=LONG)
    session.acts.draw([(BBox(1, 1, 9, 9), cat)])
    assert len(project.annotations.all()) == 2001


def test_a_job_undoes_what_was_meant_and_nothing_else(window: MainWindow, qtbot: QtBot) -> None:
    session, project, runner = window.session, window.session.project, window.runner
    assert project
    cat = session.project_acts.add_category("cat") or 0
    session.acts.draw([(BBox(x, y, 0.5, 0.5), cat) for x in range(50) for y in range(40)])
    go = Event()
    places = runner._turns._free
    for lane in range(places):  # the undo has no turn before these end
        runner.start(f"busy {lane}", "Something before it", lambda _: go.wait(20))
    qtbot.waitUntil(lambda: runner._turns._free == 0)
    session.history.undo()
    session.set_threshold(0.4)  # kept without waiting for the file
    with project.db.transaction():
        bulk_edits.skip(project, [2])  # as a job may
    go.set()
    qtbot.waitUntil(lambda: not runner.jobs, timeout=LONG)
    assert len(project.annotations.all()) == 2000
    assert project.images.get(2).state == "skipped"  # type: ignore[union-attr]
    assert "nothing was taken back" in window._warning.text()

    go.clear()
    for lane in range(places):
        runner.start(f"busy {lane}", "Something before it", lambda _: go.wait(20))
    qtbot.waitUntil(lambda: runner._turns._free == 0)
    session.history.undo()  # the skipping
    session.history.undo()
    path = project.path
    window.open_path(path)
    qtbot.waitUntil(lambda: session.project is not project, timeout=LONG)
    session.acts.draw([(BBox(1, 1, 9, 9), cat)])
    go.set()
    qtbot.waitUntil(lambda: not runner.jobs, timeout=LONG)
    assert session.project
    assert len(session.project.annotations.all()) == 2001
    assert session.thresholds.general == 0.4
