"""Keys can be changed, conflicts are refused by name, and what was chosen is kept."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest

from hitl_desktop.settings import Settings
from hitl_desktop.ui.keys.actions import ACTIONS, clash
from hitl_desktop.ui.keys.cheat_sheet import cheat_sheet_html
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
    assert "<b>M</b>" in cheat_sheet_html(window.actions_)


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


def test_the_cheat_sheet_shows_every_key(window: MainWindow) -> None:
    html = cheat_sheet_html(window.actions_)
    assert all(
        f"<b>{spec.shortcut}" in html for spec in ACTIONS if spec.shortcut and not spec.shortcut.isdigit()
    )
    assert "<b>1 to 9</b>" in html
    assert "Del</b>" in html


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
    assert '"Hide all boxes while held" has the key M.' in editor.note.text()
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
    assert "<b>M</b>" in cheat_sheet_html(window.actions_)


def test_a_key_that_a_person_chose_before_an_act_was_new_stays_theirs(make_window: MakeWindow) -> None:
    Settings().set("keys", '{"skip": "J"}')
    actions = make_window().actions_
    assert (actions.keys_of("skip"), actions.keys_of("click_to_box")) == (("J",), ())
    owner = actions.owner_of("J")
    assert owner is not None
    assert owner.id == "skip"
