"""The queue on the left: thumbnails with state and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import cast

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.service.project.session import Session
from hitl_desktop.texts import ORDER_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.images.image_loader import ImageLoader
from hitl_desktop.ui.queue.found import Found
from hitl_desktop.ui.queue.queue_model import IMAGE_ID, Facts, QueueModel
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.field import Field
from hitl_desktop.ui.widgets.pane import Pane
from hitl_desktop.workflows.queue.filtering import as_text, from_text

_IMAGE = QSize(56, 42)
_ROW = 52
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
            rect.left() + 6,
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
            box.right() + 8,
            facts,
            palette.highlightedText().color() if chosen else palette.text().color(),
            QColor(colours().on_selected_dim if chosen else colours().text_dim),
        )
        painter.restore()

    def _text(
        self, painter: QPainter, rect: QRect, left: int, facts: Facts, colour: QColor, dim: QColor
    ) -> None:
        metrics = QFontMetrics(painter.font())
        width = rect.right() - left - 4
        name = metrics.elidedText(facts.path.rsplit("/", 1)[-1], Qt.TextElideMode.ElideLeft, width)
        painter.setPen(colour)
        painter.drawText(
            QRect(left, rect.top() + 8, width, metrics.height() + 2), Qt.AlignmentFlag.AlignLeft, name
        )
        painter.setPen(dim)
        detail = QRect(left, rect.top() + 9 + metrics.height(), width, metrics.height() + 2)
        text = metrics.elidedText(facts.detail, Qt.TextElideMode.ElideRight, width)
        painter.drawText(detail, Qt.AlignmentFlag.AlignLeft, text)


STATES = {
    tr("All"): "",
    tr("To do"): "undecided",
    tr("Decided"): "decided",
    tr("Skipped"): "skipped",
    tr("Unreadable"): "unreadable",
}
"""States as they are called here, and the status that passes; empty for all."""

_FILTER = "queue_filter"
_KEPT_SELECTION = 10_000


class QueueList(QTableView):
    """Rows of images; a list view lays out every row, which took 150 ms with 50,000 of them.

    Signals:
        left: `Escape` was pressed.
    """

    left = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the image at hand in sight, also when the model panel takes the room."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Escape` leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() in {Qt.Key.Key_Home, Qt.Key.Key_End}:  # of the list, as for one column with Ctrl
            with_ctrl = event.modifiers() | Qt.KeyboardModifier.ControlModifier
            super().keyPressEvent(QKeyEvent(event.type(), event.key(), with_ctrl))
        else:
            super().keyPressEvent(event)


class QueuePanel(Pane):
    """The list with its filters."""

    def __init__(self, session: Session, loader: ImageLoader) -> None:
        super().__init__()
        self._session = session
        self.setMinimumWidth(190)
        self.model = QueueModel(session, loader)
        self.list = self._make_list()
        self.state = self._choice(tr("Show images in this state"), STATES)
        self.text = Field(self.left)
        self.text.returnPressed.connect(self.left)
        self.text.setPlaceholderText(tr("Name or reason"))
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName(tr("Show images whose name or reason holds this text"))
        self.text.textChanged.connect(self._on_filter)
        self.category = self._choice(tr("Show images with a box of this category"))
        self.tag = self._choice(tr("Show images with this tag"))
        self.reason = self._choice(tr("Show one queue: images that are asked about for this reason"))
        self.score = QDoubleSpinBox()
        self.score.setRange(0.0, 9.95)
        self.score.setSingleStep(0.05)
        self.score.setPrefix(tr("score from "))
        self.score.setSpecialValueText(tr("Any score"))
        self.score.setAccessibleName(tr("Show images that are worth asking about from this score up"))
        self.score.setToolTip(tr("Expected corrections a second, as the list shows it in brackets"))
        self.score.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.score.valueChanged.connect(self._on_filter)
        self.score.lineEdit().returnPressed.connect(self.left)
        self.sorting = self._choice(
            tr("Order of the list"), {text: order for order, text in ORDER_TEXT.items()}
        )
        self.more = QToolButton()
        self.more.setText(tr("More"))
        self.more.setCheckable(True)
        self.more.setToolTip(tr("Filter by category, tag, reason and score; sort"))
        self.more.setAccessibleName(tr("More filters"))
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.found = Found()
        self.found.all_wanted.connect(self.clear_filter)
        self._lay_out()
        self._is_filling = False
        self._offered: list[tuple[int, str]] | None = None
        self._reselect: list[int] = []
        self.model.reloaded.connect(self._on_reloaded)
        session.opened.connect(self._on_opened)
        session.image_changed.connect(self._follow)
        session.changed.connect(self._on_changed)

    def _make_list(self) -> QueueList:
        view = QueueList()
        view.setModel(self.model)
        view.setItemDelegate(QueueDelegate(view))
        view.horizontalHeader().hide()
        view.horizontalHeader().setStretchLastSection(True)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(_ROW)
        view.setShowGrid(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
        view.setTabKeyNavigation(False)  # one row is one thing: Tab goes on
        view.setAccessibleName(tr("Review queue"))
        view.clicked.connect(self._on_clicked)
        view.activated.connect(self._on_activated)
        view.left.connect(self.left)
        return view

    def _choice(self, name: str, options: Mapping[str, object] | None = None) -> QComboBox:
        box = QComboBox()
        name_choice(box, name)
        box.setToolTip(name)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        box.setMinimumContentsLength(8)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text, value in (options or {}).items():
            box.addItem(text, value)
        box.currentIndexChanged.connect(self._on_filter)
        return box

    def _lay_out(self) -> None:
        filters = QHBoxLayout()
        filters.addWidget(self.state, 1)
        filters.addWidget(self.more)
        more = QWidget()
        grid = QGridLayout(more)
        grid.setContentsMargins(0, 0, 0, 0)
        for n, widget in enumerate((self.category, self.tag, self.reason, self.score)):
            grid.addWidget(widget, n // 2, n % 2)
        grid.addWidget(self.sorting, 2, 0, 1, 2)
        more.hide()
        self.more.toggled.connect(more.setVisible)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(filters)
        layout.addWidget(self.text)
        layout.addWidget(more)
        layout.addWidget(self.found)
        layout.addWidget(self.list, 1)
        filters_of_more = (self.category, self.tag, self.reason, self.score, self.sorting)
        in_order = (self.state, self.text, self.more, *filters_of_more, self.found.clear_button, self.list)
        for before, after in pairwise(in_order):
            QWidget.setTabOrder(before, after)

    # filters

    def _wanted(self) -> QueueFilter:
        queue: QueueFilter = self.reason.currentData() or QueueFilter()
        return replace(
            queue,
            status=self.state.currentData(),
            text=self.text.text(),
            category_id=self.category.currentData(),
            tag_id=self.tag.currentData(),
            score=round(self.score.value(), 2),
            order=QueueOrder(self.sorting.currentData()),  # Qt hands back a plain text
        )

    def _on_filter(self) -> None:
        if not self._is_filling:
            wanted = self._wanted()
            self._session.remember(_FILTER, as_text(wanted))
            self.model.set_filter(wanted)

    def clear_filter(self) -> None:
        """Show all images again, in the order chosen."""
        self._show_filter(QueueFilter(order=self._wanted().order))
        self._on_filter()

    def _on_opened(self) -> None:
        """Show the filter that the project had when it was closed."""
        self._fill()
        self._fill_queues()
        self._show_filter(from_text(self._session.recall(_FILTER)))
        wanted = self._wanted()
        self.more.setChecked(wanted != QueueFilter(status=wanted.status, text=wanted.text))
        self.model.set_filter(wanted)

    def _show_filter(self, kept: QueueFilter) -> None:
        self._is_filling = True
        self.text.setText(kept.text)
        self.score.setValue(kept.score)
        for box, value in (
            (self.state, kept.status),
            (self.category, kept.category_id),
            (self.tag, kept.tag_id),
            (self.reason, QueueFilter(queue=kept.queue, image_set=kept.image_set)),
            (self.sorting, kept.order),
        ):
            box.setCurrentIndex(_row_of(box, value))
        self._is_filling = False

    def _fill(self) -> None:
        """Offer the categories and tags there are."""
        tags = self._session.views.tags()
        categories = {c.id: c.name for c in self._session.known.categories}
        offered = [*categories.items(), *tags.items()]
        if offered == self._offered:
            return  # filling takes milliseconds, and this is asked after each act
        self._offered, self._is_filling = offered, True
        for box, anything, named in (
            (self.category, tr("Any category"), categories),
            (self.tag, tr("Any tag"), tags),
        ):
            chosen = box.currentData()
            box.clear()
            box.addItem(anything, None)
            for number, name in named.items():
                box.addItem(name, number)
            box.setCurrentIndex(max(box.findData(chosen), 0))
        self._is_filling = False

    def show_set(self, name: str) -> None:
        """Show the images of a set of edge cases."""
        self._fill_queues()
        self.state.setCurrentIndex(0)
        self.more.setChecked(True)
        self.reason.setCurrentIndex(_row_of(self.reason, QueueFilter(image_set=name)))

    def _fill_queues(self) -> None:
        """Offer the queues there are, each with its count."""
        chosen, self._is_filling = self.reason.currentData(), True
        queues = [
            (tr("Any reason"), QueueFilter()),
            *((f"{q.words} ({q.pictures})", q.shows) for q in self._session.image_list.queues),
        ]
        if [self.reason.itemData(n) for n in range(self.reason.count())] != [shows for _, shows in queues]:
            self.reason.clear()
            for words, shows in queues:
                self.reason.addItem(_capital(words), shows)
            self.reason.setCurrentIndex(_row_of(self.reason, chosen))
        for row, (words, _) in enumerate(queues):
            if self.reason.itemText(row) != _capital(words):
                self.reason.setItemText(row, _capital(words))
        self._is_filling = False

    # selection

    @property
    def selected(self) -> list[int]:
        """The selected images, in the order of the list."""
        return self.model.ids(row for rows in sorted(self._ranges(), key=lambda r: r.start) for row in rows)

    def _ranges(self) -> list[range]:
        """The selected rows; asking Qt for each of a million takes seconds."""
        parts = cast(
            "Iterable[QItemSelectionRange]", self.list.selectionModel().selection()
        )  # so it is at run time
        return [range(part.top(), part.bottom() + 1) for part in parts]

    @property
    def count_selected(self) -> int:
        """How many images are selected."""
        return sum(map(len, self._ranges()))

    def select(self, image_ids: Iterable[int]) -> None:
        """Select these images, as far as they are listed."""
        selection = QItemSelection()
        for index in map(self.model.index_of, image_ids):
            if index.isValid():
                selection.select(index, index)
        self.list.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _reload(self) -> None:
        self._reselect = self.selected if 1 < self.count_selected < _KEPT_SELECTION else []
        self.model.reload()

    def _on_reloaded(self) -> None:
        before, self._reselect = self._reselect, []
        self._show_counts()
        self._follow()
        if before:
            self.select(before)

    def _show_counts(self) -> None:
        self._fill_queues()
        self.found.show_count(self.model.rowCount(), len(self._session.image_list.statuses))
        self._show_states()

    def _show_states(self) -> None:
        """How many images are in each state, beside its name."""
        pictures = self._session.image_list
        for row, (name, status) in enumerate(STATES.items()):
            count = pictures.count(status) if status else len(pictures.statuses)
            if self.state.itemText(row) != (text := tr("{state}: {n}", state=name, n=count)):
                self.state.setItemText(row, text)

    def _on_changed(self, changes: Changes) -> None:
        many = changes.queue and changes.go_to is None and len(changes.annotations_of) > 1
        if self.model.is_stale or changes.images or (many and not self.model.wanted.is_plain):
            self._reload()
        else:
            self.model.refresh(changes.annotations_of)
        self._fill()
        if changes.queue:
            self._fill_queues()
        self._show_states()
        if self._wanted() != self.model.wanted:  # what it asked for is gone
            self._on_filter()

    def _follow(self) -> None:
        """Select the image at hand and keep it in view."""
        image = self._session.image
        index = self.model.index_of(image.id if image else None)
        if index.isValid():
            chosen = self.list.selectionModel()
            if self.count_selected > 1 and chosen.isRowSelected(index.row(), QModelIndex()):
                chosen.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
            else:
                self._select_one(index)
            self.list.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        else:
            self.list.clearSelection()

    def _select_one(self, index: QModelIndex) -> None:
        """Not as the view does it: with `Ctrl` held, as for a shortcut, it would add to the selection."""
        self.list.selectionModel().setCurrentIndex(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        )

    def _is_deselected(self, index: QModelIndex) -> bool:
        """Whether a click with `Ctrl` has just taken the row from the selection."""
        with_ctrl = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier
        return bool(with_ctrl) and not self.list.selectionModel().isRowSelected(index.row(), QModelIndex())

    def _on_activated(self, index: QModelIndex) -> None:
        self._select_one(index)
        self._on_clicked(index)
        self.left.emit()

    def _on_clicked(self, index: QModelIndex) -> None:
        image_id = index.data(IMAGE_ID)
        if self.count_selected > 1 or self._is_deselected(index):
            return  # hands are selecting, not looking
        if isinstance(image_id, int):
            self._session.walk.go_to(image_id)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _row_of(box: QComboBox, value: object) -> int:
    """Where a value is offered, or the first row; Qt does not find what is equal but not the same."""
    return next((row for row in range(box.count()) if box.itemData(row) == value), 0)
