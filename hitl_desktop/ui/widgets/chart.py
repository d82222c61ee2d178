"""A chart of the report as a widget: drawn for the room there is, in the colours of the theme that is on.

Its values are read by pointing at them, by the arrow keys, or all at once by screen readers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree as ET

from PySide6.QtCore import QByteArray, QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from hitl_desktop.paths import resources_dir
from hitl_desktop.ui.theme import style
from hitl_desktop.ui.theme.tokens import FOCUS, RADIUS_CHIP, SPACE, Colours
from hitl_desktop.ui.widgets.announce import announce
from hitl_desktop.workflows.quality.chart_values import Room

Draw = Callable[[Room], str]
"""Draws a chart for so much room; "" where there is nothing to draw."""

_PADDING = SPACE[1]
_LEAST = QSize(300, 180)
_REACH = 12.0
"""So far from a point the pointer may be."""
_STEPS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """A value of a chart: where it can be pointed at, and what it is in words."""

    place: QRectF
    words: str


class Chart(QWidget):
    """`draw` is called anew for each size; `empty` is the sentence that stands where nothing is drawn.

    A chart that does not `fill` is as high as it has to be. `chosen` is the number of the mark on which
    somebody clicked or pressed Enter.
    """

    chosen = Signal(int)

    def __init__(self, name: str, draw: Draw, empty: str, *, fill: bool = True) -> None:
        super().__init__()
        self._draw, self._empty, self._fill = draw, empty, fill
        self._svg, self._size = "", QSizeF()
        self._renderer = QSvgRenderer()
        self._theme: Colours | None = None
        self.marks: list[Mark] = []
        self._current: int | None = None
        self.setAccessibleName(name)
        self.setMinimumSize(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw it for the new room."""
        super().resizeEvent(event)
        self._redraw()

    def _redraw(self) -> None:
        width, height = self.width() - 2 * _PADDING, self.height() - 2 * _PADDING
        self._svg = self._draw(Room(width, height if self._fill else None))
        self.marks = marks_of(self._svg) if self._svg else []
        self._current = self._theme = None
        self.setAccessibleDescription("\n".join(mark.words for mark in self.marks) or self._empty)
        self._size = _size_of(self._svg)
        needed = math.ceil(self._size.height()) + 2 * _PADDING
        if needed > self.height() or not self._fill:
            self.setMinimumHeight(max(needed, _LEAST.height()))
        self.update()

    def _drawing(self) -> QSvgRenderer:
        """The chart in the colours that are on now."""
        if self._theme is not style.colours():
            self._theme = style.colours()
            self._renderer.load(QByteArray(_styled(self._svg, self.font().family()).encode()))
        return self._renderer

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """The chart on paper like that of a table, and a ring about the value that is pointed at."""
        c = style.colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(c.accent), FOCUS) if self.hasFocus() else QPen(QColor(c.line), 1)
        painter.setPen(pen)
        painter.setBrush(QColor(c.raised))
        half = pen.widthF() / 2
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(half, half, -half, -half), RADIUS_CHIP, RADIUS_CHIP
        )
        if not self._svg:
            painter.setPen(QColor(c.text_dim))
            room = self.rect().adjusted(SPACE[4], SPACE[1], -SPACE[4], -SPACE[1])
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._empty)
            return
        self._drawing().render(painter, QRectF(QPointF(_PADDING, _PADDING), self._size))
        if self._current is not None:
            painter.setPen(QPen(QColor(c.text), FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(
                self.marks[self._current].place.translated(_PADDING, _PADDING), RADIUS_CHIP, RADIUS_CHIP
            )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show the value under the pointer."""
        self._point_at(self._mark_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the value under the pointer."""
        mark = self._mark_at(event.position())
        if mark is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(mark)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from value to value, Enter chooses one."""
        key = Qt.Key(event.key())
        if key in _STEPS and self.marks:
            first = 0 if _STEPS[key] > 0 else len(self.marks) - 1
            going = first if self._current is None else self._current + _STEPS[key]
            self._point_at(min(max(going, 0), len(self.marks) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self.chosen.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _mark_at(self, position: QPointF) -> int | None:
        at = position - QPointF(_PADDING, _PADDING)
        near = [n for n, mark in enumerate(self.marks) if mark.place.contains(at)]
        return min(near, key=lambda n: (self.marks[n].place.center() - at).manhattanLength(), default=None)

    def _point_at(self, mark: int | None) -> None:
        if mark == self._current:
            return
        self._current = mark
        self.update()
        if mark is None:
            QToolTip.hideText()
            return
        place, words = self.marks[mark].place, self.marks[mark].words
        below = (place.bottomLeft() + QPointF(_PADDING, _PADDING)).toPoint()
        QToolTip.showText(self.mapToGlobal(below), words, self)
        announce(self, words)


def marks_of(svg: str) -> list[Mark]:
    """The points or bars of a chart, in the order in which they are drawn."""
    groups = ET.fromstring(svg).iter("g")  # noqa: S314 - of our own making
    return [Mark(_place_of(g), words) for g in groups if (words := g.findtext("title"))]


def _size_of(svg: str) -> QSizeF:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg)
    return QSizeF(float(found[1]), float(found[2])) if found else QSizeF()


def _place_of(group: ET.Element) -> QRectF:
    """Around a point, or all along a bar and what stands beside it."""
    moved = re.findall(r"[-\d.]+", group.get("transform", ""))
    if moved:
        x, y = (float(value) for value in moved)
        return QRectF(x - _REACH, y - _REACH, 2 * _REACH, 2 * _REACH)
    bar, label = group.find("rect"), group.find("text")
    beside = _numbers(label, "x", "y") if label is not None else (0.0, 0.0)
    left = _numbers(bar, "x")[0] if bar is not None else beside[0] - _REACH
    return QRectF(left, beside[1] - _REACH, beside[0] - left + 4 * _REACH, 17)


def _numbers(element: ET.Element, *keys: str) -> tuple[float, ...]:
    return tuple(float(element.get(key, "0")) for key in keys)


@cache
def _sheet() -> str:
    return (resources_dir() / "templates" / "chart.css").read_text("utf-8")


def _colours() -> Mapping[str, str]:
    c = style.colours()
    series = {f"series-{n}": colour for n, colour in enumerate(c.series)}
    return series | {
        "ink": c.text, "quiet": c.text_dim, "rule": c.line, "paper": c.raised, "target": c.ok,
        "right": c.right, "wrong": c.wrong,
    }  # fmt: skip


def _styled(svg: str, family: str) -> str:
    """The chart with its style in it: Qt has no custom properties."""
    colours = _colours()
    sheet = re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], _sheet())
    sheet = sheet.replace("font-family: inherit", f"font-family: '{family}'")
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return svg.replace(">", f"><style>{sheet}</style>", 1)
