"""The versions of the head: what each learned from, how the loop did before it, and which one is active."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.words import counted
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.tables import cell, read_only_table

_HEADINGS = (tr("Version"), tr("Made"), tr("Learned from"), tr("Before training it"), tr("State"))


class VersionsDialog(QDialog):
    """Newest first; `chosen` is the id of the one to be used."""

    def __init__(self, versions: Sequence[HeadVersion], active: int | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Model versions"))
        open_within_screen(self, 820, 420)
        self.chosen: int | None = None
        self._versions = versions
        self.table = read_only_table(tr("Model versions"), _HEADINGS, len(versions))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setWordWrap(True)
        for row, version in enumerate(versions):
            for column, text in enumerate(_row(version, active)):
                self.table.setItem(row, column, cell(text))
        self.table.itemSelectionChanged.connect(self._selected)
        self.note = QLabel(
            tr("While an older version is in use, new ones wait until you use the newest again.")
        )
        self.note.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.use = buttons.addButton(tr("Use this version"), QDialogButtonBox.ButtonRole.ActionRole)
        self.use.setEnabled(False)
        self.use.clicked.connect(self._use)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.table, self.note, buttons):
            layout.addWidget(widget)
        self._active = active

    def showEvent(self, event: QShowEvent) -> None:
        """Give long reasons as many lines as they need, now that the width is known."""
        super().showEvent(event)
        self.table.resizeRowsToContents()

    def _selected(self) -> None:
        version = self._current()
        self.use.setEnabled(version is not None and version.is_kept and version.id != self._active)

    def _current(self) -> HeadVersion | None:
        rows = self.table.selectionModel().selectedRows()
        return self._versions[rows[0].row()] if rows else None

    def _use(self) -> None:
        version = self._current()
        if version is not None:
            self.chosen = version.id
            self.accept()


def _row(version: HeadVersion, active: int | None) -> tuple[str, ...]:
    s = version.summary
    learned = (
        f"{counted(s.pictures, 'image')}, {counted(s.boxes, 'box')}, {counted(s.categories, 'category')}"
    )
    seen = (
        tr(
            "{first_sight_right} of {first_sight_total} right",
            first_sight_right=s.first_sight_right,
            first_sight_total=s.first_sight_total,
        )
        if s.first_sight_total
        else tr("not measured")
    )
    if version.id == active:
        state = "active"
    elif not version.is_kept:
        state = tr("no longer kept")
    elif version.waits and not version.used:
        state = tr("not used: {waits}", waits=version.waits)
    else:
        state = "earlier"
    return str(version.id), version.created[:16].replace("T", " "), learned, seen, state
