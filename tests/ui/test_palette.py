"""Every act is found by its words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.ui.keys.action_table import Menu
from hitl_desktop.ui.keys.palette import Palette
from hitl_desktop.ui.main_window import MainWindow

SPOKEN = Qt.ItemDataRole.AccessibleTextRole


def rows(palette: Palette) -> list[str]:
    return [palette.list.item(n).text() for n in range(palette.list.count())]


def shown(window: MainWindow, qtbot: QtBot) -> Palette:
    palette = Palette(window.actions_, window)
    palette.open()
    qtbot.waitUntil(palette.text.hasFocus)
    return palette


def test_all_acts_are_there_and_words_narrow_them(window: MainWindow, qtbot: QtBot) -> None:
    palette = shown(window, qtbot)
    assert palette.list.count() == sum(not spec.held for spec in window.actions_.listed)
    QTest.keyClicks(palette.text, "boxes prelabel")
    assert rows(palette) == []
    palette.text.setText("previous box")
    assert rows(palette)[0] == "Previous box"
    assert palette.list.item(0).data(SPOKEN) == "Previous box, Box, Shift+Tab"
    QTest.keyClick(palette.text, Qt.Key.Key_Return)
    assert palette.chosen == "previous_box"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("name the unknown", "Name the unknown objects"),
        ("unknown", "Mark as unknown"),
        ("name unknown", "Name the unknown objects"),
        ("skip", "Skip with a reason"),
    ],
)
def test_the_command_that_was_typed_comes_first(
    window: MainWindow, qtbot: QtBot, typed: str, first: str
) -> None:
    palette = shown(window, qtbot)
    palette.text.setText(typed)
    assert rows(palette)[0].startswith(first)


def test_whole_words_come_first_and_a_renamed_command_is_found_by_its_first_name(window: MainWindow) -> None:
    palette = Palette(window.actions_, window)
    palette.text.setText("dark")
    assert rows(palette)[:2] == ["Theme: dark", "Darker"]
    window.session.set_category(window.session.project_acts.add_category("cat"))
    window.act_states.refresh()
    palette.text.setText("rename category")
    assert rows(palette)[0] == "Rename cat"


def test_among_equally_good_commands_the_last_used_comes_first(window: MainWindow) -> None:
    palette = Palette(window.actions_, window, ["theme_dark"])
    for typed in ("theme", ""):
        palette.text.setText(typed)
        assert rows(palette)[0] == "Theme: dark"


def test_arrows_move_while_the_field_has_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    palette = shown(window, qtbot)
    palette.text.setText("theme")
    QTest.keyClick(palette.text, Qt.Key.Key_Down)
    QTest.keyClick(palette.text, Qt.Key.Key_Return)
    assert palette.chosen == "theme_light"


def test_what_cannot_be_done_now_comes_last_with_the_reason(window: MainWindow, qtbot: QtBot) -> None:
    palette = shown(window, qtbot)
    assert rows(palette)[-5:] == ["Undo", "Redo", "Learn now", "Use new version", "Roll back"]
    assert palette.list.item(palette.list.count() - 5).data(SPOKEN) == "Undo, Nothing to undo, Ctrl+Z"
    palette.text.setText("undo")
    assert rows(palette) == ["Go to the image that undo changed", "Undo"]
    palette.list.setCurrentRow(1)
    QTest.keyClick(palette.text, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.chosen is None
    palette.reject()
    window.session.project_acts.add_category("cat")
    palette = shown(window, qtbot)
    assert "Undo" in rows(palette)[:-4]
    assert rows(palette)[-4:] == ["Redo", "Learn now", "Use new version", "Roll back"]


def test_acts_have_the_names_of_the_project_and_numbers_that_nothing_has_are_left_out(
    window: MainWindow, qtbot: QtBot
) -> None:
    numbered = tuple(f"{kind} {n}" for kind in ("Category", "Tag", "Attribute") for n in range(1, 10))
    assert [row for row in rows(shown(window, qtbot)) if row.startswith(numbered)] == []
    cat = window.session.project_acts.add_category("R&D cat")
    assert cat is not None
    window.session.set_category(cat)
    assert window.session.acts.set_tags(["blurred"])
    palette = shown(window, qtbot)
    found = rows(palette)
    assert {"Category 1: R&D cat", "Rename R&D cat", "Use the general threshold for R&D cat"} <= set(found)
    window.act_states.refresh()
    assert "blurred" in rows(shown(window, qtbot))
    menu = window.actions_.menu(Menu.CATEGORY)
    assert [a.text() for a in menu.actions() if a.text().startswith("Category")] == ["Category &1: R&&D cat"]


def test_the_chosen_act_is_done(window: MainWindow) -> None:
    def choose() -> None:
        palette = QApplication.activeModalWidget()
        assert isinstance(palette, Palette)
        palette.text.setText("mark empty")
        QTest.keyClick(palette.text, Qt.Key.Key_Return)

    QTimer.singleShot(50, choose)
    window.actions_["palette"].trigger()
    assert window.session.image_list.count("decided") == 1
