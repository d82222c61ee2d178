"""The detector's classes become categories only when a person wants them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel, QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.model.choose_classes_dialog import ChooseClassesDialog
from hitl_desktop.ui.model.class_map_dialog import ClassMapDialog
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.workflows.detection.class_map import NOT_SHOWN
from hitl_desktop.workflows.prediction.detector_classes import (
    ClassesSeen,
    ClassSeen,
    categories_known,
    classes_seen,
)

LEFT = Qt.MouseButton.LeftButton
LONG = 20_000
CLASSES = ("cup", "dog", "boat")


@pytest.fixture
def detected(window: MainWindow) -> MainWindow:
    """Two cups and a dog on each image."""
    project = window.session.project
    assert project
    model = project.models.ensure("hash", "detector", CLASSES)
    project.models.set_detector(model.id)
    boxes = np.array([[0, 0, 15, 15], [20, 0, 15, 15], [0, 20, 15, 15]], float)
    scores = np.array([[0.9, 0, 0], [0.8, 0, 0], [0, 0.7, 0]], np.float32)
    for image_id in project.images.ids():
        project.predictions.replace(image_id, model.id, Detections(boxes, scores))
    window.session.walk.load_missing_proposals()
    window.loop.intake.detected.emit(4, True)
    assert not window.runner.jobs  # it waits for the question what is being labelled
    window.guide.question.dismiss()
    return window


def question(window: MainWindow) -> Banner:
    return next(b for b in window.findChildren(Banner) if "detector's classes" in b.text())


def asked(window: MainWindow, qtbot: QtBot) -> Banner:
    qtbot.waitUntil(
        lambda: any("detector's classes" in b.text() for b in window.findChildren(Banner)), timeout=LONG
    )
    return question(window)


def categories(window: MainWindow) -> list[str]:
    project = window.session.project
    assert project
    with Project.open(project.path, background=True) as disk:
        return [c.name for c in disk.categories.all() if not c.retired]


def test_all_classes_become_categories_by_one_click_and_undo_takes_them_back(
    detected: MainWindow, qtbot: QtBot
) -> None:
    banner = asked(detected, qtbot)
    assert "On the first 4 images it found cup 8, dog 4." in banner.text()
    assert [item.key.kind for item in detected.canvas.items] == [Kind.HINT] * 3
    QTest.mouseClick(banner.offers[0], LEFT)
    assert categories(detected) == list(CLASSES)
    assert not banner.isVisible()
    assert [item.label for item in detected.canvas.items] == ["cup 0.90", "cup 0.80", "dog 0.70"]
    QTest.keyClick(detected.canvas, Qt.Key.Key_A)
    project = detected.session.project
    assert project
    assert len(project.annotations.of_image(1)) == 3
    detected.session.history.undo()
    detected.session.history.undo()
    assert categories(detected) == []


def test_some_classes_are_chosen_from_a_list(
    detected: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(dialog: ChooseClassesDialog) -> int:
        assert dialog.chosen == ["cup", "dog"]  # what was found is checked
        dialog.list.item(1).setCheckState(Qt.CheckState.Unchecked)
        return 1

    monkeypatch.setattr(ChooseClassesDialog, "exec", choose)
    QTest.mouseClick(asked(detected, qtbot).offers[1], LEFT)
    assert categories(detected) == ["cup"]
    kinds = sorted(item.key.kind for item in detected.canvas.items)
    assert kinds == [Kind.HINT, Kind.PROPOSAL, Kind.PROPOSAL]


def test_none_is_not_asked_again(detected: MainWindow, qtbot: QtBot) -> None:
    banner = asked(detected, qtbot)
    QTest.mouseClick(banner.offers[2], LEFT)
    detected.loop.intake.detected.emit(4, True)
    qtbot.waitUntil(lambda: not detected.runner.jobs, timeout=LONG)
    assert not banner.isVisible()
    assert categories(detected) == []


def test_a_category_of_ones_own_answers_the_question(detected: MainWindow, qtbot: QtBot) -> None:
    banner = asked(detected, qtbot)
    detected.session.project_acts.add_category("blood cell")
    assert not banner.isVisible()
    assert categories(detected) == ["blood cell"]
    assert {item.key.kind for item in detected.canvas.items} == {Kind.HINT}


def test_faint_hints_and_those_of_most_of_the_image_are_not_shown(detected: MainWindow) -> None:
    session, project = detected.session, detected.session.project
    assert project
    session.project_acts.add_category("cell")
    boxes = np.array([[0, 0, 15, 15], [20, 0, 15, 15], [0, 0, 78, 58]], float)
    scores = np.array([[0.55, 0, 0], [0.45, 0, 0], [0, 0.9, 0]], np.float32)
    model = project.models.detector()
    assert model
    project.predictions.replace(1, model.id, Detections(boxes, scores))
    session.walk.go_to(2)
    session.walk.go_to(1)
    assert [(h.name, round(h.score, 2)) for h in session.visible_hints] == [("cup", 0.55)]
    session.set_threshold(0.1)
    assert len(session.visible_hints) == 1
    session.set_threshold(0.6)
    assert session.visible_hints == []


def test_a_drag_that_begins_in_a_hint_draws_and_a_click_selects_it(detected: MainWindow) -> None:
    window = detected
    window.session.project_acts.add_category("cell")
    window.session.set_category(1)
    before = len(window.session.visible_hints)
    at = [
        QPointF(*window.canvas.camera.viewport.to_view(x, y)).toPoint() for x, y in ((5, 5), (9, 9), (13, 13))
    ]
    QTest.mouseClick(window.canvas, LEFT, pos=at[0])
    selected = window.canvas.selection.last
    assert selected is not None
    assert selected.key.kind is Kind.HINT
    QTest.mousePress(window.canvas, LEFT, pos=at[0])
    for point in at[1:]:
        QTest.mouseMove(window.canvas, point)
    QTest.mouseRelease(window.canvas, LEFT, pos=at[2])
    assert [a.bbox for a in window.session.annotations] == [pytest.approx(BBox(5, 5, 8, 8), abs=1)]
    assert len(window.session.visible_hints) == before
    assert not window._warning.isVisible()


def test_a_class_that_always_gets_one_category_is_offered_for_mapping(detected: MainWindow) -> None:
    window = detected
    window.session.project_acts.add_category("cell")
    for image_id in (1, 2, 3):
        window.session.walk.go_to(image_id)
        cups = [h for h in window.session.visible_hints if h.name == "cup"]
        window.session.acts.relabel(cups, 1)
    toast = window.class_acts._toast
    assert toast.text() == "cup is always cell here. Map it?"
    QTest.mouseClick(toast.button, LEFT)
    window.session.walk.go_to(4)
    assert [item.label for item in window.canvas.items if item.key.kind is Kind.PROPOSAL] == [
        "cell 0.90",
        "cell 0.80",
    ]


def labels(window: MainWindow) -> list[str]:
    """What the suggestions on the canvas are called."""
    return [item.label for item in window.canvas.items if item.key.kind is Kind.PROPOSAL]


@pytest.mark.parametrize("by_key", [True, False])
def test_a_mapping_is_taken_back_like_any_act_and_done_again(
    detected: MainWindow, qtbot: QtBot, *, by_key: bool
) -> None:
    window = detected
    window.session.project_acts.add_category("cell")
    for image_id in (1, 2, 3):
        window.session.walk.go_to(image_id)
        window.session.acts.relabel([h for h in window.session.visible_hints if h.name == "cup"], 1)
    window.session.walk.go_to(4)
    QTest.mouseClick(window.class_acts._toast.button, LEFT)
    assert labels(window) == ["cell 0.90", "cell 0.80"]
    assert window.receipt.text() == "cup is shown as cell now."
    if by_key:
        QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    else:
        QTest.mouseClick(window.receipt.button, LEFT)
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=LONG)
    project = window.session.project
    assert project
    assert labels(window) == []
    assert not window.receipt.isVisible()
    assert [len(project.annotations.of_image(i)) for i in (1, 2, 3)] == [2, 2, 2]  # these were other acts
    assert project.class_maps.get("hash") == {}
    window.session.history.redo()
    assert labels(window) == ["cell 0.90", "cell 0.80"]


def test_classes_are_searched_and_checked_all_at_once(detected: MainWindow) -> None:
    project = detected.session.project
    assert project
    dialog = ChooseClassesDialog(classes_seen(project, NoProgress()), detected)
    assert dialog.chosen == ["cup", "dog"]
    QTest.mouseClick(dialog.none, LEFT)
    assert dialog.chosen == []
    dialog.search.setText("bo")
    QTest.mouseClick(dialog.all, LEFT)
    assert dialog.chosen == ["boat"]


def test_all_classes_without_a_category_are_ignored_by_one_act(detected: MainWindow) -> None:
    session, project = detected.session, detected.session.project
    assert project
    cell = session.project_acts.add_category("cell")
    assert cell is not None
    dialog = ClassMapDialog(
        classes_seen(project, NoProgress()), session.known.offered, categories_known(project), detected
    )
    dialog.choices[0].setCurrentIndex(dialog.choices[0].findData(cell))
    dialog.ignore_rest.click()
    assert dialog.mapping == {"cup": cell, "dog": NOT_SHOWN, "boat": NOT_SHOWN}


def test_a_choice_in_one_of_several_selected_rows_is_made_in_all(window: MainWindow) -> None:
    names = ("apple", "cake", "donut", "vase")
    seen = tuple(ClassSeen(name, 3, 2, None, is_chosen=False) for name in names)
    dialog = ClassMapDialog(ClassesSeen("small", seen, 4, 4), {1: "RBC"}, [], window)
    for row in (0, 1, 2):
        dialog.table.selectionModel().select(
            dialog.table.model().index(row, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )
    dialog.choices[1].setCurrentIndex(dialog.choices[1].findData(1))
    assert dialog.mapping == {"apple": 1, "cake": 1, "donut": 1}
    dialog.choices[3].setCurrentIndex(dialog.choices[3].findData(1))  # not selected: it alone
    dialog.choices[3].setCurrentIndex(0)
    assert dialog.mapping == {"apple": 1, "cake": 1, "donut": 1}
