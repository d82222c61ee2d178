"""The list of boxes in the inspector: groups fold, suggestions are accepted and rejected in their rows."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent

from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.box_delegate import BoxDelegate
from hitl_desktop.ui.boxes.box_model import ACCEPT, KEY, BoxModel
from hitl_desktop.ui.boxes.box_order import BoxGroup, BoxOrder
from hitl_desktop.ui.canvas.items import BoxKey, Kind
from hitl_desktop.ui.widgets.row_buttons import ButtonList

_MANY = 200


class BoxList(ButtonList):
    """The rows of a `BoxModel`; a group answers `Enter`, `Left` and `Right`, a suggestion `Enter`.

    Signals:
        chosen: a box is to be selected, or (None) no box.
        accept_asked: a suggestion is right.
        reject_asked: a suggestion or a hint is wrong.
    """

    chosen = Signal(object)
    accept_asked = Signal(BoxKey)
    reject_asked = Signal(BoxKey)

    def __init__(self, model: BoxModel) -> None:
        super().__init__(model, tr("Boxes of this image"))
        self._boxes = model
        self.empty_text = tr("Boxes and suggestions of this image will be listed here.")
        self._marked: BoxKey | None = None
        self._late_mark: tuple[BoxKey | None] | None = None
        self._is_marking = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._reload_late)
        self._delegate = BoxDelegate(self)
        self.row_clicked.connect(self._on_clicked)
        self.row_entered.connect(self._on_entered)
        self.button_clicked.connect(self._on_button)
        self.selectionModel().currentChanged.connect(self._on_current)

    def reload(self) -> None:
        """Show the boxes as they are now; the keyboard stays where it was as far as that is there."""
        row, at = self.currentIndex().row(), self.verticalScrollBar().value()
        group = self._boxes.row(row)
        self._is_marking = True
        self._boxes.reload()
        self._stay(self._boxes.row_of_group(group.category_id) if isinstance(group, BoxGroup) else row)
        self._is_marking = False
        self.scroll_back(at)

    def reload_soon(self) -> None:
        """Show the boxes as they are now; of many only after the image was painted, which people look at."""
        if self._boxes.rowCount() <= _MANY:
            self.reload()
        else:
            self._soon.start()

    def _reload_late(self) -> None:
        key, self._late_mark = self._late_mark[0] if self._late_mark else self._marked, None
        self.reload()
        self.mark(key)

    def begin(self) -> None:
        """Another image is at hand: its boxes are read from the top."""
        self._soon.stop()
        self._marked = self._late_mark = None
        self._stay(-1)
        self.scrollToTop()
        self.reload()

    def sort_by(self, order: BoxOrder) -> None:
        """Sort the boxes otherwise; the selected one stays selected."""
        self._boxes.order = order
        self.reload()
        self.mark(self._marked)

    def mark(self, key: BoxKey | None) -> None:
        """Show which box is selected; its group is unfolded for it once."""
        if self._soon.isActive():  # it may not be listed yet
            self._late_mark = (key,)
            return
        if key is not None and key != self._marked and self._boxes.row_of(key) < 0:
            group = self._boxes.group_with(key)
            if group is not None:
                self._boxes.fold(group, folded=False)
        is_new, self._marked, at = key != self._marked, key, self.verticalScrollBar().value()
        row = self._boxes.row_of(key)
        self._is_marking = True
        if row >= 0:
            self.setCurrentIndex(self._boxes.index(row, 0))
        else:
            self.clearSelection()
        self._is_marking = False
        if not is_new:  # it is not looked for
            self.scroll_back(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Also by the right button, whose menu is about the selected box."""
        super().mousePressEvent(event)
        key = self.indexAt(event.position().toPoint()).data(KEY)
        if event.button() == Qt.MouseButton.RightButton and key is not None:
            self.chosen.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """`Left` folds the group of a row, `Right` unfolds it."""
        group = self._boxes.group_of(self.currentIndex().row())
        if group is not None and event.key() in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self._fold(group, folded=event.key() == Qt.Key.Key_Left)
        else:
            super().keyPressEvent(event)

    def _stay(self, row: int) -> None:
        """Leave the keyboard at a row without selecting it."""
        index = self._boxes.index(min(row, self._boxes.rowCount() - 1), 0)
        self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _fold(self, group: BoxGroup, *, folded: bool) -> None:
        at = self.verticalScrollBar().value()
        self._is_marking = True
        self._boxes.fold(group, folded=folded)
        self._stay(self._boxes.row_of_group(group.category_id))
        if (row := self._boxes.row_of(self._marked)) >= 0:
            self.selectionModel().select(self._boxes.index(row, 0), QItemSelectionModel.SelectionFlag.Select)
        self._is_marking = False
        self.scroll_back(at)

    def _on_clicked(self, number: int) -> None:
        row = self._boxes.row(number)
        if isinstance(row, BoxGroup):
            self._fold(row, folded=not self._boxes.is_folded(row))
        else:
            self.chosen.emit(self._boxes.index(number, 0).data(KEY))

    def _on_entered(self, number: int) -> None:
        key = self._boxes.index(number, 0).data(KEY)
        if key is None:
            self._on_clicked(number)
        elif key.kind is Kind.PROPOSAL:
            self.accept_asked.emit(key)

    def _on_button(self, number: int, button: str) -> None:
        key = self._boxes.index(number, 0).data(KEY)
        (self.accept_asked if button == ACCEPT else self.reject_asked).emit(key)

    def _on_current(self, index: QModelIndex) -> None:
        """Arrows go through the boxes on the canvas, too."""
        if self.hasFocus() and not self._is_marking and index.isValid():
            self.chosen.emit(index.data(KEY))
