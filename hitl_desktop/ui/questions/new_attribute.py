"""What a new attribute is called, and which values it has."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QWidget

from hitl_desktop.domain.attributes import Attribute, AttributeKind
from hitl_desktop.domain.categories import Category
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.announce import name_choice

_KINDS = {
    tr("Flag: yes or no"): AttributeKind.FLAG,
    tr("One of several choices"): AttributeKind.CHOICE,
    tr("Number"): AttributeKind.NUMBER,
    tr("Text"): AttributeKind.TEXT,
}


class NewAttribute(QDialog):
    """Name, kind, choices, and whose boxes can have it."""

    def __init__(self, category: Category | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New attribute"))
        self._category = category
        self.name, self.choices = QLineEdit(), QLineEdit()
        self.kind, self.whose = QComboBox(), QComboBox()
        self.kind.addItems(list(_KINDS))
        self.choices.setPlaceholderText(tr("red, green, blue"))
        self.whose.addItems(
            [*([tr("Boxes of {name}", name=category.name)] if category else []), tr("All boxes")]
        )
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.kind.currentTextChanged.connect(self._on_kind)
        form = QFormLayout(self)
        for words, widget in (
            (tr("&Name"), self.name), (tr("&Kind"), self.kind), (tr("&Choices"), self.choices),
            (tr("&For"), self.whose),
        ):  # fmt: skip
            form.addRow(words, widget)
            if isinstance(widget, QComboBox):
                name_choice(widget, words.replace("&", ""))
            widget.setAccessibleName(words.replace("&", ""))
        form.addRow(buttons)
        self._on_kind()

    def _on_kind(self) -> None:
        self.choices.setEnabled(_KINDS[self.kind.currentText()] is AttributeKind.CHOICE)

    def attribute(self) -> Attribute:
        """What was typed."""
        kind = _KINDS[self.kind.currentText()]
        choices = tuple(self.choices.text().split(",")) if kind is AttributeKind.CHOICE else ()
        for_category = self._category is not None and self.whose.currentIndex() == 0
        return Attribute(
            self.name.text(), kind, choices, self._category.id if for_category and self._category else None
        )
