"""The queue on the left: thumbnails with state and reason."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.edits import Changes
from hitl_desktop.ui.image_loader import ImageLoader
from hitl_desktop.ui.models.queue_model import DETAIL, FILTERS, IMAGE_ID, STATUS, QueueModel
from hitl_desktop.ui.panels.field import Field
from hitl_desktop.ui.session import Session

_PICTURE = QSize(72, 54)
_ROW = 64
_MARKS = {
    "decided": ("✓", "#2E9E5B"),
    "skipped": ("–", "#B8860B"),
    "unreadable": ("!", "#C0392B"),
    "undecided": ("", "#888888"),
}


class QueueDelegate(QStyledItemDelegate):
    """A row: thumbnail, name, and why this picture is worth asking about."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        """All rows are equally high."""
        return QSize(200, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one row."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        palette = option.palette  # type: ignore[attr-defined]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen:
            painter.fillRect(rect, palette.highlight())
        thumbnail = index.data(Qt.ItemDataRole.DecorationRole)
        box = QRect(
            rect.left() + 6, rect.top() + (rect.height() - _PICTURE.height()) // 2, _PICTURE.width(), _PICTURE.height()
        )
        painter.fillRect(box, palette.mid())
        if isinstance(thumbnail, QImage) and not thumbnail.isNull():
            size = thumbnail.size().scaled(_PICTURE, Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(box.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, thumbnail)
        mark, colour = _MARKS[str(index.data(STATUS))]
        if mark:
            badge = QRect(box.right() - 15, box.top() + 1, 15, 15)
            painter.fillRect(badge, QColor(colour))
            painter.setPen(QColor("white"))
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, mark)
        self._text(
            painter,
            rect,
            box.right() + 8,
            index,
            palette.highlightedText().color() if chosen else palette.text().color(),
        )
        painter.restore()

    def _text(
        self, painter: QPainter, rect: QRect, left: int, index: QModelIndex | QPersistentModelIndex, colour: QColor
    ) -> None:
        metrics = QFontMetrics(painter.font())
        width = rect.right() - left - 4
        name = metrics.elidedText(str(index.data()).rsplit("/", 1)[-1], Qt.TextElideMode.ElideMiddle, width)
        painter.setPen(colour)
        painter.drawText(QRect(left, rect.top() + 8, width, metrics.height() + 2), Qt.AlignmentFlag.AlignLeft, name)
        faint = QColor(colour)
        faint.setAlpha(170)
        painter.setPen(faint)
        detail = QRect(left, rect.top() + 10 + metrics.height(), width, rect.height() - 12 - metrics.height())
        flags = Qt.AlignmentFlag.AlignLeft.value | Qt.TextFlag.TextWordWrap.value
        painter.drawText(detail, flags, str(index.data(DETAIL)))


class QueuePanel(QWidget):
    """The list with its filters.

    Signals:
        left: the person is done here; the canvas should have the keyboard again.
    """

    left = Signal()

    def __init__(self, session: Session, loader: ImageLoader) -> None:
        super().__init__()
        self._session = session
        self.setMinimumWidth(230)
        self.model = QueueModel(session, loader)
        self.list = QTableView()  # a list view lays out every row, which took 150 ms with 50,000 of them
        self.list.setModel(self.model)
        self.list.setItemDelegate(QueueDelegate(self.list))
        self.list.horizontalHeader().hide()
        self.list.horizontalHeader().setStretchLastSection(True)
        self.list.verticalHeader().hide()
        self.list.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.list.verticalHeader().setDefaultSectionSize(_ROW)
        self.list.setShowGrid(False)
        self.list.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay with the canvas
        self.list.setAccessibleName("Review queue")
        self.list.clicked.connect(self._on_clicked)
        self.list.activated.connect(self._on_clicked)
        self.state = QComboBox()
        self.state.addItems(list(FILTERS))
        self.state.setAccessibleName("Show pictures in this state")
        self.state.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.text = Field(self.left)
        self.text.returnPressed.connect(self.left)
        self._nothing = QLabel("Nothing matches.")
        self._nothing.hide()
        self.text.setPlaceholderText("Name or reason")
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName("Show pictures whose name or reason holds this text")
        self.text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.state.currentTextChanged.connect(self._on_filter)
        self.text.textChanged.connect(self._on_filter)
        filters = QHBoxLayout()
        filters.addWidget(self.state)
        filters.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(filters)
        layout.addWidget(self._nothing)
        layout.addWidget(self.list, 1)
        session.opened.connect(self._reload)
        session.image_changed.connect(self._follow)
        session.changed.connect(self._on_changed)

    def _on_filter(self) -> None:
        self.model.set_filter(self.state.currentText(), self.text.text())
        self._show_counts()
        self._follow()

    def _reload(self) -> None:
        self.model.reload()
        self._show_counts()
        self._follow()

    def _show_counts(self) -> None:
        self._nothing.setVisible(self.model.rowCount() == 0 and bool(self._session.statuses))
        for row, status in enumerate(FILTERS.values()):
            count = self._session.count(status) if status else len(self._session.statuses)
            self.state.setItemData(row, f"{count} pictures", Qt.ItemDataRole.ToolTipRole)

    def _on_changed(self, changes: Changes) -> None:
        if changes.images or (changes.queue and changes.go_to is None and not changes.annotations_of):
            self._reload()
        for image_id in changes.annotations_of:
            self.model.refresh(image_id)

    def _follow(self) -> None:
        """Select the picture at hand and keep it in view."""
        image = self._session.image
        index = self.model.index_of(image.id if image else None)
        if index.isValid():
            self.list.setCurrentIndex(index)
            self.list.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        else:
            self.list.clearSelection()

    def _on_clicked(self, index: QModelIndex) -> None:
        image_id = index.data(IMAGE_ID)
        if isinstance(image_id, int):
            self._session.go_to(image_id)
