"""The boxes of the image at hand as a table."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import CROWD, in_words
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.items import BoxKey, Kind
from hitl_desktop.ui.theme.categories import NEW_NAME_COLOUR, swatch

Index = QModelIndex | QPersistentModelIndex
COLUMNS = (tr("Category"), tr("Score"), tr("Origin"))
KEY = Qt.ItemDataRole.UserRole + 1


class BoxModel(QAbstractTableModel):
    """Annotations, then the proposals shown, then the hints."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._rows: list[Annotation | Proposal] = []
        self._places: dict[BoxKey, int] = {}

    def rowCount(self, parent: Index | None = None) -> int:
        """How many boxes there are."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Category, score, origin."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The columns' names."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A cell."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == KEY:
            return key_of(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells(row)[index.column()]
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return swatch(row.category_id if row.category_id is not None else NEW_NAME_COLOUR)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr(
                "{w:.0f} x {h:.0f} pixels at {x:.0f}, {y:.0f}",
                w=row.bbox.w,
                h=row.bbox.h,
                x=row.bbox.x,
                y=row.bbox.y,
            )
        return None

    def _cells(self, row: Annotation | Proposal) -> tuple[str, str, str]:
        if isinstance(row, Proposal):
            name = row.name if row.category_id is not None else tr("object? ({name})", name=row.name)
            return name, f"{row.score:.2f}", row.named_by
        name = self._session.known.of.get(row.category_id, tr("category {id}", id=row.category_id))
        attributes_text = in_words((*row.attributes, *(((CROWD, True),) if row.crowd else ())))
        name = f"{name} ({attributes_text})" if attributes_text else name
        return name, "" if row.score is None else f"{row.score:.2f}", _origin(row)

    def reload(self) -> None:
        """Read the session's boxes."""
        self.beginResetModel()
        self._rows = [
            *self._session.annotations,
            *self._session.visible_proposals,
            *self._session.visible_hints,
        ]
        self._places = {key_of(row): n for n, row in enumerate(self._rows)}
        self.endResetModel()

    def row_of(self, key: BoxKey | None) -> int:
        """The row of a box; -1 if it is not there."""
        return self._places.get(key, -1) if key is not None else -1


def key_of(row: Annotation | Proposal) -> BoxKey:
    """The key under which the canvas knows a box."""
    if isinstance(row, Annotation):
        return BoxKey(Kind.TRUTH, row.id)
    return BoxKey(Kind.HINT if row.category_id is None else Kind.PROPOSAL, row.prediction_id)


def _origin(annotation: Annotation) -> str:
    """Where a box came from, in a word."""
    if annotation.origin is Origin.MODEL:
        return "corrected" if annotation.edited else "accepted"
    return "drawn" if annotation.origin is Origin.HUMAN else "imported"
