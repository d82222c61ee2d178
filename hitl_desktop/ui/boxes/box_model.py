"""The boxes of the image at hand as rows: a line for each category, and its boxes below it unless it is
folded."""

from __future__ import annotations

from itertools import chain

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import CROWD, in_words
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.box_order import Box, BoxGroup, BoxOrder, grouped
from hitl_desktop.ui.canvas.items import BoxKey, Kind
from hitl_desktop.ui.widgets.row_buttons import BUTTONS, RowButton

Index = QModelIndex | QPersistentModelIndex
KEY = Qt.ItemDataRole.UserRole + 1
ACCEPT, REJECT = "accept", "reject"
_ACCEPT = RowButton(ACCEPT, "check", tr("Accept this suggestion (Enter)"))
_REJECT = RowButton(REJECT, "x", tr("Reject this suggestion (X)"))
_REJECT_HINT = RowButton(REJECT, "x", tr("Reject this hint (X)"))


class BoxModel(QAbstractListModel):
    """Own boxes, then the suggestions that are shown, of each category; then the hints.

    Attributes:
        order: By what `reload` sorts them.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._groups: list[BoxGroup] = []
        self._rows: list[BoxGroup | Box] = []
        self._places: dict[BoxKey, int] | None = None
        self._folded: set[int | None] = set()
        self.order = BoxOrder.CATEGORY

    def rowCount(self, parent: Index | None = None) -> int:
        """How many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def row(self, number: int) -> BoxGroup | Box | None:
        """A group or a box."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What is asked about a row."""
        row = self.row(index.row())
        if row is None:
            return None
        return self._of_group(row, role) if isinstance(row, BoxGroup) else self._of_box(row, role)

    def _of_box(self, box: Box, role: int) -> object:
        if role == KEY:
            return key_of(box)
        if role == BUTTONS and isinstance(box, Proposal):
            return (_ACCEPT, _REJECT) if box.category_id is not None else (_REJECT_HINT,)
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{self.name_of(box.category_id)}{_attributes_of(box)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.name_of(box.category_id)}: {words_of(box)}, {detail_of(box, self.order)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{self.name_of(box.category_id)}{_attributes_of(box)}\n{_tip(box)}"
        return None

    def _of_group(self, group: BoxGroup, role: int) -> str | None:
        if role == Qt.ItemDataRole.DisplayRole:
            return group.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{group.name}: {group.count_words}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = tr("folded") if self.is_folded(group) else tr("unfolded")
            return f"{group.name}: {group.count_words}, {state}"
        return None

    def name_of(self, category_id: int | None) -> str:
        """What the boxes of a category are called."""
        known = self._session.known
        if category_id is None:
            return tr("Hints")
        if category_id == known.unnamed_id:
            return tr("Without a category")
        return known.of.get(category_id, tr("category {id}", id=category_id))

    def reload(self) -> None:
        """Read the session's boxes."""
        session = self._session
        boxes = [*session.annotations, *session.visible_proposals, *session.visible_hints]
        self._show(grouped(boxes, self.name_of, self.order))

    def is_folded(self, group: BoxGroup) -> bool:
        """Whether the boxes of a group are not listed."""
        return group.category_id in self._folded

    def fold(self, group: BoxGroup, *, folded: bool) -> None:
        """List the boxes of a group no longer, or again; it stays so on other images."""
        if folded != self.is_folded(group):
            self._folded ^= {group.category_id}
            self._show(self._groups)

    def _show(self, groups: list[BoxGroup]) -> None:
        self.beginResetModel()
        self._groups = groups
        self._rows = list(
            chain.from_iterable((g, *(() if g.category_id in self._folded else g.boxes)) for g in groups)
        )
        self._places = None
        self.endResetModel()

    def row_of(self, key: BoxKey | None) -> int:
        """The row of a box; -1 if it is not listed."""
        if key is None:
            return -1
        if (
            self._places is None
        ):  # of thousands of boxes it takes longer than all else, and often none is selected
            rows = enumerate(self._rows)
            self._places = {key_of(row): n for n, row in rows if not isinstance(row, BoxGroup)}
        return self._places.get(key, -1)

    def group_of(self, row: int) -> BoxGroup | None:
        """The group of a row, perhaps the row itself."""
        for number in range(min(row, len(self._rows) - 1), -1, -1):
            if isinstance(group := self._rows[number], BoxGroup):
                return group
        return None

    def group_with(self, key: BoxKey) -> BoxGroup | None:
        """The group of a box, also of one that is not listed."""
        return next((g for g in self._groups if any(key_of(box) == key for box in g.boxes)), None)

    def row_of_group(self, category_id: int | None) -> int:
        """The row of a group; -1 if there is none."""
        rows = enumerate(self._rows)
        return next((n for n, r in rows if isinstance(r, BoxGroup) and r.category_id == category_id), -1)


def key_of(row: Box) -> BoxKey:
    """The key under which the canvas knows a box."""
    if isinstance(row, Annotation):
        return BoxKey(Kind.TRUTH, row.id)
    return BoxKey(Kind.HINT if row.category_id is None else Kind.PROPOSAL, row.prediction_id)


def words_of(row: Box) -> str:
    """Where a box came from, and its attributes."""
    if isinstance(row, Proposal):
        return tr("Suggested") if row.category_id is not None else tr("{name}?", name=row.name)
    return f"{_origin(row)}{_attributes_of(row)}"


def detail_of(row: Box, order: BoxOrder) -> str:
    """The number by which boxes are sorted; as a rule the score of a suggestion, the size of an own box."""
    box = row.bbox
    if order is BoxOrder.PLACE:
        return f"{box.x:.0f}, {box.y:.0f}"
    if isinstance(row, Proposal) and order not in {BoxOrder.LARGE, BoxOrder.SMALL}:
        return f"{row.score:.2f}"
    return f"{box.w:.0f} x {box.h:.0f}"


def _tip(row: Box) -> str:
    box = row.bbox
    place = tr("{w:.0f} x {h:.0f} pixels at {x:.0f}, {y:.0f}", w=box.w, h=box.h, x=box.x, y=box.y)
    return f"{place}\n{row.provenance}" if isinstance(row, Proposal) else place


def _attributes_of(row: Box) -> str:
    if isinstance(row, Proposal):
        return ""
    text = in_words((*row.attributes, *(((CROWD, True),) if row.crowd else ())))
    return f" ({text})" if text else ""


def _origin(annotation: Annotation) -> str:
    """Where a box came from, in a word."""
    if annotation.origin is Origin.MODEL:
        return tr("Corrected") if annotation.edited else tr("Accepted")
    return tr("Drawn") if annotation.origin is Origin.HUMAN else tr("Imported")
