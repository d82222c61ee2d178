"""The review queue as a list: ids only, rows are looked up when they are painted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.ui.image_loader import ImageLoader
from hitl_desktop.ui.session import Session

Index = QModelIndex | QPersistentModelIndex

IMAGE_ID = Qt.ItemDataRole.UserRole + 1
STATUS = Qt.ItemDataRole.UserRole + 2
DETAIL = Qt.ItemDataRole.UserRole + 3

FILTERS: dict[str, Callable[[str], bool]] = {
    "All": lambda _: True,
    "To do": lambda status: status == "undecided",
    "Decided": lambda status: status == "decided",
    "Skipped": lambda status: status == "skipped",
    "Unreadable": lambda status: status == "unreadable",
}


class QueueModel(QAbstractListModel):
    """Pictures in the order of the session, filtered by state and by text."""

    def __init__(self, session: Session, loader: ImageLoader) -> None:
        super().__init__()
        self._session, self._loader = session, loader
        self._rows: list[int] = []
        self._places: dict[int, int] = {}
        self._records: dict[int, ImageRecord] = {}
        self._filter, self._text = "All", ""
        loader.thumbnail_ready.connect(self._repaint)

    def rowCount(self, parent: Index | None = None) -> int:
        """How many pictures pass the filter."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Name, thumbnail, state, reason and score of a picture."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        image_id = self._rows[index.row()]
        if role == IMAGE_ID:
            return image_id
        record = self._record(image_id)
        if record is None:
            return None
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(record)
        return self._words(record, role)

    def _words(self, record: ImageRecord, role: int) -> str | None:
        if role == STATUS:
            return self._session.statuses.get(record.id, record.status)
        if role == DETAIL:
            return self._detail(record)
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole}:
            return f"{record.path}\n{record.reason or self._detail(record)}"
        return record.path if role == Qt.ItemDataRole.DisplayRole else None

    def reload(self) -> None:
        """Take the session's order anew."""
        passes, text = FILTERS[self._filter], self._text.casefold()
        statuses = self._session.statuses
        rows = [i for i in self._session.order.ids if passes(statuses.get(i, "undecided"))]
        if text:
            rows = [i for i in rows if self._matches(i, text)]
        self.beginResetModel()
        self._rows = rows
        self._places = {image_id: n for n, image_id in enumerate(rows)}
        self._records.clear()
        self.endResetModel()

    def set_filter(self, name: str, text: str) -> None:
        """Show only pictures in this state whose name or reason holds the text."""
        self._filter, self._text = name, text
        self.reload()

    def index_of(self, image_id: int | None) -> QModelIndex:
        """The row of a picture; invalid when the filter hides it."""
        row = self._places.get(image_id, -1) if image_id is not None else -1
        return self.index(row, 0) if row >= 0 else QModelIndex()

    def refresh(self, image_id: int) -> None:
        """A picture's state changed."""
        self._records.pop(image_id, None)
        self._repaint(image_id)

    def _matches(self, image_id: int, text: str) -> bool:
        record, ranked = self._record(image_id), self._session.ranked.get(image_id)
        return record is not None and (text in record.path.casefold() or (ranked is not None and text in ranked.reason))

    def _record(self, image_id: int) -> ImageRecord | None:
        if image_id not in self._records and self._session.project is not None:
            record = self._session.project.images.get(image_id)
            if record is not None:
                self._records[image_id] = record
        return self._records.get(image_id)

    def _detail(self, record: ImageRecord) -> str:
        if record.reason:
            return record.reason.split(".")[0]
        if record.state != "undecided":
            return record.state.value
        ranked = self._session.ranked.get(record.id)
        return f"{ranked.reason} ({ranked.score:.2f})" if ranked and ranked.score else "not looked at yet"

    def _thumbnail(self, record: ImageRecord) -> QImage | None:
        return None if record.reason else self._loader.thumbnail(record.id, lambda: self._session.path_of(record))

    def _repaint(self, image_id: int) -> None:
        index = self.index_of(image_id)
        if index.isValid():
            self.dataChanged.emit(index, index)
