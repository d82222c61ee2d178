"""Tables that are read."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget


def read_only_table(
    name: str, headings: Sequence[str], rows: int, *, stretch: int | None = None
) -> QTableWidget:
    """An empty table of so many rows, as wide as its words; one column, or the last, takes what room is
    left."""
    table = QTableWidget(rows, len(headings))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(headings))
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setResizeContentsPrecision(20)  # of very many rows the first ones say how wide
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(
        len(headings) - 1 if stretch is None else stretch, QHeaderView.ResizeMode.Stretch
    )
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    return table
