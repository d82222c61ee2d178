"""The confusion matrix as a table of shaded cells; the arrow keys move in it, Enter or a click opens a cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from hitl_desktop.translation import tr
from hitl_desktop.ui.theme import style
from hitl_desktop.ui.theme.tokens import CONTROL, FOCUS, Colours
from hitl_desktop.workflows.quality.chart_values import HeatCell
from hitl_desktop.workflows.quality.report_charts import Data, confusion_names, confusions
from hitl_desktop.workflows.quality.report_crops import words_of
from hitl_desktop.workflows.quality.tuning import NOTHING

_Index = QModelIndex | QPersistentModelIndex
_COLUMN, _WIDEST_COLUMN, _LARGEST_NAME = 76, 130, 240
_ROLE = Qt.ItemDataRole


def shade(cell: HeatCell, c: Colours) -> QColor:
    """The colour of a cell on the paper of a table, on which its number can be read."""
    colour, paper = QColor(c.right if cell.is_right else c.wrong), QColor(c.raised)
    tones = (QColor.red, QColor.green, QColor.blue)
    return QColor(*(round(tone(paper) + (tone(colour) - tone(paper)) * cell.strength) for tone in tones))


class _Cells(QAbstractTableModel):
    def __init__(self, cells: Sequence[Data]) -> None:
        super().__init__()
        self.matrix = confusions(cells, most=None)
        self.names = [*confusion_names(cells, most=None), NOTHING]

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: ARG002 - a table has no children
        return len(self.matrix.rows)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: ARG002
        return len(self.matrix.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> object:
        across = orientation == Qt.Orientation.Horizontal
        names = self.matrix.columns if across else self.matrix.rows
        if role in (_ROLE.DisplayRole, _ROLE.ToolTipRole):
            return names[section]
        return None

    def data(self, index: _Index, role: int = _ROLE.DisplayRole) -> object:
        cell = self.cell(index)
        if role == _ROLE.DisplayRole:
            return str(cell.count) if cell else ""
        if role in (_ROLE.ToolTipRole, _ROLE.AccessibleTextRole):
            return cell.words if cell else tr("{what}: none", what=words_of(*self.key(index)))
        return None

    def cell(self, index: _Index) -> HeatCell | None:
        """A cell; None where there is no box."""
        return self.matrix.cells.get((index.row(), index.column()))

    def key(self, index: _Index) -> tuple[str, str]:
        """What boxes of a cell really are, and what was suggested."""
        return self.names[index.row()], self.names[index.column()]


class _Shades(QStyledItemDelegate):
    """Paints cells in their shade, also the current one, which has a frame."""

    def __init__(self, cells: _Cells) -> None:
        super().__init__()
        self._cells = cells

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        c, cell = style.colours(), self._cells.cell(index)
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        painter.save()
        if cell is not None:
            painter.fillRect(rect, shade(cell, c))
            font = painter.font()
            font.setBold(cell.is_right)
            painter.setFont(font)
            painter.setPen(QColor(c.text))
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), str(cell.count))
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(c.accent), FOCUS))
            painter.drawRect(rect.adjusted(1, 1, -1, -1))
        painter.restore()


class ConfusionMatrix(QTableView):
    """Rows: what people decided; columns: what was suggested. `opened` is a cell as (real, suggested), and
    whether the keyboard did it."""

    opened = Signal(tuple, bool)

    def __init__(self, cells: Sequence[Data]) -> None:
        super().__init__()
        self._cells = _Cells(cells)
        self.setModel(self._cells)
        self.setItemDelegate(shades := _Shades(self._cells))
        self._shades = shades  # the view does not keep it
        self.setAccessibleName(
            tr("Confusion matrix: rows are what people labelled, columns what was suggested")
        )
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        across, down = self.horizontalHeader(), self.verticalHeader()
        down.setDefaultSectionSize(CONTROL)
        down.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        down.setMaximumWidth(_LARGEST_NAME)
        for header in (across, down):
            header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
            header.setSectionsClickable(False)
        self.clicked.connect(partial(self._open, by_key=False))

    def go_to(self, key: tuple[str, str]) -> None:
        """Make a cell the current one, where it is in the matrix."""
        names = self._cells.names
        if key[0] in names and key[1] in names:
            self.setCurrentIndex(self._cells.index(names.index(key[0]), names.index(key[1])))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Few columns share the room, many are scrolled."""
        super().resizeEvent(event)
        share = self.viewport().width() // len(self._cells.names)
        self.horizontalHeader().setDefaultSectionSize(min(max(share, _COLUMN), _WIDEST_COLUMN))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current cell."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex(), by_key=True)
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex, *, by_key: bool) -> None:
        if (index.row(), index.column()) in self._cells.matrix.cells:
            self.opened.emit(self._cells.key(index), by_key)
