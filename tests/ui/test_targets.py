"""What is clicked is at least 24 pixels high and wide (WCAG 2.2, 2.5.8)."""

from __future__ import annotations

from PySide6.QtGui import QAccessible
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.accessibility import Role, name_of, tree

SIDE = 24
CLICKED = {
    Role.Button, Role.CheckBox, Role.RadioButton, Role.EditableText, Role.ComboBox, Role.SpinBox, Role.Slider,
    Role.PageTab, Role.Cell, Role.MenuItem, Role.ColumnHeader,
}  # fmt: skip
LEFT_TO_THE_THEME = {
    *(f"Button {name}" for name in (
        "Calibration...", "Close", "Dismiss", "Float", "Learn now", "Pre-label", "Report...", "Versions...", "as all",
    )),
    *(f"CheckBox {name}" for name in ("More filters", "crowd", "difficult", "occluded", "truncated")),
    *(f"ColumnHeader {name}" for name in ("Category", "Origin", "Score")),
    "EditableText Find or add a category",
    "EditableText Show images whose name or reason holds this text",
    "EditableText Tags of this image",
    *(f"MenuItem {name}" for name in (
        "Attribute", "Box", "Category", "Display", "Edit", "File", "Help", "Model", "Queue", "Review", "View",
    )),
    "Slider Score from which proposals of the current category are shown",
    "SpinBox Show images that are worth asking about from this score up",
}  # fmt: skip
"""Controls whose size is a matter of the style sheet: 14 to 23 pixels without one (buttons of docks 18 x 14)."""


def small(window: MainWindow) -> set[str]:
    """What is smaller, by role and name."""
    return {
        f"{interface.role().name} {name_of(interface)}"
        for _, interface in tree(QAccessible.queryAccessibleInterface(window))
        if interface.role() in CLICKED
        and interface.rect().isValid()
        and not interface.state().offscreen
        and min(interface.rect().width(), interface.rect().height()) < SIDE
    }


def test_targets_are_large_enough(window: MainWindow, qtbot: QtBot) -> None:
    category = window.session.add_category("cell")
    assert category is not None
    window.session.draw([(BBox(5, 5, 20, 20), category)])
    window.canvas.selection.select(window.canvas.items[0].key)
    window.queue.more.setChecked(True)
    window.messages.warn("The disk is nearly full.")
    window.receipt.show_text("Done: 3 accepted.", "Undo")
    qtbot.wait(1)
    assert small(window) <= LEFT_TO_THE_THEME
