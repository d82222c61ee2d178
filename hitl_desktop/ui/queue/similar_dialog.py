"""More like this, as a wall: a double click goes there, those that are chosen go into a set."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from hitl_desktop.domain.words import counted
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.crop_wall import CropWall
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.workflows.prediction.similar import Similar


class SimilarDialog(QDialog):
    """`image_chosen` tells an image to be shown, `pin_asked` those to be put into a set of edge cases."""

    image_chosen = Signal(int)
    pin_asked = Signal(list)

    def __init__(self, found: Sequence[Similar], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("More like this"))
        open_within_screen(self, 760, 520)
        self._found = list(found)
        self.words = QLabel(
            tr(
                "{places}, the most alike first. A double click goes there.",
                places=counted(len(found), "place"),
            )
        )
        self.words.setWordWrap(True)
        self.crops = CropWall(tr("Most alike first"))
        for one in found:
            self.crops.add(one.pixels, tr("alike by {likeness:.2f}", likeness=one.likeness))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.pin = buttons.addButton(tr("&Pin the chosen ones..."), QDialogButtonBox.ButtonRole.ActionRole)
        self.pin.setEnabled(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.words, self.crops, buttons):
            layout.addWidget(widget)
        self.crops.doubleClicked.connect(self._go)
        self.crops.itemSelectionChanged.connect(lambda: self.pin.setEnabled(bool(self.chosen)))
        self.pin.clicked.connect(lambda: self.pin_asked.emit(self.chosen))

    def _go(self, index: QModelIndex) -> None:
        self.image_chosen.emit(self._found[index.row()].image_id)

    @property
    def chosen(self) -> list[int]:
        """The images of the chosen ones."""
        rows = sorted(index.row() for index in self.crops.selectedIndexes())
        return list(dict.fromkeys(self._found[row].image_id for row in rows))
