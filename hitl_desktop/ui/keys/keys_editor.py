"""The keys of all acts, made from their table: choose one, press what it shall be."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from hitl_desktop.translation import tr
from hitl_desktop.ui.keys.action_table import ACTIONS, MENU_TITLES, clash, plain
from hitl_desktop.ui.keys.actions import Actions
from hitl_desktop.ui.widgets.dialog_size import open_within_screen
from hitl_desktop.ui.widgets.field import search_field
from hitl_desktop.ui.widgets.tables import cell


class KeysEditor(QDialog):
    """Rebinds acts at once; a key that another act has, or one of the project's `categories`, is refused by
    name."""

    def __init__(
        self, actions: Actions, parent: QWidget, categories: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys of all commands"))
        open_within_screen(self, 640, 560)
        self._actions, self._categories = actions, categories or {}
        self._specs = ACTIONS
        self.search = search_field(tr("Search commands or keys"), self._filter)
        self.table = QTableWidget(len(self._specs), 3)
        self.table.setAccessibleName(tr("Commands and their keys"))
        self.table.setHorizontalHeaderLabels([tr("Command"), tr("Menu"), tr("Key")])
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.key = QKeySequenceEdit()
        for field in (self.key, *self.key.findChildren(QLineEdit)):  # the inner one has the keyboard
            field.setAccessibleName(tr("New key of the chosen command"))
        self.key.editingFinished.connect(self._rebind)
        self.note = QLabel(tr("Choose a command, click into the field, and press its new key."))
        self.note.setWordWrap(True)
        no_key, default = QPushButton(tr("Clear")), QPushButton(tr("Reset"))
        for button in (no_key, default):
            button.setAutoDefault(False)  # Enter in the table must not take a key away
        no_key.clicked.connect(lambda: self._set(""))
        default.clicked.connect(self._reset)
        row = QHBoxLayout()
        row.addWidget(self.key, 1)
        row.addWidget(no_key)
        row.addWidget(default)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.table, self.note):
            layout.addWidget(widget)
        layout.addLayout(row)
        layout.addWidget(buttons)
        self._fill()
        self.table.selectRow(0)

    def _fill(self) -> None:
        for row, spec in enumerate(self._specs):
            self.table.setItem(row, 0, cell(spec.words))
            self.table.setItem(row, 1, cell(plain(MENU_TITLES[spec.menu])))
            self.table.setItem(row, 2, cell(", ".join(self._actions.keys_of(spec.id))))

    def _filter(self, typed: str) -> None:
        """List the commands whose name, menu or key contains the text."""
        word = typed.casefold().strip()
        for row, spec in enumerate(self._specs):
            texts = (spec.words, plain(MENU_TITLES[spec.menu]), *self._actions.keys_of(spec.id))
            self.table.setRowHidden(row, not any(word in text.casefold() for text in texts))
        shown = [row for row in range(self.table.rowCount()) if not self.table.isRowHidden(row)]
        if shown and self.table.currentRow() not in shown:
            self.table.selectRow(shown[0])

    def choose(self, action_id: str) -> None:
        """Take an act in hand."""
        self.table.selectRow([spec.id for spec in self._specs].index(action_id))

    def _rebind(self) -> None:
        typed = self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        if typed:
            self._set(typed)
            self.key.clear()

    def _set(self, key: str) -> None:
        spec = self._specs[self.table.currentRow()]
        owner = next((name for its, name in self._categories.items() if clash(key, its)), None)
        taken = self._actions.rebind(spec.id, key) if owner is None else None
        if owner is not None:
            self.note.setText(
                tr(
                    '{key} belongs to the category "{owner}". Give that another key first.',
                    key=key,
                    owner=owner,
                )
            )
        elif taken is not None:
            self.note.setText(
                tr('{key} belongs to "{words}". Give that another key first.', key=key, words=taken.words)
            )
        else:
            self.note.setText(
                tr('"{words}" has the key {key}.', words=spec.words, key=key)
                if key
                else tr('"{words}" has no key.', words=spec.words)
            )
        self._fill()

    def _reset(self) -> None:
        spec = self._specs[self.table.currentRow()]
        for key in spec.keys:
            owner = next((name for its, name in self._categories.items() if clash(key, its)), None)
            taken = self._actions.owner_of(key, other_than=spec.id)
            if owner is not None or taken is not None:
                self.note.setText(
                    tr(
                        '{key} belongs to "{owner}" now.',
                        key=key,
                        owner=owner or (taken.words if taken else ""),
                    )
                )
                return
        self._set(spec.shortcut)
