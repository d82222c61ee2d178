"""The list of categories in the inspector: key, mark, name, threshold, number of boxes, and how far it is
learned."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QEnterEvent, QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QWidget

from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.categories.category_delegate import DOT, CategoryDelegate
from hitl_desktop.ui.categories.category_model import CategoryModel
from hitl_desktop.ui.theme.tokens import CONTROL, SPACE
from hitl_desktop.ui.widgets.row_buttons import ButtonList, Index

_FEWEST = 2


class CategoryList(ButtonList):
    """The rows of a `CategoryModel`.

    Signals:
        pressed_on: a category, by the right button of the mouse.
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
        self._delegate = CategoryDelegate(self, session)
        self.empty_text = tr("No category yet: type a name above.")
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
        self.tail = self.fontMetrics().horizontalAdvance(str(widest)) + SPACE[1] + DOT
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
        """The menu of the right button is about the current category; a click of the left one may be about
        selected boxes first."""
        super().mousePressEvent(event)
        row = self._categories.row(self.indexAt(event.position().toPoint()).row())
        if row is not None and event.button() == Qt.MouseButton.RightButton:
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
            self.chosen.emit(row.category_id)
