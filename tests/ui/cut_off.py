"""Finds texts that do not fit where they are drawn."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from PySide6.QtCore import QAbstractListModel, QModelIndex, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QMainWindow,
    QMenu,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolButton,
    QWidget,
)

from hitl_desktop.ui.widgets.elided import ElidedButton, ElidedLabel

SLACK = 2
"""Pixels by which Qt's own hints and what it draws may differ."""
MOST_ROWS = 200


def cut_off(root: QWidget) -> set[str]:
    """Which texts of a window are cut off, each with the kind of what shows it."""
    widgets = [w for w in (root, *root.findChildren(QWidget)) if w.isVisible() and w.window() is root]
    return {f"{type(w).__name__}: {problem}" for w in widgets for problem in _problems(w)}


def _problems(widget: QWidget) -> Iterator[str]:
    for kind, find in _FINDERS:
        if isinstance(widget, kind):
            yield from find(widget)
            break
    else:
        return
    if _words_of(widget) and not isinstance(widget.parent(), QMainWindow) and not _is_inside(widget):
        yield f"{_words_of(widget)[:60]!r} reaches out of {type(widget.parent()).__name__}"


def _words_of(widget: QWidget) -> str:
    if _is_icon(widget):
        return widget.accessibleName()
    if isinstance(widget, QLabel | QAbstractButton):
        return widget.text()
    return widget.accessibleName() or type(widget).__name__


def _is_icon(widget: QWidget) -> bool:
    icon_only = Qt.ToolButtonStyle.ToolButtonIconOnly
    return isinstance(widget, QToolButton) and widget.toolButtonStyle() == icon_only


def _is_inside(widget: QWidget) -> bool:
    """Whether all of it can be seen, or scrolled to."""
    holder, place = widget, widget.rect()
    while not holder.isWindow() and (parent := holder.parentWidget()) is not None:
        place = QRect(holder.mapToParent(place.topLeft()), place.size())
        area = parent.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.viewport() is parent:
            fixed = area.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            return not fixed or (place.left() >= -SLACK and place.right() <= parent.width() + SLACK)
        if not parent.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK).contains(place):
            return False
        holder = parent
    return True


def _told_elsewhere(widget: QWidget, text: str) -> bool:
    return _plain(text) in _plain(widget.toolTip()) or _plain(text) in _plain(widget.accessibleName())


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", text)).replace("&", "")


def _short(text: str, needs: object, has: object) -> str:
    return f"{_plain(text)[:60]!r} needs {needs}, has {has}"


def _label(label: QLabel) -> Iterator[str]:
    text = label.text()
    if not text or not label.pixmap().isNull():
        return
    if isinstance(label, ElidedLabel):
        if not _told_elsewhere(label, text):
            yield f"{text[:60]!r} is shortened and nowhere whole"
        return
    if not label.wordWrap():
        needs = label.sizeHint()
        if needs.width() > label.width() + SLACK and not _told_elsewhere(label, text):
            yield _short(text, needs.width(), label.width())
        if needs.height() > label.height() + SLACK:
            yield _short(text, f"{needs.height()} high", label.height())
        return
    if label.heightForWidth(label.width()) > label.height() + SLACK:
        yield _short(text, f"{label.heightForWidth(label.width())} high", label.height())
    room = label.contentsRect().width() - 2 * label.margin()
    longest = max((_width(label.fontMetrics(), word) for word in _plain(text).split()), default=0)
    if longest > room + SLACK and not label.toolTip():
        yield _short(text, f"{longest} for a word", room)


def _width(metrics: QFontMetrics, text: str) -> int:
    return metrics.size(Qt.TextFlag.TextShowMnemonic, text).width()


def _button(button: QAbstractButton) -> Iterator[str]:
    if not button.text() or (_is_icon(button) and not button.icon().isNull()):
        return
    if isinstance(button, ElidedButton):
        if not _told_elsewhere(button, button.text()):
            yield f"{button.text()[:60]!r} is shortened and nowhere whole"
        return
    needs, has = button.sizeHint(), button.size()
    if needs.width() > has.width() + SLACK or button.fontMetrics().height() > has.height():
        yield _short(button.text(), needs.toTuple(), has.toTuple())


def _combo(combo: QComboBox) -> Iterator[str]:
    option = QStyleOptionComboBox()
    combo.initStyleOption(option)
    style = combo.style()
    room = style.subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, combo
    ).width()
    needs = _width(combo.fontMetrics(), combo.currentText().replace("&", "&&"))
    if needs > room + SLACK and combo.currentText() not in combo.toolTip():
        yield _short(combo.currentText(), needs, room)


