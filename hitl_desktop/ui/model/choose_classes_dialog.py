"""Which of the detector's classes become categories."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.field import search_field
from hitl_desktop.workflows.prediction.detector_classes import ClassesSeen


class ChooseClassesDialog(QDialog):
    """A list with a check box for each class, those that were found here first and checked."""

    def __init__(self, seen: ClassesSeen, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Use detector classes as categories"))
        open_within_screen(self, 420, 520)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Classes of the detector"))
        for each in seen.classes:
            found = (
                tr(
                    "   {boxes} on {images}",
                    boxes=counted(each.boxes, "box"),
                    images=counted(each.pictures, "image"),
                )
                if each.boxes
                else ""
            )
            item = QListWidgetItem(f"{each.name}{found}")
            item.setData(Qt.ItemDataRole.UserRole, each.name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if each.boxes else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Add as categories"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(
            QLabel(tr("Counted on {images}. Space checks a class.", images=counted(seen.pictures, "image")))
        )
        self.search = search_field(tr("Search classes"), self._filter)
        self.all, self.none = QPushButton(tr("Check all")), QPushButton(tr("Check none"))
        for button, state in ((self.all, Qt.CheckState.Checked), (self.none, Qt.CheckState.Unchecked)):
            button.setAutoDefault(False)
            button.clicked.connect(partial(self._check, state))
        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        row.addWidget(self.all)
        row.addWidget(self.none)
        layout.addLayout(row)
        layout.addWidget(self.list)
        layout.addWidget(buttons)

    def _filter(self, typed: str) -> None:
        word = typed.casefold().strip()
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(word not in item.data(Qt.ItemDataRole.UserRole).casefold())

    def _check(self, state: Qt.CheckState) -> None:
        """Check all classes that are listed, or none of them."""
        for row in range(self.list.count()):
            if not self.list.item(row).isHidden():
                self.list.item(row).setCheckState(state)

    @property
    def chosen(self) -> list[str]:
        """The classes that are checked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [
            item.data(Qt.ItemDataRole.UserRole)
            for item in items
            if item.checkState() == Qt.CheckState.Checked
        ]
