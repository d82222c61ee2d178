"""A category in its list: key, mark, name, threshold, how many boxes it has, and how far it is learned."""

from __future__ import annotations

from functools import partial
from typing import cast

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QDoubleSpinBox, QStyleOptionViewItem, QWidget

from hitl_desktop.service.project.display_thresholds import THRESHOLD_STEP
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.categories.category_model import CategoryModel, Learned
from hitl_desktop.ui.theme.categories import swatch
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import CONTROL, SPACE
from hitl_desktop.ui.widgets.row_buttons import ButtonList
from hitl_desktop.ui.widgets.row_delegate import RowDelegate, draw_name, draw_right

Index = QModelIndex | QPersistentModelIndex
_KEY_WIDTH, _MARK = 20, 14
DOT = 9
_FIELD = 64
_NO_STEPPERS = "QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0; border: none; }"


class CategoryDelegate(RowDelegate):
    """Numbers stand below each other; a long name is shortened, never the number."""

    height = CONTROL

    def __init__(self, view: ButtonList, session: Session) -> None:
        super().__init__(view)
        self._session = session

    def paint_row(self, painter: QPainter, inner: QRect, index: Index, text: QColor, dim: QColor) -> None:
        """Paint a category."""
        row = cast("CategoryModel", index.model()).row(index.row())
        if row is None:
            return
        swatch(row.category_id).paint(painter, QRect(inner.left(), inner.center().y() - 6, _MARK, _MARK))
        inner.setLeft(inner.left() + _MARK + SPACE[1])
        painter.setPen(dim)
        if row.key:
            width = max(_KEY_WIDTH, painter.fontMetrics().horizontalAdvance(row.key) + 4)
            key = QRect(inner.left(), inner.top(), width, inner.height())
            painter.drawText(key, Qt.AlignmentFlag.AlignVCenter, row.key)
            inner.setLeft(inner.left() + width)
        inner.setRight(inner.right() - SPACE[0])
        draw_name(painter, inner, row.name, text)

    def paint_tail(self, painter: QPainter, tail: QRect, index: Index, dim: QColor) -> None:
        """Paint how many boxes it has, and how far it is learned."""
        row = cast("CategoryModel", index.model()).row(index.row())
        if row is None:
            return
        dot = QRectF(tail.right() - DOT + 1, tail.center().y() - DOT / 2 + 1, DOT, DOT)
        _paint_state(painter, dot, row.learned)
        draw_right(painter, tail.adjusted(0, 0, -DOT - SPACE[1], 0), str(row.boxes), dim)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: ARG002
        """A field for the threshold; what it shows is tried at once."""
        row = cast("CategoryModel", index.model()).row(index.row())
        field = QDoubleSpinBox(parent)
        field.setRange(THRESHOLD_STEP, 1 - THRESHOLD_STEP)
        field.setSingleStep(THRESHOLD_STEP)
        field.setPrefix("≥ ")
        field.setStyleSheet(_NO_STEPPERS)  # arrows and the wheel step it
        field.setAccessibleName(tr("Show suggestions of {name} from", name=row.name if row else ""))
        if row is not None:
            field.setValue(self._session.thresholds.of(row.category_id))
            field.valueChanged.connect(partial(self._set, row.category_id))
        return field

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: ARG002
        """At the right of the row, where the threshold stood."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        right = rect.right() - self._view.tail - SPACE[1]
        editor.setGeometry(QRect(right - _FIELD, rect.top(), _FIELD, rect.height()))

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """The field has it."""

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """It was set as it was typed."""

    def _set(self, category_id: int, value: float) -> None:
        self._session.set_own_thresholds({**self._session.thresholds.own, category_id: round(value, 2)})


def _paint_state(painter: QPainter, dot: QRectF, learned: Learned) -> None:
    """A full disc is suggested, a half one still learning, a ring has no examples."""
    theme = colours()
    colour = QColor(
        {Learned.SUGGESTED: theme.ok, Learned.LEARNING: theme.warn, Learned.NOTHING: theme.border}[learned]
    )
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(colour if learned is Learned.SUGGESTED else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(dot)
    if learned is Learned.LEARNING:
        painter.setBrush(colour)
        painter.drawPie(dot, 90 * 16, 180 * 16)
    painter.setBrush(Qt.BrushStyle.NoBrush)
