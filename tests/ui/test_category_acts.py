"""The current category through the menu, and the keys of categories."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.theme.categories import category_colour
from tests.ui.conftest import Answers


def answers(window: MainWindow) -> Answers:
    assert isinstance(window.ask, Answers)
    return window.ask


def zoo(window: MainWindow) -> None:
    session = window.session
    ids = [session.project_acts.add_category(name) for name in ("cat", "kitty")]
    assert all(ids)
    session.acts.draw([(BBox(5, 5, 10, 10), 1), (BBox(30, 5, 10, 10), 2)])


def rows(window: MainWindow) -> list[str]:
    return [f"{row.key} {row.name} {row.boxes}" for row in window.inspector.category_model.rows]


def test_rename_recolour_and_undo(window: MainWindow) -> None:
    zoo(window)
    answers(window).next_text = "cat with boots"
    answers(window).next_colour = "#abcdef"
    window.session.set_category(1)
    window.actions_["rename_category"].trigger()
    window.actions_["recolour_category"].trigger()
    assert rows(window) == ["1 cat with boots 1", "2 kitty 1"]
    assert window.canvas.items[0].label == "cat with boots"
    assert category_colour(1).name() == "#abcdef"
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert rows(window) == ["1 cat 1", "2 kitty 1"]
    assert category_colour(1).name() != "#abcdef"
    assert "Undid: Rename category" in window.news.text()


def test_merge_asks_with_a_preview(window: MainWindow) -> None:
    zoo(window)
    answers(window).next_choice = "cat"
    answers(window).confirms = False
    window.actions_["merge_category"].trigger()
    assert rows(window) == ["1 cat 1", "2 kitty 1"]
    assert answers(window).asked == [
        '1 box on 1 image will be called "cat", and "kitty" means the same from now on.'
    ]
    answers(window).confirms = True
    window.actions_["merge_category"].trigger()
    assert rows(window) == ["1 cat 2"]
    assert window.session.category_id == 1
    assert {i.label for i in window.canvas.items} == {"cat"}
    window.session.history.undo()
    assert rows(window) == ["1 cat 1", "2 kitty 1"]


def test_a_retired_category_is_not_offered_and_its_boxes_keep_it(window: MainWindow) -> None:
    zoo(window)
    window.session.project_acts.add_category("kat")
    window.actions_["retire_category"].trigger()
    assert answers(window).asked == []  # nothing is lost
    assert rows(window) == ["1 cat 1", "2 kitty 1"]
    assert window.session.category_id == 1
    window.actions_["retire_category"].trigger()
    assert "1 box on 1 image keep it" in answers(window).asked[-1]
    assert rows(window) == ["1 kitty 1"]
    assert {i.label for i in window.canvas.items} == {"cat", "kitty"}
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    assert window.session.category_id == 2
    window.session.project_acts.add_category("Cat")  # its name brings it back
    assert rows(window) == ["1 cat 1", "2 kitty 1"]
    window.session.history.undo()
    assert rows(window) == ["1 kitty 1"]


def test_a_key_of_its_own_and_two_one_after_the_other(window: MainWindow) -> None:
    zoo(window)
    for n in range(10):
        window.session.project_acts.add_category(f"c{n}")
    assert window.session.known.hotkeys[10] == "W, 1"
    QTest.keyClick(window.canvas, Qt.Key.Key_W)
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    assert window.session.category_id == 10
    answers(window).next_text = "M"
    window.actions_["choose_category_key"].trigger()
    window.session.set_category(1)
    QTest.keyClick(window.canvas, Qt.Key.Key_M)
    assert window.session.category_id == 10
    assert "M c7 0" in rows(window)
    answers(window).next_text = "A"  # accepts images
    window.actions_["choose_category_key"].trigger()
    assert "A is taken" in window.news.text()
    assert window.session.known.hotkeys[10] == "M"


def test_the_right_button_makes_a_category_current_before_its_menu_opens(window: MainWindow) -> None:
    zoo(window)
    window.canvas.selection.select(None)
    categories = window.inspector.categories
    place = categories.visualRect(categories.model().index(0, 0)).center()
    QTest.mousePress(categories.viewport(), Qt.MouseButton.RightButton, pos=place)
    assert window.session.category_id == 1
    assert [a.category_id for a in window.session.annotations] == [1, 2]  # nothing was re-classed


def test_a_plural_is_asked_about(window: MainWindow) -> None:
    zoo(window)
    window.inspector.name_typed.emit("Cats", False)
    assert window.session.known.of == {1: "cat", 2: "kitty"}
    answers(window).confirms = None  # Escape
    window.inspector.name_typed.emit("Cats", False)
    assert window.session.known.of == {1: "cat", 2: "kitty"}
    assert window.inspector.name.text() == "Cats"
    answers(window).confirms = False
    window.inspector.name_typed.emit("Cats", False)
    assert window.session.known.of[3] == "Cats"


def test_a_part_of_a_name_and_enter_take_the_first_category_that_matches(window: MainWindow) -> None:
    for n in range(170, 180):
        window.session.project_acts.add_category(f"kind {n} of {300 - n}")
    name = window.inspector.name
    QTest.keyClick(window.canvas, Qt.Key.Key_C)
    QTest.keyClicks(name, "kind 17")
    assert not any(window.inspector.categories.isRowHidden(row) for row in range(10))
    QTest.keyClicks(name, "3")
    assert not window.inspector.categories.isRowHidden(3)
    assert window.inspector.categories.isRowHidden(4)
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert window.session.known.of[window.session.category_id or 0].startswith("kind 173")
    assert len(window.session.known.of) == 10
    assert not window.inspector.categories.isRowHidden(4)


def test_ctrl_and_enter_add_a_name_though_another_holds_it(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.session.project_acts.add_category("red blood cell")
    QTest.keyClick(window.canvas, Qt.Key.Key_C)
    QTest.keyClicks(window.inspector.name, "cell")
    held = Qt.KeyboardModifier.ControlModifier
    monkeypatch.setattr(QGuiApplication, "keyboardModifiers", staticmethod(lambda: held))
    QTest.keyClick(window.inspector.name, Qt.Key.Key_Return, held)
    assert list(window.session.known.of.values()) == ["red blood cell", "cell"]


def test_adding_a_category_is_undone(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    window.session.acts.draw([(BBox(5, 5, 10, 10), 1)])
    for _ in range(2):
        window.session.history.undo()
    assert window.session.known.of == {}
    for _ in range(2):
        window.session.history.redo()
    assert window.session.known.of == {1: "cat"}
    assert len(window.session.annotations) == 1


def test_a_key_that_a_category_had_before_an_act_was_new_stays_the_categorys(window: MainWindow) -> None:
    cat, dog = (
        window.session.project_acts.add_category("cat"),
        window.session.project_acts.add_category("dog"),
    )
    assert cat is not None
    assert dog is not None
    assert window.session.project
    window.session.project.db.execute("UPDATE categories SET hotkey = 'J' WHERE id = ?", (dog,))
    window.session.read_names()
    window.session.set_category(cat)
    window.session.walk.apply_changes(Changes(categories=True))
    QTest.keyClick(window.canvas, Qt.Key.Key_J)
    assert window.session.category_id == dog
    assert window.actions_.keys_of("click_to_box") == ()
