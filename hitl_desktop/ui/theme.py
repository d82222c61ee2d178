"""Colours of categories, and light and dark."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

CATEGORY_COLOURS = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#3D8BFD", "#D55E00", "#CC79A7", "#9C6ADE",
    "#7FBC41", "#00B8C4", "#C49A6C", "#F48FB1",
)  # fmt: skip
"""After Okabe and Ito (2008), told apart by colour-blind eyes; then a few more, further apart in lightness."""

NEW_NAME_COLOUR = -1
"""For a proposal whose name is no category of the project yet."""

_SCHEMES = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}


def category_colour(index: int) -> QColor:
    """The colour of a category by its id; white for names that are no category yet."""
    return QColor("#FFFFFF") if index == NEW_NAME_COLOUR else QColor(CATEGORY_COLOURS[index % len(CATEGORY_COLOURS)])


def text_on(colour: QColor) -> QColor:
    """Black or white, whichever is easier to read on a colour."""
    light = 0.299 * colour.red() + 0.587 * colour.green() + 0.114 * colour.blue()
    return QColor("#101010") if light > 140 else QColor("#FFFFFF")


def apply_theme(name: str) -> None:
    """Light, dark, or what the system says."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setStyle("Fusion")
        app.styleHints().setColorScheme(_SCHEMES[name])
