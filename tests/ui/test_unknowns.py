"""Objects without a name in the window: marked by key, named on the wall."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import UNKNOWN
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.boxes.unknown_mode import UnknownMode
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.prediction.unknowns import Unknown
from tests.ui.test_window import click, drag, key, type_name


def test_a_box_is_marked_as_none_of_these_by_key(window: MainWindow, qtbot: QtBot) -> None:
    drag(window, (10, 10), (50, 40))
    type_name(window, "cell")
    project = window.session.project
    assert project
    click(window, (30, 25))
    key(window, Qt.Key.Key_U)
    unknown = project.categories.find(UNKNOWN)
    assert unknown is not None
    assert [a.category_id for a in window.session.annotations] == [unknown.id]
    assert (
        window.session.known.of[window.session.category_id or 0] == "cell"
    )  # what comes next is a cell again
    window.actions_["undo"].trigger()
    assert [window.session.known.of[a.category_id] for a in window.session.annotations] == ["cell"]


def test_a_box_that_waits_for_a_name_may_be_unknown(window: MainWindow, qtbot: QtBot) -> None:
    drag(window, (10, 10), (50, 40))
    key(window, Qt.Key.Key_U)
    assert [window.session.known.of[a.category_id] for a in window.session.annotations] == [UNKNOWN]


def test_the_wall_shows_groups_and_names_what_is_chosen(window: MainWindow, qtbot: QtBot) -> None:
    pixels = np.zeros((20, 30, 3), np.uint8)
    unknown = [Unknown(Annotation(n, 1, 9, BBox(n, n, 5, 5)), pixels) for n in range(1, 6)]
    named: list[tuple[list[int], str]] = []

    def name(boxes: list[Annotation], text: str) -> bool:
        named.append(([box.id for box in boxes], text))
        return True

    wall = UnknownMode([unknown[:3], unknown[3:]], ["cell"], name)  # type: ignore[arg-type]
    qtbot.addWidget(wall)
    wall.show()
    assert [wall.groups.item(row).text() for row in range(2)] == ["Group 1: 3 objects", "Group 2: 2 objects"]
    assert "3 of 3 objects chosen" in wall.words.text()
    wall.crops.item(1).setSelected(False)
    assert "2 of 3 objects chosen" in wall.words.text()
    QTest.keyClicks(wall.name, "star")
    wall.give.click()
    assert named == [([1, 3], "star")]
    assert wall.groups.item(0).text() == "Group 1: 1 object"  # the one left out stays
    wall.give.click()
    assert len(named) == 1  # without a name nothing happens
    for text in ("dust", "sand"):
        QTest.keyClicks(wall.name, text)
        wall.give.click()
    assert named[1:] == [([2], "dust"), ([4, 5], "sand")]
    assert wall.words.text() == "No object is unknown any more."
    assert not wall.give.isEnabled()


def test_without_unknown_objects_a_word_says_how_to_mark_them(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["name_unknowns"].trigger()
    qtbot.waitUntil(lambda: "U marks the selected box" in window.news.text(), timeout=20_000)


def test_the_wall_is_made_of_the_project(window: MainWindow, qtbot: QtBot) -> None:
    drag(window, (10, 10), (50, 40))
    key(window, Qt.Key.Key_U)
    window.actions_["name_unknowns"].trigger()
    qtbot.waitUntil(lambda: window.unknown_acts.mode is not None, timeout=30_000)
    wall = window.unknown_acts.mode
    assert wall is not None
    QTest.keyClicks(wall.name, "moon")
    wall.give.click()
    assert [window.session.known.of[a.category_id] for a in window.session.annotations] == ["moon"]
    wall.close()
    assert window.unknown_acts.mode is None
