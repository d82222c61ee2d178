"""Small images with boxes drawn on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.words import counted
from hitl_desktop.imaging import RgbImage
from hitl_desktop.translation import tr
from hitl_desktop.ui.theme.categories import category_colour, text_on
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.qimages import to_qimage

_WIDTH = 220
_LINE = 2
_MOST_NAMED = 5
"""More labels than these cover each other in a small image."""


class NamedBox(NamedTuple):
    """A box in pixels of its image, its name, and what is written beside it."""

    bbox: BBox
    name: str
    note: str = ""


class DrawnBoxes(QWidget):
    """A row of small images with their boxes; `numbers` give names their colours."""

    def __init__(
        self, images: Sequence[tuple[RgbImage, Sequence[NamedBox]]], numbers: Mapping[str, int]
    ) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE[1])
        for image, boxes in images:
            label = QLabel()
            label.setPixmap(_drawn(image, boxes, numbers, self.devicePixelRatioF()))
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setAccessibleName(tr("{boxes} found", boxes=counted(len(boxes), "box")))
            label.setToolTip("\n".join(_label(box) for box in boxes[:_MOST_NAMED]))
            row.addWidget(label)
        row.addStretch(1)


def _label(box: NamedBox) -> str:
    return f"{box.name} {box.note}".strip()


def _drawn(image: RgbImage, boxes: Sequence[NamedBox], numbers: Mapping[str, int], ratio: float) -> QPixmap:
    """At the resolution of the screen, which has `ratio` pixels for each of the window."""
    width, smooth = round(_WIDTH * ratio), Qt.TransformationMode.SmoothTransformation
    pixmap = QPixmap.fromImage(to_qimage(image)).scaledToWidth(width, smooth)
    pixmap.setDevicePixelRatio(ratio)
    scale = _WIDTH / image.shape[1]
    painter = QPainter(pixmap)
    for box in boxes:
        painter.setPen(QPen(category_colour(numbers.get(box.name, 1)), _LINE))
        painter.drawRect(QRectF(*(side * scale for side in box.bbox)))
    for box in boxes[:_MOST_NAMED]:  # over the lines of all boxes
        colour = category_colour(numbers.get(box.name, 1))
        _write(painter, box.bbox.x * scale, box.bbox.y * scale, _label(box), colour)
    painter.end()
    return pixmap


def _write(painter: QPainter, x: float, y: float, text: str, colour: QColor) -> None:
    metrics = painter.fontMetrics()
    place = QRectF(x, max(y - metrics.height(), 0), metrics.horizontalAdvance(text) + 4, metrics.height())
    painter.fillRect(place, colour)
    painter.setPen(text_on(colour))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
