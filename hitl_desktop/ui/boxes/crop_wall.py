"""A wall of crops of which several are chosen."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from hitl_desktop.imaging import RgbImage
from hitl_desktop.ui.theme.icons import tinted
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.widgets.qimages import to_qimage
from hitl_desktop.workflows.detection.crops import CROP_SIDE

_TICK = 18


class _Crop(QStyledItemDelegate):
    """Draws a tick on selected crops: a coloured frame alone is easy to miss."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        if state & QStyle.StateFlag.State_Selected:
            rect: QRect = option.rect  # type: ignore[attr-defined]
            place = QRect(rect.right() - _TICK - 4, rect.top() + 4, _TICK, _TICK)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours().accent))
            painter.drawEllipse(place)
            painter.drawPixmap(place.adjusted(2, 2, -2, -2), tinted("check", colours().on_accent, _TICK - 4))


class CropWall(QListWidget):
    """Small images in rows; a click takes one out or in."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(_Crop(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setIconSize(QSize(CROP_SIDE, CROP_SIDE))
        self.setGridSize(QSize(CROP_SIDE + 14, CROP_SIDE + 14))
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        self.setUniformItemSizes(True)
        self.setStyleSheet("QListWidget::item:selected { border: 3px solid palette(highlight); }")

    def add(self, pixels: RgbImage, tip: str = "") -> None:
        """One more crop [h, w, 3]."""
        icon = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # Qt would tint those that are selected
            icon.addPixmap(QPixmap.fromImage(to_qimage(pixels)), mode)
        item = QListWidgetItem(icon, "")
        item.setSizeHint(
            QSize(CROP_SIDE + 10, CROP_SIDE + 10)
        )  # all alike, or the first one's size cuts the others
        item.setToolTip(tip)
        self.addItem(item)
