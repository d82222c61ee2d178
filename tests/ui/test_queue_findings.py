"""The queue by what the model found: filters in the real window, with counts, kept and walked through."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.ui.main_window import MainWindow
from tests.compared import plant
from tests.ui.conftest import MakeWindow
from tests.ui.test_queue import listed


@pytest.fixture
def planted(window: MainWindow) -> MainWindow:
    """The window on four images, of three of which it is known what the model found."""
    assert window.session.project
    plant(window.session.project)
    window.session.walk.apply_changes(Changes(images=True, queue=True, categories=True))
    QTest.keyClick(
        window.canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    return window


def choose(box: QComboBox, start: str) -> None:
    """Take the option that begins with these words, as a count may follow."""
    (row,) = [n for n in range(box.count()) if box.itemText(n).startswith(start)]
    box.setCurrentIndex(row)


def options(box: QComboBox) -> list[str]:
    return [box.itemText(n) for n in range(box.count())]


def test_images_where_the_model_missed_a_category(planted: MainWindow, qtbot: QtBot) -> None:
    queue = planted.queue
    everything = listed(planted)
    choose(queue.boxes.finding, "Model missed one")
    assert listed(planted) == everything  # a job finds them
    assert queue.found.label.text() == "Filtering the images"
    qtbot.waitUntil(lambda: sorted(listed(planted)) == [1, 2])
    choose(queue.category, "gear")
    qtbot.waitUntil(lambda: listed(planted) == [1])
    assert queue.found.label.text() == "Images where the model missed gear: 1 of 3 compared"
    choose(queue.boxes.finding, "Model found none")
    qtbot.waitUntil(lambda: listed(planted) == [2])
    assert queue.found.label.text().startswith("Images where the model found no gear: 1 of 3")
    choose(queue.boxes.size, "Medium")
    qtbot.waitUntil(lambda: sorted(listed(planted)) == [2, 3])
    assert queue.found.label.text().startswith("Images where the model found no gear (medium): 2 of 3")


def test_each_finding_has_its_count_for_the_category_and_size(planted: MainWindow, qtbot: QtBot) -> None:
    box = planted.queue.boxes.finding
    found = [
        "Any suggestions",
        "Model found none (1)",
        "Model missed one (2)",
        "False positive (1)",
        "Other name (1)",
    ]
    qtbot.waitUntil(lambda: options(box) == found)
    choose(planted.queue.category, "bolt")
    of_bolts = [
        "Any suggestions",
        "Model found none (3)",
        "Model missed one (1)",
        "False positive (0)",
        "Other name (1)",
    ]
    qtbot.waitUntil(lambda: options(box) == of_bolts)
    choose(planted.queue.boxes.size, "Small")
    qtbot.waitUntil(lambda: options(box)[-1] == "Other name (0)")


def test_numbers_of_boxes_combine_with_what_was_there_before(planted: MainWindow, qtbot: QtBot) -> None:
    queue = planted.queue
    assert not queue.boxes.number.isVisible()
    choose(queue.boxes.amount, "Boxes: more than")
    assert queue.boxes.number.isVisible()
    queue.boxes.number.setValue(2)
    assert listed(planted) == [1]
    choose(queue.boxes.amount, "Boxes: fewer than")
    assert sorted(listed(planted)) == [2, 3, 4]
    queue.state.choose("decided")
    assert sorted(listed(planted)) == [2, 3]
    choose(queue.category, "bolt")
    choose(queue.boxes.amount, "Boxes: none")
    assert listed(planted) == [3]
    choose(queue.boxes.finding, "Model missed one")
    qtbot.waitUntil(lambda: listed(planted) == [])
    assert not queue.boxes.number.isVisible()


def test_next_goes_through_the_images_with_the_finding(planted: MainWindow, qtbot: QtBot) -> None:
    choose(planted.queue.boxes.finding, "Model missed one")
    qtbot.waitUntil(lambda: sorted(listed(planted)) == [1, 2])
    first, second = listed(planted)
    planted.session.walk.go_to(first)
    planted.canvas.setFocus()
    QTest.keyClick(planted.canvas, Qt.Key.Key_N)
    assert planted.session.at_hand == second


def test_such_a_filter_is_kept_with_the_project(
    planted: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    choose(planted.queue.boxes.finding, "False positive")
    choose(planted.queue.boxes.size, "Small")
    choose(planted.queue.boxes.amount, "Boxes: more than")
    planted.queue.boxes.number.setValue(1)
    assert planted.session.project
    path = planted.session.project.path
    planted.close()
    other = make_window()
    other.open_path(path)
    qtbot.waitUntil(lambda: listed(other) == [1])
    boxes = other.queue.boxes
    assert boxes.finding.currentText().startswith("False positive")
    assert (boxes.size.currentText(), boxes.amount.currentText()) == ("Small", "Boxes: more than")
    assert boxes.number.value() == 1
    assert boxes.number.isVisible()
