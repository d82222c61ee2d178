"""The choices of how the project's detector looks at images."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QWidget

from hitl_desktop.inference.several_views import ViewSettings
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.flow import FlowLayout

_TILES = (1, 2, 3, 4)


class ViewChoices(QWidget):
    """Tiles, mirrored views, and from which overlap two boxes of a class are one."""

    def __init__(self, settings: ViewSettings) -> None:
        super().__init__()
        self._before = settings
        self.tiles = QComboBox()
        name_choice(self.tiles, tr("How images of this project are shown to the detector"))
        self.tiles.addItem(tr("Whole images"), 1)
        for n in sorted({*_TILES[1:], settings.tiles} - {1}):
            self.tiles.addItem(tr("Whole images and {n} x {n} tiles", n=n), n)
        self.tiles.setCurrentIndex(self.tiles.findData(settings.tiles))
        self.mirrored = QCheckBox(tr("Also mirrored"))
        self.mirrored.setChecked(settings.mirrored)
        self.nms = QDoubleSpinBox()
        self.nms.setRange(0.0, 0.95)
        self.nms.setSingleStep(0.05)
        self.nms.setPrefix(tr("NMS from IoU "))
        self.nms.setSpecialValueText(tr("NMS of the model"))
        self.nms.setValue(settings.nms_iou or 0.0)
        self.nms.setAccessibleName(tr("Overlap (IoU) above which two boxes of a class count as one"))
        self.nms.setToolTip(
            tr("Non-maximum suppression: of two boxes that overlap so much the better one stays")
        )
        layout = FlowLayout()
        for widget in (
            QLabel(tr("In this project:")), self.tiles, self.mirrored, self.nms
        ):  # fmt: skip
            layout.addWidget(widget)
        self.setLayout(layout)
        self.setToolTip(tr("Applied when you close this dialog; all images are then pre-labelled again"))

    @property
    def settings(self) -> ViewSettings:
        """What is chosen."""
        nms = round(self.nms.value(), 2) or None
        return ViewSettings(self.tiles.currentData(), self._before.overlap, self.mirrored.isChecked(), nms)
