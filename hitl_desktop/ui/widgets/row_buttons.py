"""A list whose rows carry small buttons; they are painted, so that thousands of rows cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QListView, QToolTip

from hitl_desktop.ui.theme.tokens import SPACE

Index = QModelIndex | QPersistentModelIndex
BUTTONS: Final = Qt.ItemDataRole.UserRole + 20
"""The `RowButton`s of a row, from left to right."""
SIDE: Final = 24
_ICON: Final = 16


class RowButton(NamedTuple):
    """A button of a row: what it stands for, its icon or its text, and its tool tip."""

    id: str
    icon: str
    tip: str
    text: str = ""


class ButtonList(QListView):
    """Rows of equal height with buttons at the right while the pointer is on them, or they are selected.

    Whatever a button does can be done by the keyboard, too: `Enter` on the row, or a menu.

    Attributes:
        hovered: The row under the pointer, or -1.
        empty_text: What is shown while there are no rows.
        tail: So many pixels at the right of each row are no place for buttons.

    Signals:
        button_clicked: a button of a row: (its row, the button's id).
        row_clicked: a row, beside its buttons.
        row_entered: `Enter` was pressed on a row.
    """

    button_clicked = Signal(int, str)
    row_clicked = Signal(int)
    row_entered = Signal(int)

    def __init__(self, model: QAbstractItemModel, name: str) -> None:
        super().__init__()
        self.hovered, self.tail, self.empty_text = -1, 0, ""
        self._pressed: tuple[int, str] | None = None
        self.setModel(model)
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
        model.modelReset.connect(self._forget_press)
        self.verticalScrollBar().valueChanged.connect(self._hover_again)

    @property
    def is_pressing(self) -> bool:
        """Whether the mouse is down on a button."""
        return self._pressed is not None

    def has_buttons(self, index: Index) -> bool:
        """Whether the buttons of a row are shown now."""
        return index.row() == self.hovered or self.selectionModel().isSelected(index)

    def button_places(self, index: Index) -> list[tuple[RowButton, QRect]]:
        """The buttons of a row that are shown, and where."""
        buttons = cast("Sequence[RowButton] | None", index.data(BUTTONS)) if self.has_buttons(index) else None
        row = self.visualRect(index)
        tail = self.tail + SPACE[1] if self.tail else 0
        right, places = row.right() + 1 - SPACE[0] - tail, list[tuple[RowButton, QRect]]()
        for button in reversed(buttons or ()):
            width = self.fontMetrics().horizontalAdvance(button.text) + SPACE[1] if button.text else SIDE
            right -= max(width, SIDE)
            places.insert(0, (button, QRect(right, row.center().y() - SIDE // 2 + 1, max(width, SIDE), SIDE)))
        return places

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A button is no part of its row: the row is not chosen by it."""
        self._pressed = self._button_at(event.position().toPoint()) if _is_left(event) else None
        if self._pressed is None:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was pressed is meant if it is also released there."""
        at = event.position().toPoint()
        pressed, self._pressed = self._pressed, None
        if pressed is not None:
            if pressed == self._button_at(at):
                self.button_clicked.emit(*pressed)
            return
        super().mouseReleaseEvent(event)
        row = self.indexAt(at).row()
        if row >= 0 and _is_left(event):
            self.row_clicked.emit(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second click of two is none on a button: by then it may be another row's."""
        if self._button_at(event.position().toPoint()) is None:
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the pointer shows its buttons."""
        super().mouseMoveEvent(event)
        self._hover(self.indexAt(event.position().toPoint()).row())
        is_on_button = self._button_at(event.position().toPoint()) is not None
        self.viewport().setCursor(
            Qt.CursorShape.PointingHandCursor if is_on_button else Qt.CursorShape.ArrowCursor
        )

    def leaveEvent(self, event: QEvent) -> None:
        """No row is under the pointer any longer."""
        super().leaveEvent(event)
        self._hover(-1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Where there is no row, tell what will be here."""
        super().paintEvent(event)
        if not self.model().rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().placeholderText().color())
            room = self.viewport().rect().adjusted(SPACE[1], SPACE[1], -SPACE[1], -SPACE[1])
            painter.drawText(room, Qt.TextFlag.TextWordWrap, self.empty_text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Enter` is about the row the keyboard is on."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.currentIndex().isValid():
            self.row_entered.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """A button has a tool tip of its own."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.indexAt(event.pos())
            for button, place in self.button_places(index) if index.isValid() else ():
                if place.contains(event.pos()):
                    QToolTip.showText(event.globalPos(), button.tip, self.viewport(), place)
                    return True
        return super().viewportEvent(event)

    def scroll_back(self, at: int) -> None:
        """Let the rows stand as far up as they did, after they were replaced."""
        if at > 0:  # rows are laid out for it now, which else waits until they are painted
            self.executeDelayedItemsLayout()
        self.verticalScrollBar().setValue(at)

    def _button_at(self, at: QPoint) -> tuple[int, str] | None:
        index = self.indexAt(at)
        places = self.button_places(index) if index.isValid() else ()
        return next(((index.row(), button.id) for button, place in places if place.contains(at)), None)

    def _hover(self, row: int) -> None:
        if row != self.hovered:
            before, self.hovered = self.hovered, row
            for each in (before, row):
                self.update(self.model().index(each, 0))

    def _forget_press(self) -> None:
        """Other rows are shown: a press on one that is gone means nothing."""
        self._pressed = None

    def _hover_again(self) -> None:
        """Rows moved under the pointer, if it is here."""
        if self.hovered >= 0:
            self._hover(self.indexAt(self.viewport().mapFromGlobal(self.cursor().pos())).row())


def _is_left(event: QMouseEvent) -> bool:
    return event.button() == Qt.MouseButton.LeftButton
