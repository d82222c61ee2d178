"""Every act by its words: type some of them, then Enter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.translation import tr
from hitl_desktop.ui.keys.action_table import MENU_TITLES, ActionSpec, plain
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.theme.style import colours
from hitl_desktop.ui.theme.tokens import CONTROL, SPACE
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.row_delegate import draw_name, draw_right

_PASSED_ON = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_ID: Final = Qt.ItemDataRole.UserRole
_PLACE: Final = Qt.ItemDataRole.UserRole + 1
_KEY: Final = Qt.ItemDataRole.UserRole + 2
_KEY_WIDTH: Final = 120
_BY_MENU: Final = 5
"""A command whose menu has a typed word that its own name has not comes after all others."""


def match(typed: str, name: str) -> int | None:
    """How well a command's name matches what was typed, 0 best; None if some typed word is not in it.

    Best is a name that has the typed words as whole words and in order, then one that begins with them, then
    one that has them at the beginnings of words and in order, then in any order, then anywhere.
    """
    name, words = name.casefold(), typed.casefold().split()
    if not all(word in name for word in words):
        return None
    begin = [rf"\b{re.escape(word)}" for word in words]
    if re.search(".*".join(rf"{word}\b" for word in begin), name):
        return 0
    if name.startswith(" ".join(words)):
        return 1
    if re.search(".*".join(begin), name):
        return 2
    return 3 if all(re.search(word, name) for word in begin) else 4


def match_command(typed: str, words: str, spec: ActionSpec) -> int | None:
    """How well a command matches: by its words now, by those of the table, at last with its menu before
    them."""
    ranks = [rank for name in {words, spec.words} if (rank := match(typed, name)) is not None]
    with_menu = match(typed, f"{plain(MENU_TITLES[spec.menu])} {spec.words}")
    return min(ranks, default=None if with_menu is None else _BY_MENU + with_menu)


class _Row(QStyledItemDelegate):
    """Its words at the left, the menu it stands in and its key at the right; or why it cannot be done."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        return QSize(120, CONTROL)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        rect: QRect = option.rect  # type: ignore[attr-defined]
        state: QStyle.StateFlag = option.state  # type: ignore[attr-defined]
        theme = colours()
        is_chosen, is_possible = bool(state & QStyle.StateFlag.State_Selected), bool(index.data(_ID))
        if is_chosen:
            painter.fillRect(rect, QColor(theme.selected))
        dim = QColor(theme.on_selected_dim if is_chosen else theme.text_dim)
        text = QColor(theme.on_selected if is_chosen else theme.text) if is_possible else dim
        inner = rect.adjusted(SPACE[1], 0, -SPACE[1], 0)
        keys = inner.adjusted(inner.width() - _KEY_WIDTH, 0, 0, 0)
        draw_right(painter, keys, index.data(_KEY), text)
        inner.setRight(inner.right() - _KEY_WIDTH)
        draw_right(painter, inner, index.data(_PLACE), dim)
        draw_name(painter, inner, index.data(), text)


class Palette(QDialog):
    """A list of acts; `chosen` is the id of the one to do once the palette is closed.

    Equally good matches are in order of use, the acts that were chosen last (`recent`, the latest first)
    before others; what cannot be done now comes last, with the reason.
    """

    def __init__(self, actions: Actions, parent: QWidget, recent: Sequence[str] = ()) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Commands"))
        open_within_screen(self, 640, 460)
        self.chosen: str | None = None
        self._actions = actions
        places = {action_id: n for n, action_id in enumerate(recent)}
        listed = [spec for spec in actions.listed if not spec.held]
        self._specs = sorted(listed, key=lambda spec: places.get(spec.id, len(places)))
        self.text = QLineEdit()
        self.text.setPlaceholderText(tr("Type some letters of a command"))
        self.text.setAccessibleName(tr("Find a command"))
        self.text.textChanged.connect(self._filter)
        self.text.returnPressed.connect(self._choose)
        self.text.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Commands"))
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(self.list)
        self._filter("")

    def _filter(self, typed: str) -> None:
        self.list.clear()
        ranks = {spec: match_command(typed, self._actions.words_of(spec), spec) for spec in self._specs}
        found = {spec: rank for spec, rank in ranks.items() if rank is not None}
        for spec in sorted(found, key=lambda spec: (bool(self._actions.why_not(spec)), found[spec])):
            self.list.addItem(self._row(spec))
        self.list.setCurrentRow(0)

    def _row(self, spec: ActionSpec) -> QListWidgetItem:
        words, why_not = self._actions.words_of(spec), self._actions.why_not(spec)
        keys = next(iter(self._actions.keys_of(spec.id)), "")
        key = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        place = why_not or plain(MENU_TITLES[spec.menu])
        item = QListWidgetItem(words)
        for role, value in ((_ID, "" if why_not else spec.id), (_PLACE, place), (_KEY, key)):
            item.setData(role, value)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, (words, place, key))))
        item.setToolTip(words)
        return item

    def _choose(self) -> None:
        if self.list.currentRow() >= 0 and (chosen := self.list.currentItem().data(_ID)):
            self.chosen = chosen
            self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move through the list while the field has the keyboard."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() in _PASSED_ON
        ):
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)
