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
    Qt,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.service.project.image_walk import MANY
from hitl_desktop.service.project.session import Session
from hitl_desktop.texts import ORDER_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.images.image_loader import ImageLoader
from hitl_desktop.ui.queue.box_filters import BoxFilters, filter_choice, row_of
from hitl_desktop.ui.queue.found import Found
from hitl_desktop.ui.queue.queue_list import QueueList
from hitl_desktop.ui.queue.queue_model import IMAGE_ID, QueueModel
from hitl_desktop.ui.queue.state_tabs import StateTabs
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.field import Field
from hitl_desktop.ui.widgets.pane import Pane
from hitl_desktop.workflows.queue.filtering import FILTER_KEY, as_text, from_text

_KEPT_SELECTION = 10_000


class QueuePanel(Pane):
    """The list with its filters."""

    def __init__(self, session: Session, loader: ImageLoader) -> None:
        super().__init__()
        self._session = session
        self.model = QueueModel(session, loader)
        self.list = QueueList(self.model)
        self.list.clicked.connect(self._on_clicked)
        self.list.activated.connect(self._on_activated)
        self.list.left.connect(self.left)
        self.state = StateTabs()
        self.state.currentChanged.connect(self._on_filter)
        self.text = Field(self.left)
        self.text.returnPressed.connect(self.left)
        self.text.setPlaceholderText(tr("Search"))
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName(tr("Show images whose name or reason contains this text"))
        self.text.textChanged.connect(self._on_filter)
        self.category = self._choice(tr("Show images with a box of this category"))
        self.tag = self._choice(tr("Show images with this tag"))
        self.boxes = BoxFilters()
        self.boxes.changed.connect(self._on_filter)
        self.boxes.entered.connect(self.left)
        self.reason = self._choice(tr("Show one queue: images that are asked about for this reason"))
        self.score = QDoubleSpinBox()
        self.score.setRange(0.0, 9.95)
        self.score.setSingleStep(0.05)
        self.score.setPrefix(tr("score from "))
        self.score.setMinimumWidth(120)
        self.score.setSpecialValueText(tr("Any score"))
        self.score.setAccessibleName(tr("Show images that are worth asking about from this score up"))
        self.score.setToolTip(tr("Expected corrections a second, as the tool tip of a row shows it"))
        self.score.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.score.valueChanged.connect(self._on_filter)
        self.score.lineEdit().returnPressed.connect(self.left)
        self.sorting = self._choice(
            tr("Order of the list"), {text: order for order, text in ORDER_TEXT.items()}
        )
        self.more = QToolButton()
        self.more.setText(tr("More"))
        self.more.setCheckable(True)
        self.more.setToolTip(tr("Filter by category, boxes, suggestions, tag, reason and score; sort"))
        self.more.setAccessibleName(tr("More filters"))
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.found = Found(session)
        self.found.all_wanted.connect(self.clear_filter)
        self._lay_out()
        self._is_filling = False
        self._offered: list[tuple[int, str]] | None = None
        self._reselect: list[int] = []
        self.model.reloaded.connect(self._on_reloaded)
        self.model.filter_wanted.connect(self.found.show_wait)
        session.opened.connect(self._on_opened)
        session.image_changed.connect(self._follow)
        session.changed.connect(self._on_changed)

    def _choice(self, name: str, options: Mapping[str, object] | None = None) -> QComboBox:
        return filter_choice(name, options or {}, self._on_filter)

    def _lay_out(self) -> None:
        self.list.menu_closed.connect(self._on_menu_closed)
        filters = QHBoxLayout()
        filters.addWidget(self.text, 1)
        filters.addWidget(self.more)
        more = QWidget()
        column = QVBoxLayout(more)
        column.setContentsMargins(0, 0, 0, 0)
        amount = QHBoxLayout()
        amount.addWidget(self.boxes.amount, 1)
        amount.addWidget(self.boxes.number)
        for widget in (self.category, self.boxes.size, self.boxes.finding):
            column.addWidget(widget)
        column.addLayout(amount)
        for widget in (self.tag, self.score, self.reason, self.sorting):
            column.addWidget(widget)
        more.hide()
        self.more.toggled.connect(more.setVisible)
        self.more.toggled.connect(self._count_findings)
        self.column = layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE[0], SPACE[0], SPACE[0], SPACE[0])
        layout.addWidget(self.state)
        layout.addLayout(filters)
        layout.addWidget(more)
        layout.addWidget(self.found)
        layout.addWidget(self.list, 1)
        filters_of_more = (
            *(self.category, *self.boxes.in_order),
            *(self.tag, self.score, self.reason, self.sorting),
        )
        in_order = (self.state, self.text, self.more, *filters_of_more, self.found.clear_button, self.list)
        for before, after in pairwise(in_order):
            QWidget.setTabOrder(before, after)

    # filters

    def _wanted(self) -> QueueFilter:
        queue: QueueFilter = self.reason.currentData() or QueueFilter()
        wanted = replace(
            queue,
            status=self.state.status,
            text=self.text.text(),
            category_id=self.category.currentData(),
            tag_id=self.tag.currentData(),
            score=round(self.score.value(), 2),
            order=QueueOrder(self.sorting.currentData()),  # Qt hands back a plain text
        )
        return self.boxes.added_to(wanted)

    def _on_filter(self) -> None:
        if not self._is_filling:
            wanted = self._wanted()
            self._session.remember(FILTER_KEY, as_text(wanted))
            if self.model.wanted.kind != wanted.kind:
                self.boxes.forget_counts()
            self.model.set_filter(wanted)

    def clear_filter(self) -> None:
        """Show all images again, in the order chosen."""
        self._show_filter(QueueFilter(order=self._wanted().order))
        self._on_filter()

    def _count_findings(self) -> None:
        if self.more.isChecked() and self._session.is_open:
            self.boxes.count(self._wanted().kind)

    def _on_opened(self) -> None:
        """Show the filter that the project had when it was closed."""
        self._fill()
        self._fill_queues()
        self._show_filter(from_text(self._session.recall(FILTER_KEY)))
        wanted = self._wanted()
        self.boxes.forget_counts()
        self.more.setChecked(wanted != QueueFilter(status=wanted.status, text=wanted.text))
        self.model.set_filter(wanted)

    def _show_filter(self, kept: QueueFilter) -> None:
        self._is_filling = True
        self.text.setText(kept.text)
        self.score.setValue(kept.score)
        self.boxes.show_filter(kept)
        self.state.choose(kept.status)
        for box, value in (
            (self.category, kept.category_id),
            (self.tag, kept.tag_id),
            (self.reason, QueueFilter(queue=kept.queue, image_set=kept.image_set)),
            (self.sorting, kept.order),
        ):
            box.setCurrentIndex(row_of(box, value))
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
        self.state.choose("")
        self.more.setChecked(True)
        self.reason.setCurrentIndex(row_of(self.reason, QueueFilter(image_set=name)))

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
            self.reason.setCurrentIndex(row_of(self.reason, chosen))
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
        if not self.boxes.are_counted:  # a filter goes first, and stops the counting
            self._count_findings()
        self._follow()
        if before:
            self.select(before)

    def _show_counts(self) -> None:
        self._fill_queues()
        self.found.show_count(self.model.wanted, self.model.rowCount())
        self.state.show_counts(self._session.image_list)

    def _on_changed(self, changes: Changes) -> None:
        if changes.only_boxes and not self.model.is_stale:
            return  # no row shows boxes
        many = changes.queue and changes.go_to is None and len(changes.annotations_of) > 1
        if self.model.is_stale or changes.images or (many and not self.model.wanted.is_plain):
            self._reload()
        else:
            self.model.refresh(changes.annotations_of)
        self._fill()
        if changes.queue:
            self._fill_queues()
            if len(self._session.image_list.statuses) <= MANY:  # of more it takes seconds after each decision
                self._count_findings()
        self.state.show_counts(self._session.image_list)
        if self._wanted() != self.model.wanted:  # what it asked for is gone
            self._on_filter()

    def _on_menu_closed(self) -> None:
        """The right button selected a row for its menu; the image at hand is another one."""
        if self.count_selected <= 1:
            self._follow()

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
