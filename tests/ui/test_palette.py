"""Every act is found by its words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.ui.keys.actions import ACTIONS
from hitl_desktop.ui.keys.palette import Palette
from hitl_desktop.ui.main_window import MainWindow


def rows(palette: Palette) -> list[str]:
    return [palette.list.item(n).text() for n in range(palette.list.count())]


def shown(window: MainWindow, qtbot: QtBot) -> Palette:
    palette = Palette(window.actions_.all(), window)
    palette.open()
    qtbot.waitUntil(palette.text.hasFocus)
    return palette


def test_all_acts_are_there_and_words_narrow_them(window: MainWindow, qtbot: QtBot) -> None:
    palette = shown(window, qtbot)
    assert palette.list.count() == sum(not spec.held for spec in ACTIONS)
    QTest.keyClicks(palette.text, "boxes prelabel")
    assert rows(palette) == []
    palette.text.setText("previous box")
    assert rows(palette)[0] == "Previous box   (Shift+Tab)"
    QTest.keyClick(palette.text, Qt.Key.Key_Return)
    assert palette.chosen is window.actions_["previous_box"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("name the unknown", "Name the unknown objects   (Ctrl+U)"),
        ("unknown", "Mark as unknown   (U)"),
        ("name unknown", "Name the unknown objects   (Ctrl+U)"),
        ("skip", "Skip with a reason   (S)"),
    ],
)
def test_the_command_that_was_typed_comes_first(
    window: MainWindow, qtbot: QtBot, typed: str, first: str
) -> None:
    palette = shown(window, qtbot)
    palette.text.setText(typed)
    assert rows(palette)[0].startswith(first)


def test_among_equally_good_commands_the_last_used_comes_first(window: MainWindow) -> None:
    dark = window.actions_["theme_dark"]
    palette = Palette(window.actions_.all(), window, [dark])
    palette.text.setText("theme")
    assert palette.list.item(0).data(Qt.ItemDataRole.UserRole) is dark
    palette.text.setText("")
    assert palette.list.item(0).data(Qt.ItemDataRole.UserRole) is dark


def test_arrows_move_while_the_field_has_the_keyboard(window: MainWindow, qtbot: QtBot) -> None:
    palette = shown(window, qtbot)
    palette.text.setText("theme")
    QTest.keyClick(palette.text, Qt.Key.Key_Down)
    QTest.keyClick(palette.text, Qt.Key.Key_Return)
    assert palette.chosen is window.actions_["theme_light"]


def test_what_cannot_be_done_now_is_left_out(window: MainWindow) -> None:
    window.actions_.enable(project=True, image=False)
    palette = Palette(window.actions_.all(), window)
    assert not any("skip" in row for row in rows(palette))
    window.actions_.enable(project=True, image=True)


def test_the_chosen_act_is_done(window: MainWindow) -> None:
    def choose() -> None:
        palette = QApplication.activeModalWidget()
        assert isinstance(palette, Palette)
        palette.text.setText("mark empty")
        QTest.keyClick(palette.text, Qt.Key.Key_Return)

    QTimer.singleShot(50, choose)
    window.actions_["palette"].trigger()
    assert window.session.image_list.count("decided") == 1
