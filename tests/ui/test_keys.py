"""Keys can be changed, conflicts are refused by name, and what was chosen is kept."""

from __future__ import annotations

import html
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.settings import Settings
from hitl_desktop.ui.keys.action_table import ACTIONS, Menu, clash
from hitl_desktop.ui.keys.cheat_sheet import CheatSheet
from hitl_desktop.ui.keys.keys_editor import KeysEditor
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.conftest import MakeWindow


@pytest.mark.parametrize(
    ("key", "other", "wanted"),
    [("A", "A", True), ("A", "B", False), ("W, 1", "W", True), ("W, 1", "W, 2", False), ("", "A", False)],
)
def test_a_key_clashes_with_what_it_begins(key: str, other: str, wanted: bool) -> None:
    assert clash(key, other) is wanted
    assert clash(other, key) is wanted


def test_no_two_acts_are_delivered_with_the_same_key(window: MainWindow) -> None:
    for spec in ACTIONS:
        for key in spec.keys:
            assert window.actions_.owner_of(key, other_than=spec.id) is None, (spec.id, key)


def after_pressing(key: str, window: MainWindow) -> KeysEditor:
    """The editor after a new key was pressed for an empty image."""
    editor = KeysEditor(window.actions_, window)
    editor.choose("mark_empty")
    editor.key.setKeySequence(QKeySequence(key))
    editor.key.editingFinished.emit()
    return editor


def test_a_key_is_changed_and_works_at_once(window: MainWindow) -> None:
    editor = after_pressing("M", window)
    assert '"Mark empty and next" has the key M.' in editor.note.text()
    QTest.keyClick(window.canvas, Qt.Key.Key_E)
    assert window.session.image_list.count("decided") == 0
    QTest.keyClick(window.canvas, Qt.Key.Key_M)
    assert window.session.image_list.count("decided") == 1
    assert "<b>M</b>" in keys_in(CheatSheet(window.actions_, window))


def test_a_key_of_another_act_is_refused_by_name(window: MainWindow) -> None:
    editor = after_pressing("A", window)
    assert "A belongs to" in editor.note.text()
    assert window.actions_.keys_of("mark_empty") == ("E",)
    editor._set("")
    assert window.actions_.keys_of("mark_empty") == ()
    editor._reset()
    assert window.actions_.chosen == {}


def test_chosen_keys_are_kept_and_damaged_ones_forgotten(
    window: MainWindow, make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeysEditor, "exec", lambda editor: editor.choose("skip") or editor._set("M"))
    window.actions_["edit_keys"].trigger()
    assert make_window().actions_.keys_of("skip") == ("M",)
    Settings().set("keys", "{damaged")
    assert make_window().actions_.keys_of("skip") == ("S",)


def keys_in(sheet: CheatSheet) -> str:
    return sheet.text.text()


