"""Validation only through the window, by keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.validation import Judgement
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.quality.validation_mode import ValidationMode
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.quality.validation import next_images, prepare_images
from tests.ui.conftest import Answers

LONG = 20_000


@pytest.fixture
def proposed(window: MainWindow) -> MainWindow:
    project = window.session.project
    assert project
    record = project.models.ensure("hash", "small", ("car", "truck"))
    project.models.set_detector(record.id)
    scores, boxes = (
        np.array([[0.8, 0.1], [0.2, 0.6]], np.float32),
        np.array([[5.0, 5, 20, 20], [40, 5, 20, 20]]),
    )
    for image in project.images.all():
        project.predictions.replace(image.id, record.id, Detections(boxes, scores))
    window.session.project_acts.manage(lambda p: use_as_categories(p, record.classes))
    return window


def test_verdicts_by_key_go_where_nothing_learns(
    proposed: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = proposed
    project = window.session.project
    assert project
    car = project.categories.ensure("car").id
    monkeypatch.setattr(ValidationMode, "ask_category", lambda _dialog, _title: (True, car))
    window.actions_["validate"].trigger()
    qtbot.waitUntil(lambda: window.validate_acts.mode is not None, timeout=LONG)
    dialog = window.validate_acts.mode
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.canvas.has_image and dialog.done_button.isEnabled(), timeout=LONG)
    first = dialog.image_id
    assert [item.label for item in dialog.canvas.items] == ["car 0.80", "truck 0.60"]
    assert dialog.canvas.selection.last is not None  # the most doubtful one
    assert dialog.canvas.selection.last.label == "truck 0.60"
    qtbot.keyClick(dialog, Qt.Key.Key_4)
    assert sorted(item.label for item in dialog.canvas.items) == ["car 0.80", "truck 0.60 ✗"]
    qtbot.keyClick(dialog, Qt.Key.Key_5)
    assert "missed: " in dialog.state.text()
    qtbot.mouseClick(dialog.canvas, Qt.MouseButton.LeftButton, pos=dialog.canvas.rect().center())
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    (kept,) = project.validations.all()
    assert not dialog.done_button.isEnabled()  # the head looks at the next one first
    assert (kept.image_id, [b.judgement for b in kept.boxes]) == (
        first,
        [Judgement.CORRECT, Judgement.FALSE, Judgement.MISSED],
    )
    assert project.annotations.all() == []
    qtbot.waitUntil(lambda: dialog.image_id != first and dialog.done_button.isEnabled(), timeout=LONG)
    qtbot.keyClick(dialog, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: dialog.image_id == first and dialog.done_button.isEnabled(), timeout=LONG)
    assert project.validations.all() == []
    for _ in range(4):
        qtbot.waitUntil(lambda: dialog.canvas.has_image and dialog.done_button.isEnabled(), timeout=LONG)
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: "8 of 8 boxes that the detector alone showed were correct: 100%" in dialog.words.text(),
        timeout=LONG,
    )
    answers = window.validate_acts.ask
    assert isinstance(answers, Answers)
    dialog.report.click()
    qtbot.waitUntil(lambda: bool(answers.told), timeout=LONG)
    assert "8 of 8" in answers.told[-1][1]
    assert "car: 4 of 4 shown right, 4 of 4 found" in answers.told[-1][2]
    dialog.promote.click()
    assert window.session.image_list.count("decided") == 4
    assert window.loop.learning.unlearned == {1, 2, 3, 4}
    window.session.history.undo()
    assert window.session.image_list.count("decided") == 0
    assert window.loop.learning.unlearned == {1, 2, 3, 4}  # what was taken back is to be forgotten
    assert not any(v.is_promoted for v in project.validations.all())
    dialog.close()
    assert window.validate_acts.mode is None


def test_without_a_detector_it_is_said(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["validate"].trigger()
    qtbot.waitUntil(lambda: "No detector has run" in window._warning.text(), timeout=LONG)
    assert window.validate_acts.mode is None


def test_an_image_that_is_gone_is_passed_over_and_does_not_come_again(
    proposed: MainWindow, qtbot: QtBot, images: Path
) -> None:
    window = proposed
    project = project_of(window)
    gone, _, later = next_images(project, 3)
    (images / gone.path).unlink()
    window.actions_["validate"].trigger()
    qtbot.waitUntil(lambda: window.validate_acts.mode is not None, timeout=LONG)
    dialog = window.validate_acts.mode
    assert dialog
    qtbot.waitUntil(lambda: dialog.done_button.isEnabled() and dialog.canvas.has_image, timeout=LONG)
    assert dialog.image_id != gone.id  # looking told that it cannot be read
    assert (record := project.images.get(gone.id))
    assert record.reason
    # another one goes after the head looked at it: its boxes have their vectors already
    prepare_images(project, [later], NoProgress(), threads=1)
    (images / later.path).unlink()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Enter goes on" in dialog.canvas.placeholder, timeout=LONG)
    assert dialog.image_id == later.id
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.image_id != later.id and dialog.canvas.has_image, timeout=LONG)
    assert window.session.image_list.statuses[later.id] == "unreadable"
    assert [v.image_id for v in project.validations.all()] not in ([gone.id], [later.id])
    dialog.close()


def project_of(window: MainWindow) -> Project:
    assert window.session.project
    return window.session.project
