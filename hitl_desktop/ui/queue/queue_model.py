"""The review queue as a list: of the ids it has, rows are read around what is visible, never while painting."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.words import capitalised
from hitl_desktop.service.project.image_walk import MANY
from hitl_desktop.service.project.review_order import ReviewOrder
from hitl_desktop.service.project.session import Session
from hitl_desktop.service.project.views import QueueRow
from hitl_desktop.texts import REASON_TEXT, STATUS_TEXT, skip_text
from hitl_desktop.translation import tr
from hitl_desktop.ui.images.image_loader import ImageLoader
from hitl_desktop.workflows.queue.filtering import filter_queue

Index = QModelIndex | QPersistentModelIndex

IMAGE_ID = Qt.ItemDataRole.UserRole + 1
STATUS = Qt.ItemDataRole.UserRole + 2
DETAIL = Qt.ItemDataRole.UserRole + 3
_AROUND = 40
"""So many rows on each side of a place are read at once, in about a millisecond."""
_FEW = 100
"""More rows than this are repainted as a whole."""


class Facts(NamedTuple):
    """What a row shows."""

    path: str
    detail: str
    status: str
    thumbnail: QImage | None


class QueueModel(QAbstractListModel):
    """Images in the order of the session, or filtered and sorted otherwise.

    Signals:
        reloaded: other rows are shown.
        filter_wanted: a job is to find the images that pass: (`QueueFilter`, ids in order of asking, who
            takes the
            `ReviewOrder`).
    """

    reloaded = Signal()
    filter_wanted = Signal(object, object, object)

    def __init__(self, session: Session, loader: ImageLoader) -> None:
        super().__init__()
        self._session, self._loader = session, loader
        self._shown = ReviewOrder()
        self._asked = 0
        self._revision = 0
        self._rows: dict[int, QueueRow] = {}
        self._missing: set[int] = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._read_missing)
        self.wanted = QueueFilter()
        loader.thumbnail_ready.connect(self._repaint)

    def rowCount(self, parent: Index | None = None) -> int:
        """How many images pass the filter."""
        return 0 if parent is not None and parent.isValid() else len(self._shown.ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, thumbnail, state, reason and score of an image."""
        if not index.isValid() or index.row() >= len(self._shown.ids):
            return None
        image_id = self._shown.ids[index.row()]
        if role == IMAGE_ID:
            return image_id
        row = self._row(image_id)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(row.record)
        return self._words(row, role)

    def facts(self, row: int) -> Facts | None:
        """All that a row shows, at once: each question of Qt gives the interpreter away, and a busy job takes
        it."""
        found = self._row(self._shown.ids[row]) if row < len(self._shown.ids) else None
        if found is None:
            return None
        record = found.record
        status = self._session.image_list.statuses.get(record.id, record.status)
        return Facts(record.path, _detail(found), status, self._thumbnail(record))

    def _words(self, row: QueueRow, role: int) -> str | None:
        record = row.record
        if role == STATUS:
            return self._session.image_list.statuses.get(record.id, record.status)
        if role == DETAIL:
            return _detail(row)
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole}:
            return _tip(row)
        return record.path if role == Qt.ItemDataRole.DisplayRole else None

    @property
    def is_stale(self) -> bool:
        """Whether the images were listed anew since they were taken."""
        return self._revision != self._session.image_list.revision

    def reload(self) -> None:
        """Take the session's order anew; of very many images, or by a finding, a job finds those that pass, and
        `reloaded` follows."""
        self._asked += 1
        self._revision = self._session.image_list.revision
        project, asked = self._session.project, self._session.image_list.order.ids
        if self.wanted.is_plain or project is None:
            self._take(None)
        elif len(asked) > MANY or self.wanted.finding is not None:
            self.filter_wanted.emit(self.wanted, asked, partial(self._take_late, self._asked))
        else:
            self._take(ReviewOrder(filter_queue(project, self.wanted, asked)))

    def _take_late(self, number: int, view: ReviewOrder) -> None:
        if number == self._asked:
            self._take(view)

    def _take(self, view: ReviewOrder | None) -> None:
        self._session.image_list.restrict(view, decided_too=self.wanted.is_about_done_ones)
        self.beginResetModel()
        self._shown = self._session.image_list.order.snapshot() if view is None else view
        self._read_again()
        self.endResetModel()
        self.reloaded.emit()

    def set_filter(self, wanted: QueueFilter) -> None:
        """Show only images that pass."""
        self.wanted = wanted
        self.reload()

    def ids(self, rows: Iterable[int]) -> list[int]:
        """The images in these rows."""
        return [self._shown.ids[row] for row in rows if row < len(self._shown.ids)]

    def index_of(self, image_id: int | None) -> QModelIndex:
        """The row of an image; invalid when the filter hides it."""
        if image_id is None:
            return QModelIndex()
        row = self._shown.place_of(image_id)
        return self.index(row, 0) if row >= 0 else QModelIndex()

    def refresh(self, image_ids: Collection[int]) -> None:
        """Show these images as they are now."""
        if len(image_ids) > _FEW:
            self._read_again()
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, 0))
            return
        self._rows.update(self._session.views.queue_rows(self._rows.keys() & set(image_ids)))
        for image_id in image_ids:
            self._repaint(image_id)

    def _read_again(self) -> None:
        """Read the first rows, those around the current image, and forget the others."""
        place = max(self._shown.place_of(self._session.at_hand or 0), 0)
        around = self._shown.ids[max(place - _AROUND, 0) : place + _AROUND]
        self._rows = self._session.views.queue_rows([*self._shown.ids[:_AROUND], *around])
        self._missing.clear()

    def _row(self, image_id: int) -> QueueRow | None:
        """What was read of an image; what is missing is read soon, since painting may not wait."""
        row = self._rows.get(image_id)
        if row is None:
            self._missing.add(image_id)
            if not self._soon.isActive():
                self._soon.start()
        return row

    def _read_missing(self) -> None:
        missing, self._missing = self._missing, set()
        self._rows.update(self._session.views.queue_rows(missing))
        for image_id in missing:
            self._repaint(image_id)

    def _thumbnail(self, record: ImageRecord) -> QImage | None:
        return (
            None
            if record.reason
            else self._loader.thumbnail(record.id, lambda: self._session.path_of(record))
        )

    def _repaint(self, image_id: int) -> None:
        index = self.index_of(image_id)
        if index.isValid():
            self.dataChanged.emit(index, index)


def _detail(row: QueueRow) -> str:
    """Why an image is asked about, or what became of it."""
    record, ranked = row.record, row.ranked
    if record.reason:
        return record.reason.split(".")[0]
    if record.is_gone:
        return tr("file is gone")
    if record.state is ImageState.SKIPPED:
        return (
            tr("skipped: {skip_text}", skip_text=skip_text(row.skipped_because))
            if row.skipped_because
            else STATUS_TEXT["skipped"]
        )
    if record.state is not ImageState.UNDECIDED:
        return STATUS_TEXT[record.status]
    if ranked is None:
        return ""
    return capitalised(REASON_TEXT[ranked.reason])


def _tip(row: QueueRow) -> str:
    """All about an image, with what asking about it is worth."""
    ranked = row.ranked
    worth = (
        tr("Expected corrections a second: {score:.2f}", score=ranked.score)
        if ranked and ranked.score
        else ""
    )
    return "\n".join(filter(None, (row.record.path, row.record.reason or _detail(row), worth)))
