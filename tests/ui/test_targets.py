"""What is clicked is at least 24 pixels high and wide (WCAG 2.2, 2.5.8)."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.accessibility import Role, name_of, tree

SIDE = 24
CLICKED = {
    Role.Button, Role.CheckBox, Role.RadioButton, Role.EditableText, Role.ComboBox, Role.SpinBox, Role.Slider,
    Role.PageTab, Role.Cell, Role.MenuItem, Role.ColumnHeader,
}  # fmt: skip


def small(window: MainWindow) -> set[str]:
    """What is smaller, by role and name."""
    return {
        f"{interface.role().name} {name_of(interface)}"
        for _, interface in tree(QAccessible.queryAccessibleInterface(window))
        if interface.role() in CLICKED
        and interface.rect().isValid()
        and not interface.state().offscreen
        and min(clicked(interface).width(), clicked(interface).height()) < SIDE
    }


def clicked(interface: QAccessibleInterface) -> QRect:
    """Where a click counts: of a check box that takes clicks in its corner, all of it."""
    widget = interface.object()
    if isinstance(widget, QCheckBox) and widget.hitButton(QPoint(1, 1)):
        return widget.rect()
    return interface.rect()


def test_targets_are_large_enough(window: MainWindow, qtbot: QtBot) -> None:
    window.model_chip.popover.details.click()
    category = window.session.project_acts.add_category("cell")
    assert category is not None
    window.session.acts.draw([(BBox(5, 5, 20, 20), category)])
    window.canvas.selection.select(window.canvas.items[0].key)
    window.queue.more.setChecked(True)
    window.messages.warn("The disk is nearly full.")
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    qtbot.wait(1)
    assert small(window) == set()