def _line(line: QLineEdit) -> Iterator[str]:
    if isinstance(line.parent(), QAbstractSpinBox | QComboBox):
        text = line.text()
    else:  # what was typed scrolls
        text = "" if line.text() else line.placeholderText()
    needs, room = _width(line.fontMetrics(), text), line.width() - 10
    if needs > room + SLACK and not _told_elsewhere(line, text):
        yield _short(text, needs, room)


def _tabs(bar: QTabBar) -> Iterator[str]:
    shown = bar.elideMode() == Qt.TextElideMode.ElideNone
    for n in range(bar.count()):
        rect, needs = bar.tabRect(n), _width(bar.fontMetrics(), bar.tabText(n))
        if rect.width() < needs and not (shown and bar.usesScrollButtons()) and not bar.tabToolTip(n):
            yield _short(bar.tabText(n), needs, rect.width())
    if bar.count() and bar.tabRect(bar.count() - 1).right() > bar.width() and not bar.usesScrollButtons():
        yield f"{bar.tabText(bar.count() - 1)!r} is beyond the edge"


def _header(header: QHeaderView) -> Iterator[str]:
    model = header.model()
    if model is None or header.orientation() is not Qt.Orientation.Horizontal:
        return
    for section in range(header.count()):
        if header.isSectionHidden(section):
            continue
        text = str(model.headerData(section, header.orientation()) or "")
        tip = str(model.headerData(section, header.orientation(), Qt.ItemDataRole.ToolTipRole) or "")
        needs = max((_width(header.fontMetrics(), line) for line in text.split("\n")), default=0)
        if needs > header.sectionSize(section) + SLACK and text not in tip:
            yield _short(text, needs, header.sectionSize(section))


def _view(view: QAbstractItemView) -> Iterator[str]:
    for index in _cells(view):
        text, place = str(index.data() or ""), view.visualRect(index)
        if not text or place.isEmpty() or view.indexWidget(index):
            continue
        is_wall = isinstance(view, QListView) and view.viewMode() is QListView.ViewMode.IconMode
        beside = (
            0 if is_wall or index.data(Qt.ItemDataRole.DecorationRole) is None else view.iconSize().width()
        )
        room = place.width() - max(beside, 0)
        lines, metrics = text.replace("&", "&&").split("\n"), view.fontMetrics()
        needs = max(_width(metrics, line) for line in lines)
        tip = _plain(str(index.data(Qt.ItemDataRole.ToolTipRole) or ""))
        wraps = view.property("wordWrap") and needs * metrics.height() < room * (
            place.height() - metrics.height()
        )
        if needs > room + SLACK and not all(_plain(line) in tip for line in lines) and not wraps:
            yield "row " + _short(text, needs, room)


def _cells(view: QAbstractItemView) -> Iterator[QModelIndex]:
    """The cells that can be seen now."""
    model, root = view.model(), view.rootIndex()
    if model is None:
        return
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(root)
    for row in range(min(model.rowCount(root), MOST_ROWS)):
        for column in range(columns):
            index = model.index(row, column, root)
            if view.visualRect(index).intersects(view.viewport().rect()):
                yield index


def _dock(dock: QDockWidget) -> Iterator[str]:
    if dock.titleBarWidget() is None and _width(dock.fontMetrics(), dock.windowTitle()) > dock.width() - 40:
        yield f"title {dock.windowTitle()!r}"


def _group(box: QGroupBox) -> Iterator[str]:
    if _width(box.fontMetrics(), box.title()) > box.width():
        yield _short(box.title(), _width(box.fontMetrics(), box.title()), box.width())


def _menu(menu: QMenu) -> Iterator[str]:
    room = menu.screen().availableGeometry().width()
    if menu.sizeHint().width() > room:
        yield f"menu is {menu.sizeHint().width()} wide"


def _nothing(_widget: QWidget) -> Iterator[str]:
    return iter(())


_FINDERS = (
    (QLabel, _label), (QAbstractButton, _button), (QComboBox, _combo), (QLineEdit, _line), (QTabBar, _tabs),
    (QHeaderView, _header), (QAbstractItemView, _view), (QDockWidget, _dock), (QGroupBox, _group), (QMenu, _menu),
    (QAbstractSpinBox, _nothing),
)  # fmt: skip
