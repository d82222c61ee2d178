"""What the categories of a data set file become in the project: a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from hitl_desktop.domain.categories import name_key, near_name
from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr, trn
from hitl_desktop.ui.widgets.announce import name_choice

_MOST = 60
"""Categories of a file with more new ones are given in a list for the command line."""


class CategoryChoices(QWidget):
    """Categories of the file that the project does not have, with their numbers of boxes: new here, one of the
    project's, or left out."""

    def __init__(
        self, counts: Mapping[str, int], known: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        keys = {name_key(name) for name in known}
        new = [name for name in counts if name_key(name) not in keys]
        self.boxes: dict[str, QComboBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        same = len(counts) - len(new)
        if same:
            text = trn(
                "{n} category of the file is in the project, too.",
                "{n} categories of the file are in the project, too.",
                same,
            )
            grid.addWidget(QLabel(text), 0, 0, 1, 3)
        for row, name in enumerate(new[:_MOST], start=1):
            near = near_name(name, known)
            choice = QComboBox()
            choice.addItem(tr("New category"), name)
            for other in known:
                choice.addItem(other, other)
            choice.addItem(tr("Leave its boxes out"), None)
            label = QLabel(f"{name} ({counted(counts[name], 'box')})")
            label.setBuddy(choice)
            name_choice(choice, tr("What {name} becomes", name=name))
            grid.addWidget(label, row, 0)
            grid.addWidget(choice, row, 1)
            if near is not None:
                grid.addWidget(QLabel(tr('nearly "{name}"', name=near)), row, 2)
            self.boxes[name] = choice
        if len(new) > _MOST:
            more = trn("{n} more is new.", "{n} more are new.", len(new) - _MOST)
            grid.addWidget(QLabel(more), _MOST + 1, 0, 1, 3)

    def chosen(self) -> dict[str, str | None]:
        """Names of the file that become others here, or None where they are left out."""
        found: dict[str, str | None] = {name: box.currentData() for name, box in self.boxes.items()}
        return {name: new for name, new in found.items() if new != name}
