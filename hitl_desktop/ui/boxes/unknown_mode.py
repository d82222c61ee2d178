"""A wall of crops that nobody has a name for yet, in groups of alike ones: choose, type a name, and all have
it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
)

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.crop_wall import CropWall
from hitl_desktop.ui.review.kinds import ReviewKind
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.workflows.prediction.unknowns import Unknown

_MOST_SHOWN = 500
"""More crops of a group are named with it, but not drawn: making their images would stop the window."""


class UnknownMode(ReviewMode):
    """`name` is called with the boxes that are chosen and the name typed; it says whether that was done."""

    def __init__(
        self,
        groups: Sequence[Sequence[Unknown]],
        names: Sequence[str],
        name: Callable[[Sequence[Annotation], str], bool],
    ) -> None:
        super().__init__(ReviewKind.UNKNOWN, tr("Unknown objects"))
        self._groups, self._name = [list(group) for group in groups], name
        self.groups = QListWidget()
        self.groups.setAccessibleName(tr("Groups of alike objects"))
        self.groups.setMaximumWidth(180)
        self.crops = CropWall(tr("Crops of the group"))
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("What are these?"))
        self.name.setAccessibleName(tr("Name of the chosen objects"))
        completer = QCompleter(list(names), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.name.setCompleter(completer)
        self.give = QPushButton(tr("Name them"))
        self.give.setProperty("primary", "true")
        self.name.returnPressed.connect(self._give)
        row = QHBoxLayout()
        row.addWidget(self.name, 1)
        row.addWidget(self.give)
        both = QHBoxLayout()
        both.addWidget(self.groups)
        both.addWidget(self.crops, 1)
        self.body.addLayout(both, 1)
        self.body.addLayout(row)
        self.setFocusProxy(self.name)
        self.groups.currentRowChanged.connect(self._show_group)
        self.crops.itemSelectionChanged.connect(self._show_text)
        self.give.clicked.connect(self._give)
        self._show_groups(0)
        self.name.setFocus()

    def _show_groups(self, row: int) -> None:
        self.groups.clear()
        for number, group in enumerate(self._groups, start=1):
            self.groups.addItem(
                tr("Group {number}: {objects}", number=number, objects=counted(len(group), "object"))
            )
        self.groups.setCurrentRow(min(row, len(self._groups) - 1))
        if not self._groups:
            self.crops.clear()
            self.words.setText(tr("No object is unknown any more."))
            self.give.setEnabled(False)

    def _show_group(self, row: int) -> None:
        self.crops.clear()
        if not 0 <= row < len(self._groups):
            return
        for unknown in self._groups[row][:_MOST_SHOWN]:
            self.crops.add(unknown.pixels)
        self.crops.selectAll()

    def _show_text(self) -> None:
        row, chosen = self.groups.currentRow(), len(self._chosen())
        if 0 <= row < len(self._groups):
            total = len(self._groups[row])
            self.words.setText(
                tr(
                    "{chosen} of {objects} chosen, the most typical first; a click takes one "
                    "out or in. The name counts for those chosen, Ctrl+Z takes it back.",
                    chosen=chosen,
                    objects=counted(total, "object"),
                )
            )
        self.give.setEnabled(chosen > 0)

    def _chosen(self) -> list[Unknown]:
        """Those selected; with all that are drawn also those that are not."""
        row = self.groups.currentRow()
        group = self._groups[row] if 0 <= row < len(self._groups) else []
        rows = {index.row() for index in self.crops.selectedIndexes()}
        if len(rows) == self.crops.count():
            return list(group)
        return [unknown for number, unknown in enumerate(group) if number in rows]

    def _give(self) -> None:
        chosen, row = self._chosen(), self.groups.currentRow()
        if not self.name.text().strip():
            self.name.setFocus()
            return
        if chosen and self._name([unknown.annotation for unknown in chosen], self.name.text()):
            done = {unknown.annotation.id for unknown in chosen}
            left = [u for u in self._groups[row] if u.annotation.id not in done]
            self._groups[row : row + 1] = [left] if left else []
            self.name.clear()
            self._show_groups(row)
            self.name.setFocus()
