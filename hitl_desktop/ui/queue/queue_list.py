"""The rows of the queue: thumbnail, name, state and reason."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from hitl_desktop.translation import tr
from hitl_desktop.ui.queue.queue_model import Facts, QueueModel
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import CAPTION, SPACE

_IMAGE = QSize(44, 33)
_ROW = 44
_MARKS = {
    "decided": ("✓", "#2E9E5B"),
    "skipped": ("–", "#B8860B"),
    "unreadable": ("!", "#C0392B"),
    "undecided": ("", "#888888"),
}


class QueueDelegate(QStyledItemDelegate):
    """A row: thumbnail, name, and why this image is worth asking about."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        """All rows are equally high."""
        return QSize(200, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one row."""
        facts = cast("QueueModel", index.model()).facts(index.row())
        if facts is None:
            return
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        palette = option.palette  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(rect, palette.highlight())
        thumbnail = facts.thumbnail
        box = QRect(
            rect.left() + SPACE[0],
            rect.top() + (rect.height() - _IMAGE.height()) // 2,
            _IMAGE.width(),
            _IMAGE.height(),
        )
        painter.fillRect(box, palette.mid())
        if thumbnail is not None and not thumbnail.isNull():
            size = thumbnail.size().scaled(_IMAGE, Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(box.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, thumbnail)
        mark, colour = _MARKS[facts.status]
        if mark:
            badge = QRect(box.right() - 15, box.top() + 1, 15, 15)
            painter.fillRect(badge, QColor(colour))
            painter.setPen(QColor("white"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, mark)
        self._text(
            painter,
            rect,
            box.right() + SPACE[0] + 2,
            facts,
            palette.highlightedText().color() if chosen else palette.text().color(),
            QColor(colours().on_selected_dim if chosen else colours().text_dim),
        )
        painter.restore()

    def _text(
        self, painter: QPainter, rect: QRect, left: int, facts: Facts, colour: QColor, dim: QColor
    ) -> None:
        metrics = QFontMetrics(painter.font())
        width = rect.right() - left - 2
        name = metrics.elidedText(facts.path.rsplit("/", 1)[-1], Qt.TextElideMode.ElideLeft, width)
        painter.setPen(colour)
        painter.drawText(
            QRect(left, rect.top() + 5, width, metrics.height() + 2), Qt.AlignmentFlag.AlignLeft, name
        )
        painter.setPen(dim)
        font = painter.font()
        font.setPixelSize(CAPTION)
        painter.setFont(font)
        detail = QRect(left, rect.top() + 6 + metrics.height(), width, metrics.height() + 2)
        text = painter.fontMetrics().elidedText(facts.detail, Qt.TextElideMode.ElideRight, width)
        painter.drawText(detail, Qt.AlignmentFlag.AlignLeft, text)


class QueueList(QTableView):
    """Rows of images; a list view lays out every row, which took 150 ms with 50,000 of them.

    Signals:
        left: `Escape` was pressed.
        menu_closed: the menu of a row was closed, after what was chosen in it.
    """

    left = Signal()
    menu_closed = Signal()

    def __init__(self, model: QueueModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(QueueDelegate(self))
        self.horizontalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
        self.setTabKeyNavigation(False)  # one row is one thing: Tab goes on
        self.setAccessibleName(tr("Review queue"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the image at hand in sight, also when the model panel takes the room."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the selected images."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.actions())
        menu.aboutToHide.connect(self.menu_closed, Qt.ConnectionType.QueuedConnection)
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Escape` leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in {Qt.Key.Key_Home, Qt.Key.Key_End}:  # of the list, as for one column with Ctrl
            with_ctrl = event.modifiers() | Qt.KeyboardModifier.ControlModifier
            super().keyPressEvent(QKeyEvent(event.type(), event.key(), with_ctrl))
        else:
            super().keyPressEvent(event)
