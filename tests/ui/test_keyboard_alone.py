"""Without a mouse: panes by F6, everything in them by Tab, back to the image by Escape."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.accessibility import tree
from tests.ui.conftest import MakeWindow

Key, Shift = Qt.Key, Qt.KeyboardModifier.ShiftModifier
CONTROL_HEIGHT = 24


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QWidget:
    """Press a key where the keyboard is; where it is then."""
    QTest.keyClick(focused(), key, modifiers)
    return focused()


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


@pytest.fixture
def ready(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window with two boxes, the keyboard on the image."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    category = window.session.project_acts.add_category("cell")
    assert category is not None
    window.session.acts.draw([(BBox(5, 5, 20, 20), category), (BBox(30, 5, 20, 20), category)])
    window.guide.hints.dismiss()
    window.model_chip.popover.details.click()  # the model panel is one of the panes once it is open
    window.canvas.setFocus()
    return window


def test_f6_goes_round_the_panes_and_back(ready: MainWindow) -> None:
    panes = [ready.queue.list, ready.inspector.boxes, ready.model_panel.tabs.tabBar(), ready.canvas]
    assert [press(Key.Key_F6) for _ in panes] == panes
    assert [press(Key.Key_F6, Shift) for _ in panes] == [*panes[2::-1], ready.canvas]


def test_f6_leaves_out_what_is_not_shown_and_takes_in_a_notice(ready: MainWindow) -> None:
    ready._docks[0].hide()
    ready.messages.warn("The disk is nearly full.")
    found = [press(Key.Key_F6) for _ in range(4)]
    assert found[:2] == [ready.inspector.boxes, ready.model_panel.tabs.tabBar()]
    assert isinstance(found[2], QAbstractButton)
    assert found[2].text() == "Dismiss"
    assert found[3] is ready.canvas
    press(Key.Key_F6, Shift)
    press(Key.Key_Space)
    assert not ready._warning.isVisible()


def test_f6_on_the_first_page_goes_to_its_buttons(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.setFocus()
    assert isinstance(press(Key.Key_F6), QAbstractButton)


def reached(pane: QWidget, by: Qt.Key = Key.Key_Tab) -> list[QWidget]:
    """What `Tab` reaches in a pane, from where the keyboard is, until it leaves the pane."""
    found = [focused()]
    while (widget := press(by)) not in found and pane.isAncestorOf(widget):
        found.append(widget)
    return found


def controls(pane: QWidget) -> set[QWidget]:
    """What in a pane can be used."""
    return {
        widget
        for _, interface in tree(QAccessible.queryAccessibleInterface(pane))
        if isinstance(widget := interface.object(), QWidget)
        and interface.state().focusable
        and widget.isEnabled()
        and widget.isVisible()
        and widget is not pane
    }


def test_tab_reaches_each_filter_and_the_list_of_the_queue(ready: MainWindow) -> None:
    queue = ready.queue
    queue.more.setChecked(True)
    queue.boxes.amount.setCurrentIndex(queue.boxes.amount.count() - 1)  # fewer than a number, which is shown
    queue.state.setFocus()
    wanted = [queue.state, queue.text, queue.more, queue.category, queue.boxes.size, queue.boxes.finding,
              queue.boxes.amount, queue.boxes.number, queue.tag, queue.score, queue.reason, queue.sorting,
              queue.list]  # fmt: skip
    assert reached(queue) == wanted


def test_tab_reaches_everything_of_the_inspector(ready: MainWindow) -> None:
    inspector = ready.inspector
    ready.canvas.selection.select(ready.canvas.items[0].key)
    inspector.sorting.setFocus()
    flags = [inspector.attributes.widget(name) for name in ("occluded", "truncated", "difficult", "crowd")]
    wanted = [
        inspector.sorting,
        inspector.boxes,
        *flags,
        inspector.name,
        inspector.categories,
        inspector.tags,
    ]
    assert reached(inspector) == wanted


def test_tab_on_the_image_goes_through_its_boxes(ready: MainWindow) -> None:
    assert press(Key.Key_Tab) is ready.canvas
    first = ready.canvas.selection.last
    assert press(Key.Key_Tab) is ready.canvas
    assert first is not None
    assert ready.canvas.selection.last not in {None, first}


@pytest.mark.parametrize("pane", ["queue", "inspector", "model_panel"])
def test_escape_leads_back_to_the_image_from_every_control(ready: MainWindow, pane: str) -> None:
    ready.canvas.selection.select(ready.canvas.items[0].key)
    ready.queue.more.setChecked(True)
    for widget in controls(getattr(ready, pane)):
        widget.setFocus()
        if focused() is widget:
            assert press(Key.Key_Escape) is ready.canvas, widget.accessibleName()


def test_arrows_in_the_table_of_boxes_select_on_the_image(ready: MainWindow) -> None:
    ready.inspector.boxes.setFocus()
    press(Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    press(Key.Key_Down)
    rows = [ready.inspector.model.row_of(key) for key in ready.canvas.selection.keys]
    assert rows == [1]


def test_several_boxes_stay_selected_while_the_table_has_the_keyboard(ready: MainWindow) -> None:
    ready.inspector.boxes.setFocus()
    ready.actions_["select_category"].trigger()
    assert len(ready.canvas.selection.keys) == 2


def test_enter_in_the_list_of_categories_makes_one_the_current(ready: MainWindow) -> None:
    other = ready.session.project_acts.add_category("dish")
    ready.session.set_category(ready.session.known.categories[0].id)
    ready.inspector.categories.setFocus()
    press(Key.Key_Down)
    press(Key.Key_Return)
    assert ready.session.category_id == other


@pytest.mark.parametrize("name", ["list", "more", "state"])
def test_a_click_leaves_the_keyboard_to_the_image(ready: MainWindow, name: str) -> None:
    widget = getattr(ready.queue, name)
    QTest.mouseClick(getattr(widget, "viewport", lambda: widget)(), Qt.MouseButton.LeftButton)
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()
    assert focused() is ready.canvas
