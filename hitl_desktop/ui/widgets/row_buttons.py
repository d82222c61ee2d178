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
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from hitl_desktop.ui.theme.icons import tinted
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import RADIUS_CHIP, SPACE, Colours

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
        self.hovered, self.tail = -1, 0
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


class RowDelegate(QStyledItemDelegate):
    """Paints the ground of a row and its buttons; what else a row shows, `paint_row` paints."""

    height = SIDE

    def __init__(self, view: ButtonList) -> None:
        super().__init__(view)
        self._view = view
        view.setItemDelegate(self)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        """All rows are equally high."""
        return QSize(120, self.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        theme = colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if is_chosen:
            painter.fillRect(rect, QColor(theme.selected))
        places = self._view.button_places(index)
        for button, place in places:
            _paint_button(painter, button, place, theme, is_chosen=is_chosen)
        text = QColor(theme.on_selected if is_chosen else theme.text)
        dim = QColor(theme.on_selected_dim if is_chosen else theme.text_dim)
        inner = rect.adjusted(SPACE[0], 0, -SPACE[1], 0)
        tail = inner.adjusted(inner.width() - self._view.tail, 0, 0, 0)
        self.paint_tail(painter, tail, index, dim)
        inner.setRight(places[0][1].left() - SPACE[0] if places else tail.left())
        self.paint_row(painter, inner, index, text, dim)
        painter.setPen(QColor(theme.accent))
        if index == self._view.currentIndex() and self._view.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        painter.restore()

    def paint_tail(self, painter: QPainter, tail: QRect, index: Index, dim: QColor) -> None:
        """Paint what stands at the right of the buttons; nothing as a rule."""

    def paint_row(self, painter: QPainter, inner: QRect, index: Index, text: QColor, dim: QColor) -> None:
        """Paint what a row shows into the room that its buttons leave."""
        raise NotImplementedError


def draw_right(painter: QPainter, inner: QRect, text: str, colour: QColor) -> None:
    """Write something at the right end; what is left of it stays in `inner`."""
    if text:
        painter.setPen(colour)
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        inner.setRight(inner.right() - painter.fontMetrics().horizontalAdvance(text) - SPACE[1])


def draw_name(painter: QPainter, inner: QRect, text: str, colour: QColor) -> None:
    """Write as much of a name as there is room for; its beginning and its end stay."""
    painter.setPen(colour)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, inner.width())
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, shown)


def _paint_button(
    painter: QPainter, button: RowButton, place: QRect, theme: Colours, *, is_chosen: bool
) -> None:
    colour = theme.on_selected if is_chosen else theme.text
    painter.setPen(QColor(theme.border))
    painter.setBrush(QColor(theme.raised))
    if button.text:
        painter.drawRoundedRect(place.adjusted(1, 2, -1, -2), RADIUS_CHIP, RADIUS_CHIP)
        painter.setPen(QColor(theme.text))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, button.text)
        return
    icon = QRect(0, 0, _ICON, _ICON)
    icon.moveCenter(place.center())
    painter.drawPixmap(icon, tinted(button.icon, colour, _ICON))


def _is_left(event: QMouseEvent) -> bool:
    return event.button() == Qt.MouseButton.LeftButton
