"""Plots in the colours of the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QSizePolicy, QWidget

SECOND_COLOUR, THIRD_COLOUR = QColor("#D35400"), QColor("#2E8B57")


def new_plot(parent: QWidget, name: str, bottom: str, left: str) -> Any:
    """An empty plot with axes of these words, that cannot be dragged about."""
    ink, paper = parent.palette().text().color(), parent.palette().base().color()
    plot: Any = pg.PlotWidget()
    plot.setBackground(paper)
    plot.setAccessibleName(name)
    plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)  # as high as there is room
    plot.setMinimumSize(220, 150)
    plot.setMouseEnabled(x=False, y=False)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    for side, text in (("bottom", bottom), ("left", left)):
        plot.setLabel(side, text)
        plot.getAxis(side).enableAutoSIPrefix(False)
        plot.getAxis(side).setPen(ink)
        plot.getAxis(side).setTextPen(ink)
    return plot


def add_curve(
    plot: Any,
    colour: QColor,
    x: Sequence[float],
    y: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    name: str,
    *,
    symbol: str = "o",
) -> None:
    """A line through points with whiskers for their intervals; another symbol tells it apart without
    colour."""
    if not x:
        return
    plot.plot(
        list(x),
        list(y),
        pen=pg.mkPen(colour, width=2),
        symbol=symbol,
        symbolBrush=colour,
        symbolSize=7,
        name=name,
    )
    middle = np.array(y, float)
    low, high = np.array(intervals, float).T
    bars: Any = pg.ErrorBarItem(
        x=np.array(x, float), y=middle, bottom=middle - low, top=high - middle, pen=pg.mkPen(colour, width=1)
    )
    plot.addItem(bars)
