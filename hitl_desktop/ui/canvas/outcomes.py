"""How the outcomes of a comparison look: each has a colour and a line of its own; what agrees is thin."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from hitl_desktop.domain.comparison import Outcome
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.canvas.painting import halo, outline
from hitl_desktop.ui.theme.style import colours

_WIDTH = 3.0
_PATTERNS: Final[Mapping[Outcome, tuple[float, ...]]] = MappingProxyType(
    {Outcome.FALSE_POSITIVE: (9, 5), Outcome.MISSED: (12, 4, 3, 4), Outcome.OTHER_NAME: (3, 3)}
)
"""Lines and gaps in points: dashes, dashes and dots, dots."""
_DOTS = (1.0, 3.0)
_SIDE, _SCALE = 20, 2.0


def outcome_colour(outcome: Outcome) -> QColor:
    """The colour of a mistake in the theme that is on; what agrees keeps that of its category."""
    return QColor(getattr(colours(), outcome.value))


def outcome_pen(outcome: Outcome, kind: Kind, category: QColor, ratio: float) -> QPen:
    """The line of a box, as thick at any zoom."""
    if outcome is Outcome.MATCH:
        return _pen(category, 1.0, _DOTS if kind is Kind.COMPARED else (), ratio)
    return _pen(outcome_colour(outcome), _WIDTH, _PATTERNS[outcome], ratio)


def outcome_halo(outcome: Outcome, ratio: float) -> QPen:
    """What keeps such a line visible on any image."""
    is_quiet = outcome is Outcome.MATCH
    return halo(Kind.PROPOSAL if is_quiet else Kind.TRUTH, ratio, strong=not is_quiet)


def _pen(colour: QColor, width: float, pattern: tuple[float, ...], ratio: float) -> QPen:
    pen = outline(colour, width * ratio)
    if pattern:
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setDashPattern([part / width for part in pattern])
    return pen


def outcome_icon(outcome: Outcome) -> QIcon:
    """A piece of its line, for the legend."""
    pixmap = QPixmap(round(_SIDE * _SCALE), round(_SIDE * _SCALE))
    pixmap.setDevicePixelRatio(_SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setPen(outcome_pen(outcome, Kind.COMPARED, QColor(), 1.0))
    painter.drawRect(QRectF(2, 3, _SIDE - 4, _SIDE - 6))
    painter.end()
    return QIcon(pixmap)
