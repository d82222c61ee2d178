"""What can be done to the selected box, right at the box: for the mouse, and to show the keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.theme.icons import keep_icon
from hitl_desktop.ui.theme.tokens import SPACE

_GAP = 6
_OF_BOX = (
    "accept_box",
    "find_category",
    "remove_box",
    "duplicate",
    "copy",
    "toggle_lock",
    "hide_selected",
    "unknown",
)
_OF_IMAGE = ("accept_picture", "mark_empty", "skip", "paste", "select_all", "show_hidden", "fit", "real_size")


class ContextBar(QFrame):
    """Accept, rename and remove at the selection; it moves out of the way while a box is drawn or moved."""

    def __init__(self, canvas: Canvas, action: Callable[[str], QAction], name_field: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("contextBar")
        self.setAccessibleName(tr("Selected boxes"))
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        self._canvas, self._action, self._name_field = canvas, action, name_field
        self._is_away = False
        self.accept = _button(action("accept_box"), "check", tr("Accept"))
        self.rename = _button(action("find_category"), "tag", tr("Category"))
        self.remove = _button(action("remove_box"), "x", tr("Remove"))
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[0], 0, SPACE[0], 0)
        row.setSpacing(SPACE[0])
        for button in (self.accept, self.rename, self.remove):
            row.addWidget(button)
        canvas.selection_changed.connect(self.show_at_selection)
        canvas.view_changed.connect(self.show_at_selection)
        canvas.items_changed.connect(self.show_at_selection)
        canvas.out_of_way.connect(self._go_away)
        name_field.installEventFilter(self)
        canvas.menu_wanted.connect(self.show_menu)
        canvas.relabel_wanted.connect(action("find_category").trigger)
        self.hide()

    def _go_away(self, away: bool) -> None:
        self._is_away = away
        self.show_at_selection()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The field for the name of a box stands where this bar would."""
        if event.type() in {QEvent.Type.Show, QEvent.Type.Hide}:
            self._go_away(event.type() == QEvent.Type.Show)
        return super().eventFilter(watched, event)

    def show_at_selection(self) -> None:
        """Stand below the selected box, or above or inside it where there is no room."""
        canvas, item = self._canvas, self._canvas.selection.last
        if item is None or not canvas.has_image or self._is_away or self._name_field.isVisible():
            self.hide()
            return
        if item.key.kind is Kind.COMPARED:  # there is nothing to be done about it
            self.hide()
            return
        is_open = item.key.kind is not Kind.TRUTH
        self.accept.setVisible(item.key.kind is Kind.PROPOSAL)  # a hint has no category to be accepted under
        self.remove.setText(tr("Reject") if is_open else tr("Delete"))
        self.adjustSize()
        visible = self._visible_selection()
        if visible.isEmpty():
            self.hide()
            return
        left = min(max(visible.center().x() - self.width() // 2, 0), canvas.width() - self.width())
        below, above = visible.bottom() + _GAP, visible.top() - self.height() - 4 * _GAP
        fits_below = below + self.height() <= canvas.height()
        top = below if fits_below else above if above >= 0 else visible.top() + _GAP
        self.move(QPoint(left, top))
        self.show()
        self.raise_()

    def show_menu(self, at: QPoint | None) -> None:
        """Select the box at a point, and offer the commands about it; elsewhere those about the image.

        Without a point, offer those about what is selected.
        """
        canvas = self._canvas
        if not canvas.has_image:
            return
        if canvas.pointer_tool.cancel():  # the right button gives up what the left one began
            canvas.update()
            return
        found = canvas.hit(QPointF(at)) if at is not None else None
        if at is not None and (found is None or not canvas.selection.has(found.item.key)):
            canvas.selection.select(found.item.key if found is not None else None)
        self._show_commands(canvas, at if at is not None else self._at_selection())

    def show_menu_beside(self, view: QWidget, at: QPoint) -> None:
        """The same commands at a point of another view, about what is selected."""
        if self._canvas.has_image:
            self._show_commands(view, at)

    def _show_commands(self, view: QWidget, at: QPoint) -> None:
        menu = QMenu(self._canvas)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        names = _OF_BOX if self._canvas.selection.last is not None else _OF_IMAGE
        menu.addActions([self._action(name) for name in names])
        menu.popup(view.mapToGlobal(at))

    def _at_selection(self) -> QPoint:
        """Below the selected box as far as it is in view; the middle of the canvas without one."""
        visible = self._visible_selection()
        return visible.bottomLeft() if not visible.isEmpty() else self._canvas.rect().center()

    def _visible_selection(self) -> QRect:
        """The part of the box selected last that is in view; empty if there is none."""
        item = self._canvas.selection.last
        if item is None:
            return QRect()
        view = self._canvas.camera.viewport.box_to_view(item.bbox)
        box = QRect(round(view.x), round(view.y), round(view.w), round(view.h))
        return box.intersected(self._canvas.rect())


def _button(action: QAction, name: str, text: str) -> QToolButton:
    button = QToolButton()
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.setText(text)
    keep_icon(button, name, 16)
    key = action.shortcut().toString()
    button.setToolTip(
        " ".join(filter(None, (action.text().replace("&", "").rstrip("."), f"({key})" if key else "")))
    )
    button.setAccessibleName(action.text().replace("&", ""))
    button.clicked.connect(action.trigger)
    return button
