"""The boxes behind a figure as a wall of crops; empty frames are there at once, a job fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem

from hitl_desktop.imaging import RgbImage
from hitl_desktop.translation import tr
from hitl_desktop.ui.theme import style
from hitl_desktop.ui.theme.tokens import RADIUS_CHIP, SPACE
from hitl_desktop.ui.widgets.qimages import to_qimage
from hitl_desktop.workflows.quality.tuning import Example

MOST_SHOWN = 24
SIDE = 104
_SCALE = 2
"""Crops are cut for a fine display."""
CUT_SIDE = SIDE * _SCALE


class ExampleWall(QListWidget):
    """A click or Enter on a crop chooses it (`example_chosen`)."""

    example_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Boxes behind the chosen figure"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setGridSize(QSize(SIDE + SPACE[3], SIDE + SPACE[4] + SPACE[1]))
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.examples: Sequence[Example] = ()
        self.itemClicked.connect(self._choose)

    def show_frames(self, examples: Sequence[Example], paths: Mapping[int, str], what: str) -> None:
        """Show an empty frame for each of these boxes."""
        self.clear()
        self.examples = examples
        frame = _icon(_framed(None))
        for example in examples:
            score = tr("missed") if example.score is None else f"{example.score:.2f}"
            item = QListWidgetItem(frame, score)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            words = tr(
                "{what}: {score}, {path}", what=what, score=score, path=paths.get(example.image_id, "")
            )
            item.setToolTip(words)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            self.addItem(item)

    def fill(self, crops: Sequence[RgbImage | None]) -> None:
        """Put the crops into their frames, in the same order; None for an image that cannot be read."""
        for row, pixels in enumerate(crops):
            item = self.item(row)
            if pixels is not None:
                item.setIcon(_icon(_framed(pixels)))
            else:
                item.setText(tr("unreadable"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the image."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentRow() >= 0:
            self._choose(self.currentItem())
        else:
            super().keyPressEvent(event)

    def _choose(self, item: QListWidgetItem) -> None:
        self.example_chosen.emit(self.examples[self.row(item)])


def _framed(pixels: RgbImage | None) -> QPixmap:
    """A crop in the middle of a square through which the theme is seen, or an empty frame."""
    made = QPixmap(CUT_SIDE, CUT_SIDE)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    if pixels is not None:
        height, width = pixels.shape[:2]
        painter.drawImage((CUT_SIDE - width) // 2, (CUT_SIDE - height) // 2, to_qimage(pixels))
    else:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(style.colours().sunken))
        painter.drawRoundedRect(made.rect(), RADIUS_CHIP * _SCALE, RADIUS_CHIP * _SCALE)
    painter.end()
    made.setDevicePixelRatio(_SCALE)
    return made


def _icon(pixmap: QPixmap) -> QIcon:
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # Qt would tint what is selected
        icon.addPixmap(pixmap, mode)
    return icon