def test_the_cheat_sheet_shows_every_key_by_menu_and_what_is_typed(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    window.act_states.refresh()
    sheet = CheatSheet(window.actions_, window)
    text = keys_in(sheet)
    keys = [key for spec in window.actions_.listed for key in window.actions_.keys_of(spec.id)]
    assert len(keys) > 70
    assert [key for key in keys if html.escape(key.replace(", ", " ")) not in text] == []
    assert "<b>Box</b>" in text
    assert "Category 1: cat" in text
    assert "Attribute" not in text.replace("<b>Attribute</b>", "")
    assert "Del</b>" in text
    sheet.search.setText("undo")
    assert "Ctrl+Z" in keys_in(sheet)
    assert "Ctrl+O" not in keys_in(sheet)
    sheet.search.setText("queue")
    assert "Ctrl+M" in keys_in(sheet)
    sheet.search.setText("no such thing")
    assert keys_in(sheet) == "No key matches."


def test_the_table_of_keys_is_searched_by_words_menu_and_key(window: MainWindow) -> None:
    editor = KeysEditor(window.actions_, window)

    def shown() -> list[str]:
        rows = [n for n in range(editor.table.rowCount()) if not editor.table.isRowHidden(n)]
        return [cell.text() for n in rows if (cell := editor.table.item(n, 0)) is not None]

    editor.search.setText("mark em")
    assert shown() == ["Mark empty and next"]
    editor._set("M")
    assert window.actions_.keys_of("mark_empty") == ("M",)
    editor.search.setText("ctrl+shift+z")
    assert shown() == ["Redo"]
    editor.search.setText("help")
    assert "About" in shown()


def test_themes_ways_to_draw_and_flags_have_check_marks(window: MainWindow) -> None:
    actions = window.actions_
    assert [i for i in ("theme_system", "theme_light", "theme_dark") if actions[i].isChecked()] == [
        "theme_system"
    ]
    assert actions["draw_by_drag"].isChecked()
    actions["draw_by_corners"].trigger()
    assert not actions["draw_by_drag"].isChecked()
    cat = window.session.project_acts.add_category("cat")
    assert cat is not None
    window.session.acts.draw([(BBox(5, 5, 20, 20), cat)])
    window.canvas.selection.select(window.canvas.items[0].key)
    actions["say_occluded"].trigger()
    actions.menu(Menu.ATTRIBUTE).aboutToShow.emit()
    assert actions["say_occluded"].isChecked()
    assert not actions["say_crowd"].isChecked()
    window.session.history.undo()
    actions.menu(Menu.ATTRIBUTE).aboutToShow.emit()
    assert not actions["say_occluded"].isChecked()


def test_menus_have_lines_between_their_sections(window: MainWindow) -> None:
    for menu in (Menu.FILE, Menu.BOX, Menu.MODEL, Menu.CATEGORY, Menu.VIEW):
        entries = window.actions_.menu(menu).actions()
        lines = [n for n, entry in enumerate(entries) if entry.isSeparator()]
        assert lines
        assert lines[0] > 0
        assert lines[-1] < len(entries) - 1
        assert 1 not in {later - line for line, later in pairwise(lines)}


def test_a_key_of_a_category_is_refused_by_its_name(window: MainWindow) -> None:
    editor = KeysEditor(window.actions_, window, {"W, B": "basophil"})
    editor.choose("fit")
    editor._set("W")
    assert 'belongs to the category "basophil"' in editor.note.text()
    assert window.actions_.keys_of("fit") == ("F",)
    editor._set("M")
    assert window.actions_.keys_of("fit") == ("M",)


def test_a_key_that_the_canvas_answers_itself_is_refused(window: MainWindow) -> None:
    for key in ("Right", "Shift+Up", "Alt+Left", "Space", "Esc", "H"):
        assert "belongs to" in after_pressing(key, window).note.text()
    assert window.actions_.keys_of("mark_empty") == ("E",)


def test_delivered_keys_that_were_given_away_are_not_taken_back(window: MainWindow) -> None:
    editor = after_pressing("M", window)
    editor.choose("skip")
    editor._set("E")
    editor.choose("mark_empty")
    editor._reset()
    assert "E belongs to" in editor.note.text()
    assert window.actions_.keys_of("mark_empty") == ("M",)


def test_enter_in_the_table_of_keys_takes_no_key_away(window: MainWindow) -> None:
    editor = KeysEditor(window.actions_, window)
    editor.choose("mark_empty")
    QTest.keyClick(editor.table, Qt.Key.Key_Return)
    assert window.actions_.keys_of("mark_empty") == ("E",)


def test_keys_that_are_held_are_changed_like_all_others(window: MainWindow) -> None:
    editor = KeysEditor(window.actions_, window)
    editor.choose("hide_boxes")
    editor._set("M")
    assert '"Hide all boxes (hold)" has the key M.' in editor.note.text()
    QTest.keyPress(window.canvas, Qt.Key.Key_H)
    assert not window.canvas._hidden
    QTest.keyPress(window.canvas, Qt.Key.Key_M)
    assert window.canvas._hidden
    QTest.keyRelease(window.canvas, Qt.Key.Key_M)
    assert not window.canvas._hidden
    editor.choose("pan_held")
    editor._set("H")
    QTest.keyPress(window.canvas, Qt.Key.Key_H)
    assert window.canvas.pointer_tool.space_held
    QTest.keyRelease(window.canvas, Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert not window.canvas.pointer_tool.space_held
    assert "<b>M</b>" in keys_in(CheatSheet(window.actions_, window))


def test_a_key_that_a_person_chose_before_an_act_was_new_stays_theirs(make_window: MakeWindow) -> None:
    Settings().set("keys", '{"skip": "J"}')
    actions = make_window().actions_
    assert (actions.keys_of("skip"), actions.keys_of("click_to_box")) == (("J",), ())
    owner = actions.owner_of("J")
    assert owner is not None
    assert owner.id == "skip"
