"""The list of categories in the inspector: key, mark, name, threshold, number of boxes, and how far it is
learned."""

from __future__ import annotations

from functools import partial
from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemDelegate, QDoubleSpinBox, QStyleOptionViewItem, QWidget

from hitl_desktop.service.project.display_thresholds import THRESHOLD_STEP
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.category_model import CategoryModel, Learned
from hitl_desktop.ui.theme.categories import swatch
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import CONTROL, SPACE
from hitl_desktop.ui.widgets.row_buttons import ButtonList, Index, RowDelegate, draw_name, draw_right

_KEY_WIDTH, _MARK, _DOT = 20, 14, 9
_FIELD = 64
_NO_STEPPERS = "QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { width: 0; border: none; }"
_FEWEST = 2


class CategoryList(ButtonList):
    """The rows of a `CategoryModel`.

    Signals:
        pressed_on: a category, by either button of the mouse.
        chosen: a category was clicked, or `Enter` was pressed on it.
        looked_at: the pointer or the keyboard came here: tool tips are wanted.
        edited: a threshold was set, the keyboard is free.
    """

    pressed_on = Signal(int)
    chosen = Signal(int)
    looked_at = Signal()
    edited = Signal()

    def __init__(self, session: Session, model: CategoryModel) -> None:
        super().__init__(model, tr("Categories"))
        self._session, self._categories = session, model
        self._before: dict[int, float] = {}
        self._delegate = _CategoryDelegate(self, session)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.row_clicked.connect(self._on_clicked)
        self.row_entered.connect(self._on_entered)
        self.button_clicked.connect(self.edit_threshold)

    def has_buttons(self, index: Index) -> bool:
        """The threshold is shown under the pointer and the keyboard, and where it is the category's own."""
        row = self._categories.row(index.row())
        has_own = row is not None and row.category_id in self._session.thresholds.own
        has_keyboard = self.hasFocus() and index == self.currentIndex()
        return has_own or has_keyboard or index.row() == self.hovered

    def mark(self, category_id: int | None) -> None:
        """Show which category is the current one."""
        row = self._categories.row_of(category_id)
        if row >= 0:
            self.setCurrentIndex(self._categories.index(row, 0))
        else:
            self.clearSelection()
            self.selectionModel().setCurrentIndex(QModelIndex(), QItemSelectionModel.SelectionFlag.NoUpdate)

    def fit_rows(self) -> None:
        """Be no higher than the rows: boxes need the room. Numbers stand below each other."""
        rows = max(self._categories.rowCount(), _FEWEST)
        widest = max((row.boxes for row in self._categories.rows), default=0)
        self.tail = self.fontMetrics().horizontalAdvance(str(widest)) + SPACE[1] + _DOT
        self.setMaximumHeight(rows * CONTROL + 2 * self.frameWidth())

    def edit_threshold(self, row: int, _button: str = "") -> None:
        """Let the person change the threshold of a category in its row."""
        index = self._categories.index(row, 0)
        if index.isValid():
            self._before = dict(self._session.thresholds.own)
            self.scrollTo(index)
            self.edit(index)

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        """`Escape` takes back what was tried."""
        if hint == QAbstractItemDelegate.EndEditHint.RevertModelCache:
            self._session.set_own_thresholds(self._before)
        super().closeEditor(editor, hint)
        if hint != QAbstractItemDelegate.EndEditHint.NoHint:  # else the keyboard went elsewhere by itself
            self.edited.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Also by the right button, whose menu is about the current category."""
        super().mousePressEvent(event)
        row = self._categories.row(self.indexAt(event.position().toPoint()).row())
        if row is not None and not self.is_pressing:
            self.pressed_on.emit(row.category_id)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer is here."""
        super().enterEvent(event)
        self.looked_at.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard is here."""
        super().focusInEvent(event)
        self.looked_at.emit()

    def _on_clicked(self, number: int) -> None:
        row = self._categories.row(number)
        if row is not None:
            self.chosen.emit(row.category_id)

    def _on_entered(self, number: int) -> None:
        """`Enter` does what a click does."""
        row = self._categories.row(number)
        if row is not None:
            self.pressed_on.emit(row.category_id)
            self.chosen.emit(row.category_id)


class _CategoryDelegate(RowDelegate):
    """Numbers stand below each other; a long name is shortened, never the number."""

    height = CONTROL

    def __init__(self, view: CategoryList, session: Session) -> None:
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
            key = QRect(inner.left(), inner.top(), _KEY_WIDTH, inner.height())
            painter.drawText(key, Qt.AlignmentFlag.AlignVCenter, row.key)
            inner.setLeft(
                inner.left() + max(_KEY_WIDTH, painter.fontMetrics().horizontalAdvance(row.key) + 4)
            )
        inner.setRight(inner.right() - SPACE[0])
        draw_name(painter, inner, row.name, text)

    def paint_tail(self, painter: QPainter, tail: QRect, index: Index, dim: QColor) -> None:
        """Paint how many boxes it has, and how far it is learned."""
        row = cast("CategoryModel", index.model()).row(index.row())
        if row is None:
            return
        dot = QRectF(tail.right() - _DOT + 1, tail.center().y() - _DOT / 2 + 1, _DOT, _DOT)
        _paint_state(painter, dot, row.learned)
        draw_right(painter, tail.adjusted(0, 0, -_DOT - SPACE[1], 0), str(row.boxes), dim)

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
        right = rect.right() - cast("CategoryList", self.parent()).tail - SPACE[1]
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
