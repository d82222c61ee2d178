"""The accessibility tree as Qt hands it to screen readers, and what in it lacks a name or room."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QComboBox, QWidget

Role = QAccessible.Role
TOLD = {
    Role.Button, Role.ButtonMenu, Role.ButtonDropDown, Role.CheckBox, Role.RadioButton, Role.EditableText,
    Role.ComboBox, Role.SpinBox, Role.Slider, Role.List, Role.Table, Role.Tree, Role.PageTab, Role.PageTabList,
    Role.MenuItem, Role.ProgressBar, Role.Dialog, Role.Canvas, Role.HotkeyField,
}  # fmt: skip
"""What a person acts on or is told about."""
_MOST_CHILDREN = 60


def name_of(interface: QAccessibleInterface) -> str:
    return interface.text(QAccessible.Text.Name).strip()


def tree(interface: QAccessibleInterface, path: str = "") -> Iterator[tuple[str, QAccessibleInterface]]:
    """All of a window, each with its way from the top."""
    path = f"{path} > {interface.role().name} {name_of(interface)!r}"
    yield path, interface
    for n in range(min(interface.childCount(), _MOST_CHILDREN)):
        child = interface.child(n)
        if child is not None and child.isValid() and not child.state().invisible:
            yield from tree(child, path)


def nameless(widget: QWidget) -> set[str]:
    """Where in a window something that can be used has no name."""
    return {
        f"{path} {type(interface.object()).__name__}"
        for path, interface in tree(QAccessible.queryAccessibleInterface(widget))
        if interface.role() in TOLD and not _is_named(interface)
    }


def _is_named(interface: QAccessibleInterface) -> bool:
    thing, parent = interface.object(), interface.parent()
    if isinstance(thing, QComboBox):  # its name may be what is chosen: what is it about?
        return bool(thing.accessibleName() and interface.text(QAccessible.Text.Description)) or any(
            QAccessible.RelationFlag.Label in flags for _, flags in interface.relations()
        )
    is_part = parent is not None and parent.role() in {Role.ComboBox, Role.SpinBox}
    return bool(name_of(interface)) or (is_part and _is_named(parent))
