"""The attributes of the selected boxes: flags, choices, numbers, texts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QWidget

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import COMMON, CROWD, Attribute, AttributeKind, Value
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.ui.theme.tokens import CONTROL
from hitl_desktop.ui.widgets.announce import name_choice
from hitl_desktop.ui.widgets.field import Field

_COLUMNS = 2
_VARIOUS = "various"


def value_of(box: Annotation | Proposal, name: str) -> Value | None:
    """The attributes of a box; a proposal has none."""
    if isinstance(box, Proposal):
        return None
    return (box.crowd or None) if name == CROWD else dict(box.attributes).get(name)


class _Flag(QCheckBox):
    """A check box that answers clicks anywhere on it, not on its mark and name alone."""

    def hitButton(self, pos: QPoint) -> bool:
        """Whether a click there is meant for it."""
        return self.rect().contains(pos)


class AttributePanel(QWidget):
    """A row of flags that every box has, then a row for each attribute of the boxes' category.

    Signals:
        said: (name, value as typed or chosen, boxes) what a hand said of boxes, perhaps as it left them.
    """

    value_set = Signal(str, object, object)

    def __init__(self, left: SignalInstance) -> None:
        super().__init__()
        self._left = left
        self._free: list[Attribute] | None = None
        self._widgets: dict[str, QCheckBox | QComboBox | Field] = {}
        self._boxes: Sequence[Annotation | Proposal] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self.show_boxes((), ())

    def widget(self, name: str) -> QCheckBox | QComboBox | Field:
        """Where an attribute is shown and said."""
        return self._widgets[name]

    def show_boxes(self, boxes: Sequence[Annotation | Proposal], free: Sequence[Attribute]) -> None:
        """Show what is said of these boxes; `free` are the attributes that they can have besides the common
        ones."""
        if list(free) != self._free:
            self._build(list(free))
        self._boxes = boxes
        self.setEnabled(bool(boxes))
        for attribute in (*COMMON, *free):
            values = {value_of(box, attribute.name) for box in boxes}
            _show(self._widgets[attribute.name], values)

    def commit(self) -> None:
        """Keep what is typed and not yet entered."""
        for name, widget in self._widgets.items():
            if isinstance(widget, Field) and widget.isModified():
                widget.setModified(False)
                self._emit_value(name, widget.text())

    def _build(self, free: list[Attribute]) -> None:
        self._free = free
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._widgets = {}
        for n, attribute in enumerate(COMMON):
            self._grid.addWidget(self._flag(attribute.name), n // _COLUMNS, n % _COLUMNS)
        for n, attribute in enumerate(free):
            row = len(COMMON) // _COLUMNS + n
            text = f"Q {n + 1}  {attribute.name}" if n < 9 else attribute.name
            if attribute.kind is AttributeKind.FLAG:
                flag = self._flag(attribute.name)
                flag.setText(text)
                self._grid.addWidget(flag, row, 0, 1, _COLUMNS)
                continue
            self._grid.addWidget(QLabel(text), row, 0)
            self._grid.addWidget(self._field(attribute), row, 1)

    def _flag(self, name: str) -> QCheckBox:
        box = _Flag(name)
        box.setMinimumHeight(CONTROL - 4)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the canvas
        box.clicked.connect(lambda: self._emit_value(name, box.isChecked()))
        self._widgets[name] = box
        return box

    def _emit_value(self, name: str, value: object) -> None:
        self.value_set.emit(name, value, self._boxes)

    def _field(self, attribute: Attribute) -> QComboBox | Field:
        if attribute.kind is AttributeKind.CHOICE:
            combo = QComboBox()
            combo.addItems(["", *attribute.choices])
            combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            combo.activated.connect(lambda: self._emit_value(attribute.name, combo.currentText()))
            name_choice(combo, attribute.name)
            widget: QComboBox | Field = combo
        else:
            field = Field(self._left)
            field.editingFinished.connect(self.commit)
            field.returnPressed.connect(self._left)
            widget = field
        widget.setAccessibleName(attribute.name)
        self._widgets[attribute.name] = widget
        return widget


def _show(widget: QCheckBox | QComboBox | Field, values: set[Value | None]) -> None:
    various = len(values) > 1
    value = next(iter(values)) if len(values) == 1 else None
    if isinstance(widget, QCheckBox):
        widget.setTristate(False)
        state = Qt.CheckState.PartiallyChecked if various else Qt.CheckState.Checked if value else None
        widget.setCheckState(state or Qt.CheckState.Unchecked)
    elif isinstance(widget, QComboBox):
        known = widget.findText("" if value is None else str(value))
        if known < 0:
            widget.addItem(str(value))
            known = widget.count() - 1
        widget.setCurrentIndex(-1 if various else known)
        widget.setPlaceholderText(_VARIOUS)
    else:
        widget.setText("" if value is None else f"{value:g}" if isinstance(value, float) else str(value))
        widget.setPlaceholderText(_VARIOUS if various else "")
        widget.setModified(False)
