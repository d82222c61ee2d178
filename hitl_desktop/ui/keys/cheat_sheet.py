"""The list of keyboard shortcuts, grouped by menu, with a search field."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from hitl_desktop.translation import tr
from hitl_desktop.ui.keys.action_table import MENU_TITLES, plain
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.field import search_field
from hitl_desktop.ui.widgets.scroll import Scroll

Row = tuple[str, str]
_COLUMNS: Final = 3
_AROUND: Final = QSize(60, 130)
"""What the field, the button and the margins take."""
_MOUSE: Final = (
    (tr("drag"), tr("draw a box in the current category (with Ctrl also over a box)")),
    (tr("click"), tr("select the smallest box there")),
    (tr("drag the selection"), tr("move it; its handles resize it")),
    (tr("wheel"), tr("zoom at the pointer")),
    (tr("Space + drag, middle button"), tr("pan")),
)
_SELECTION: Final = (
    (tr("arrows"), tr("move the selection, with Shift by 10 pixels, with Alt resize it")),
    ("Esc", tr("give up a drag, deselect")),
)


def groups_of(actions: Actions, typed: str = "") -> list[tuple[str, list[Row]]]:
    """The keys of each menu and what they do, as far as they have what was typed in them."""
    found: dict[str, list[Row]] = {tr("Mouse"): list(_MOUSE), tr("Selection"): list(_SELECTION)}
    for spec in actions.listed:
        if keys := actions.keys_of(spec.id):
            found.setdefault(plain(MENU_TITLES[spec.menu]), []).append(
                (", ".join(key.replace(", ", " ") for key in keys), actions.words_of(spec))
            )
    word = typed.casefold().strip()
    matching = {
        title: rows if word in title.casefold() else [row for row in rows if word in " ".join(row).casefold()]
        for title, rows in found.items()
    }
    return [(title, rows) for title, rows in matching.items() if rows]


def cheat_sheet_html(groups: Sequence[tuple[str, Sequence[Row]]], most: int = _COLUMNS) -> str:
    """The groups in columns of about the same height."""
    length = sum(len(rows) + 2 for _, rows in groups) / most
    columns: list[list[str]] = [[]]
    lines = 0
    for title, rows in groups:
        if lines + len(rows) / 2 > length and len(columns) < most:
            columns.append([])
            lines = 0
        lines += len(rows) + 2
        cells = "".join(
            f"<tr><td><b>{html.escape(key)}</b>&nbsp;&nbsp;</td><td>{html.escape(text)}</td></tr>"
            for key, text in rows
        )
        columns[-1].append(f"<p><b>{html.escape(title)}</b></p><table cellspacing='2'>{cells}</table>")
    cells = "".join(f"<td style='padding-right: 24px'>{''.join(column)}</td>" for column in columns)
    return f"<table><tr>{cells}</tr></table>"


class CheatSheet(QDialog):
    """All keys on one page."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys"))
        self._actions = actions
        self.search = search_field(tr("Search keys"), self._show)
        self.text = QLabel()
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(Scroll(self.text, sideways=True), 1)
        layout.addWidget(buttons)
        room = self.screen().availableSize().width() - _AROUND.width()
        self._columns = _COLUMNS
        self._show("")
        while (whole := self.text.sizeHint()).width() > room and self._columns > 1:
            self._columns -= 1
            self._show("")
        open_within_screen(self, whole.width() + _AROUND.width(), whole.height() + _AROUND.height())

    def _show(self, typed: str) -> None:
        groups = groups_of(self._actions, typed)
        self.text.setText(
            cheat_sheet_html(groups, self._columns) if groups else html.escape(tr("No key matches."))
        )
