"""The first minutes: what is being labelled, the tour of the sample, hints, all done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.detection.class_map import class_to_category
from hitl_desktop.workflows.projects.sample import TRUTH
from tests.ui.conftest import Answers, MakeWindow, reopened

Key, LEFT = Qt.Key, Qt.MouseButton.LeftButton
LONG = 90_000


def in_file(window: MainWindow) -> list[str]:
    """The categories of the project as they are on the disk."""
    assert window.session.project
    with Project.open(window.session.project.path, background=True) as disk:
        return [c.name for c in disk.categories.all() if not c.retired]


def draw(window: MainWindow, box: BBox) -> None:
    corners = [
        window.canvas.camera.viewport.box_to_view(BBox(x, y, 0, 0))
        for x, y in ((box.x, box.y), (box.right, box.bottom))
    ]
    start, end = (QPointF(corner.x, corner.y).toPoint() for corner in corners)
    QTest.mousePress(window.canvas, LEFT, pos=start)
    QTest.mouseMove(window.canvas, (start + end) / 2)
    QTest.mouseMove(window.canvas, end)
    QTest.mouseRelease(window.canvas, LEFT, pos=end)


def decide_all(window: MainWindow, qtbot: QtBot) -> None:
    cat = window.session.project_acts.add_category("cat")
    assert cat is not None
    for _ in range(4):
        qtbot.waitUntil(lambda: window.canvas.has_image)
        window.session.acts.draw([(BBox(5, 5, 20, 20), cat)])
        window.actions_["accept_picture"].trigger()


# what is being labelled


def test_names_that_are_typed_become_categories_in_one_step(window: MainWindow) -> None:
    assert window.guide.question.text() == "What are you labelling?"
    assert not window.guide.question.offers[0].isEnabled()
    QTest.keyClicks(window.guide.question.names, "gear, leaf")
    QTest.keyClick(window.guide.question.names, Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(window.guide.question.names, "Gear,,crystal")
    assert window.guide.question.offers[0].text() == "Add 3 categories"
    QTest.keyClick(window.guide.question.names, Key.Key_Return)
    assert in_file(window) == ["gear", "leaf", "crystal"]
    assert list(window.session.known.hotkeys.values()) == ["1", "2", "3"]
    assert window.receipt.text() == "Added 3 categories."
    assert not window.guide.question.isVisible()
    draw(window, BBox(5, 5, 20, 20))
    assert [window.session.known.of[a.category_id] for a in window.session.annotations] == ["gear"]
    for _ in range(2):
        window.session.history.undo()
    assert in_file(window) == []
    assert not window.guide.question.isVisible()  # it is asked once


def test_only_new_names_are_counted(window: MainWindow) -> None:
    QTest.keyClicks(window.guide.question.names, "gear, leaf")
    window.session.project_acts.add_category("gear")
    for _ in range(2):
        QTest.keyClick(window.guide.question.names, Key.Key_Return)
    assert in_file(window) == ["gear", "leaf"]
    assert window.receipt.text() == "Added 1 category."


def test_the_question_has_the_keyboard_and_escape_skips_it_for_good(
    make_window: MakeWindow, images: Path, qtbot: QtBot
) -> None:
    window = make_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.open_path(images)
    qtbot.waitUntil(lambda: window.session.is_open and window.canvas.has_image)
    assert window.guide.question.names.hasFocus()
    QTest.keyClicks(window.guide.question.names, "ge")
    QTest.keyClick(window.guide.question.names, Key.Key_Escape)
    assert window.canvas.hasFocus()
    assert in_file(window) == []
    assert "Drag around an object" in window.guide.hints.text()
    opened = reopened(window, make_window, qtbot)
    assert not opened.guide.question.isVisible()
    assert opened.canvas.hasFocus()


def test_three_hundred_names_are_pasted_at_once(window: MainWindow) -> None:
    QGuiApplication.clipboard().setText("\r\n".join(f"species {n}" for n in range(300)))
    window.guide.question.names.paste()
    QTest.mouseClick(window.guide.question.offers[0], LEFT)
    assert in_file(window) == [f"species {n}" for n in range(300)]
    window.session.history.undo()
    assert in_file(window) == []


def test_who_draws_at_once_is_not_asked_but_loses_nothing_typed(window: MainWindow) -> None:
    QTest.keyClicks(window.guide.question.names, "leaf")
    draw(window, BBox(5, 5, 20, 20))
    assert window.guide.question.isVisible()
    assert window.guide.question.names.toPlainText() == "leaf"
    window.guide.question.names.clear()
    draw(window, BBox(40, 5, 20, 20))
    assert not window.guide.question.isVisible()


def test_a_name_that_the_detector_has_is_mapped_to_its_class(window: MainWindow) -> None:
    assert window.session.project
    detector = window.session.project.models.ensure("hash", "detector", ("person", "cup"))
    QTest.keyClicks(window.guide.question.names, "leaf, Cup")
    QTest.keyClick(window.guide.question.names, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    cup = next(i for i, name in window.session.known.offered.items() if name == "Cup")
    assert class_to_category(window.session.project, detector) == [None, cup]


# the tour of the sample


def gears(window: MainWindow) -> list[BBox]:
    """Where the gears of the image at hand are."""
    assert window.session.project
    assert window.session.image
    truth = json.loads((window.session.project.path.parent / TRUTH).read_text())
    image = next(i for i in truth["images"] if i["file_name"] == Path(window.session.image.path).name)
    gear = next(c["id"] for c in truth["categories"] if c["name"] == "gear")
    boxes = [a for a in truth["annotations"] if a["image_id"] == image["id"] and a["category_id"] == gear]
    return [BBox(*a["bbox"]) for a in boxes]


def open_sample(window: MainWindow, qtbot: QtBot) -> None:
    window.welcome.sample_asked.emit()
    qtbot.waitUntil(lambda: window.session.is_open and window.canvas.has_image)


def test_the_tour_goes_from_the_first_box_to_suggestions_by_real_acts(
    make_window: MakeWindow, qtbot: QtBot
) -> None:
    window = make_window(automatic=True)
    open_sample(window, qtbot)
    assert "Draw a box around a gear" in window.guide.tour.text()
    assert not window.guide.question.isVisible()
    assert not window.guide.hints.isVisible()
    first, *others = gears(window)
    draw(window, first)
    assert 'type "gear"' in window.guide.tour.text()
    QTest.keyClicks(window.controller.name_at_box, "gear")
    QTest.keyClick(window.controller.name_at_box, Key.Key_Return)
    assert "Draw one more" in window.guide.tour.text()
    for box in others:
        draw(window, box)
    assert "press A" in window.guide.tour.text()
    first_image = window.session.image
    QTest.keyClick(window.canvas, Key.Key_A)
    assert window.session.image != first_image
    assert "The model learns" in window.guide.tour.text()
    # Nobody is faster than the detector; boxes it has beside the gears are what gears are told apart from.
    qtbot.waitUntil(lambda: window.canvas.is_sharp and bool(window.session.proposals), timeout=LONG)
    for box in gears(window):
        draw(window, box)
    QTest.keyClick(window.canvas, Key.Key_A)
    assert window.session.image_list.count("decided") == 2
    qtbot.waitUntil(lambda: "Step 5" in window.guide.tour.text(), timeout=LONG)
    if "press R" in window.guide.tour.text():  # something was on the screen before
        QTest.keyClick(window.canvas, Key.Key_R)
    assert '"gear" is suggested now' in window.guide.tour.text()
    assert {p.name for p in window.session.visible_proposals} == {"gear"}
    QTest.keyClick(window.canvas, Key.Key_A)
    assert "You know the loop" in window.guide.tour.text()
    assert window.session.views.accepted() > 0
    assert window.guide.tour.offers[0].text() == "Open your own folder..."


def test_the_tour_can_be_left_at_any_moment_for_good(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    open_sample(window, qtbot)
    assert window.guide.tour.dismiss_button.text() == "Leave the tour"
    QTest.mouseClick(window.guide.tour.dismiss_button, LEFT)
    assert not window.guide.tour.isVisible()
    assert not reopened(window, make_window, qtbot).guide.tour.isVisible()


# hints, all done


def test_a_hint_stands_where_no_object_can_be(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    hint = window.guide.hints
    assert hint.isVisible()
    place = hint.rect().translated(hint.mapTo(window, QPoint()))
    image = window.canvas.rect().translated(window.canvas.mapTo(window, QPoint()))
    assert not place.intersects(image)


def test_when_all_is_done_export_audit_and_report_are_at_hand(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    decide_all(window, qtbot)
    card = window.guide.all_done
    assert card.text() == "4 images done: 4 boxes in 1 category. Nothing is left to do."
    assert [b.text() for b in card.offers] == ["Export...", "Audit quality...", "Save report..."]
    assert isinstance(window.ask, Answers)
    window.ask.next_export = tmp_path / "labels.json"
    QTest.mouseClick(card.offers[0], LEFT)
    qtbot.waitUntil(lambda: not window.runner.jobs)
    assert len(json.loads(window.ask.next_export.read_text())["annotations"]) == 4
    assert card.isVisible()
    card.dismiss()
    assert not card.isVisible()
    window.session.history.undo()
    window.actions_["accept_picture"].trigger()
    assert card.isVisible()  # there was something to do meanwhile


def test_the_line_under_the_image_makes_room_for_an_audit_and_comes_back(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_all(window, qtbot)
    monkeypatch.setattr(window.audit_acts.ask, "choice", lambda _title, _label, claims: claims[0])
    card = window.guide.all_done
    QTest.mouseClick(card.offers[1], LEFT)
    qtbot.waitUntil(lambda: window.modes.is_in_the_middle)
    assert not card.isVisible()
    assert window.audit_acts.mode is not None
    window.audit_acts.mode.left.emit()
    assert card.isVisible()


def test_escape_on_the_image_puts_the_question_away(window: MainWindow) -> None:
    assert window.guide.question.isVisible()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Key.Key_Escape)
    assert not window.guide.question.isVisible()


def test_the_question_is_over_when_its_names_are_categories_already(window: MainWindow) -> None:
    QTest.keyClicks(window.guide.question.names, "RBC")
    assert window.guide.question.isVisible()
    window.session.project_acts.add_category("rbc")
    assert not window.guide.question.isVisible()
