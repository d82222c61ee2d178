"""The detector's classes that are no categories, folded away: each is mapped, ignored or added by one act."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QMenu, QPushButton, QVBoxLayout, QWidget

from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.categories.other_class_model import ADD, IGNORE, OtherClassModel
from hitl_desktop.ui.theme.categories import swatch
from hitl_desktop.ui.theme.icons import keep_icon
from hitl_desktop.ui.theme.tokens import SPACE
from hitl_desktop.ui.widgets.elided import ElidedButton
from hitl_desktop.ui.widgets.row_buttons import SIDE, ButtonList
from hitl_desktop.ui.widgets.row_delegate import RowDelegate, draw_name, draw_right
from hitl_desktop.workflows.prediction.detector_classes import ClassSeen

Index = QModelIndex | QPersistentModelIndex
_FEWEST_ROWS, _MOST_ROWS = 2, 5


class OtherClasses(QWidget):
    """A line that unfolds to the classes; hidden while there are none.

    Signals:
        unfolded: the classes are to be seen.
        map_asked: a class is to be one of the categories: (its name, the category's id).
        ignore_asked: the boxes of these classes are to be shown no longer (their names).
        add_asked: a class is to be a category of its own name.
    """

    unfolded = Signal()
    map_asked = Signal(str, int)
    ignore_asked = Signal(object)
    add_asked = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.model = OtherClassModel(session)
        self.title = ElidedButton()
        self.title.setCheckable(True)
        self.title.setProperty("fold", True)
        self.title.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.title.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.title.setToolTip(
            tr("What the detector found that is none of your categories: shown as dotted hints")
        )
        self.ignore_all = QPushButton(tr("Ignore all"))
        self.ignore_all.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.ignore_all.setToolTip(tr("Show no boxes of these classes; undo brings them back"))
        self.list = ButtonList(self.model, tr("Other detector classes"))
        self._delegate = _ClassDelegate(self.list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE[0])
        layout.addWidget(self.title)
        layout.addWidget(self.list)
        layout.addWidget(self.ignore_all, 0, Qt.AlignmentFlag.AlignRight)
        self.title.toggled.connect(self._fold)
        self.ignore_all.clicked.connect(self._ignore_all)
        self.list.button_clicked.connect(self._on_button)
        self.list.row_entered.connect(self._show_menu)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._on_menu)
        self._fold(is_open=False)
        self.show_classes(())

    def show_classes(self, classes: Sequence[ClassSeen]) -> None:
        """Offer these classes."""
        self.model.show_classes(classes)
        self.title.setText(tr("Other classes: {n}", n=len(classes)))
        self.list.setMinimumHeight(_height(self.list, min(len(classes), _FEWEST_ROWS)))
        self.list.setMaximumHeight(_height(self.list, min(len(classes), _MOST_ROWS)))
        self.setVisible(bool(classes))

    def menu_of(self, row: int) -> QMenu:
        """What can be done with a class."""
        name = self.model.classes[row].name
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(tr("Add as a category")).triggered.connect(partial(self.add_asked.emit, name))
        menu.addAction(tr("Ignore")).triggered.connect(partial(self.ignore_asked.emit, [name]))
        categories = self._session.known.offered
        if categories:
            self._add_categories(menu.addMenu(tr("Map to")), name)
        return menu

    def _add_categories(self, menu: QMenu, name: str) -> None:
        menu.setStyleSheet("QMenu { menu-scrollable: 1; }")
        for category_id, category in self._session.known.offered.items():
            entry = menu.addAction(swatch(category_id), category.replace("&", "&&"))
            entry.triggered.connect(partial(self.map_asked.emit, name, category_id))

    def _fold(self, is_open: bool) -> None:
        keep_icon(self.title, "chevron-down" if is_open else "chevron-right", 16)
        self.list.setVisible(is_open)
        self.ignore_all.setVisible(is_open)
        if is_open:
            self.unfolded.emit()

    def _ignore_all(self) -> None:
        self.ignore_asked.emit([seen.name for seen in self.model.classes])

    def _on_button(self, row: int, button: str) -> None:
        name = self.model.classes[row].name
        if button == ADD.id:
            self.add_asked.emit(name)
        elif button == IGNORE.id:
            self.ignore_asked.emit([name])
        else:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._add_categories(menu, name)
            menu.popup(self._below(row))

    def _on_menu(self, at: QPoint) -> None:
        row = self.list.indexAt(at).row()
        if row >= 0:
            self.menu_of(row).popup(self.list.viewport().mapToGlobal(at))

    def _show_menu(self, row: int) -> None:
        self.menu_of(row).popup(self._below(row))

    def _below(self, row: int) -> QPoint:
        place = self.list.visualRect(self.model.index(row, 0))
        return self.list.viewport().mapToGlobal(place.bottomLeft())


def _height(view: ButtonList, rows: int) -> int:
    return SIDE * rows + 2 * view.frameWidth()


class _ClassDelegate(RowDelegate):
    """Its name, and how many boxes it has here."""

    def paint_row(self, painter: QPainter, inner: QRect, index: Index, text: QColor, dim: QColor) -> None:
        """Paint a class."""
        seen = cast("OtherClassModel", index.model()).classes[index.row()]
        draw_right(painter, inner, str(seen.boxes), dim)
        draw_name(painter, inner, seen.name, text)
