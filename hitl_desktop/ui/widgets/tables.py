"""Tables that are read."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

_NARROWEST, _WIDEST = 80, 260


def read_only_table(
    name: str, headings: Sequence[str], rows: int, *, stretch: int | None = None
) -> QTableWidget:
    """An empty table of so many rows, as wide as its words; one column, or the last, takes what room is
    left."""
    table = QTableWidget(rows, len(headings))
    table.setAccessibleName(name)
    for column, heading in enumerate(headings):
        table.setHorizontalHeaderItem(column, cell(heading))
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setResizeContentsPrecision(20)  # of very many rows the first ones say how wide
    header.setMaximumSectionSize(_WIDEST)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    wide = len(headings) - 1 if stretch is None else stretch
    header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
    header.setMinimumSectionSize(min(header.sectionSizeHint(wide), _NARROWEST))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    return table


def cell(text: str) -> QTableWidgetItem:
    """A cell; its tool tip holds what there is no room for."""
    item = QTableWidgetItem(text)
    item.setToolTip(text)
    return item
