"""Chooses by what the boxes in the inspector are sorted."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.box_order import ORDER_WORDS, BoxOrder
from hitl_desktop.ui.theme.icons import keep_icon


class SortButton(QToolButton):
    """A menu of the orders.

    Signals:
        chosen: another `BoxOrder`.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Sort the boxes"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_icon(self, "arrow-up-down", 16)
        menu, group = QMenu(self), QActionGroup(self)
        self.entries = {order: menu.addAction(words) for order, words in ORDER_WORDS.items()}
        for order, entry in self.entries.items():
            entry.setCheckable(True)
            group.addAction(entry)
            entry.triggered.connect(partial(self.chosen.emit, order))
        self.setMenu(menu)
        self.show_order(BoxOrder.CATEGORY)

    def show_order(self, order: BoxOrder) -> None:
        """Check the order that is on."""
        self.entries[order].setChecked(True)
        self.setToolTip(tr("Sorted by: {order}", order=ORDER_WORDS[order]))
