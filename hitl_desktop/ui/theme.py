"""Colours of categories, and light and dark."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

CATEGORY_COLOURS = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#3D8BFD", "#D55E00", "#CC79A7", "#9C6ADE",
    "#7FBC41", "#00B8C4", "#C49A6C", "#F48FB1",
)  # fmt: skip
"""After Okabe and Ito (2008), told apart by colour-blind eyes; then a few more, further apart in lightness."""

NEW_NAME_COLOUR = -1
"""For a proposal whose name is no category of the project yet."""

_SCHEMES = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
_DARK = {
    QPalette.ColorRole.Window: "#2B2D30", QPalette.ColorRole.WindowText: "#E6E6E6",
    QPalette.ColorRole.Base: "#1E1F22", QPalette.ColorRole.AlternateBase: "#26282B",
    QPalette.ColorRole.Text: "#E6E6E6", QPalette.ColorRole.PlaceholderText: "#8A8D93",
    QPalette.ColorRole.Button: "#3A3D41", QPalette.ColorRole.ButtonText: "#E6E6E6",
    QPalette.ColorRole.ToolTipBase: "#3A3D41", QPalette.ColorRole.ToolTipText: "#E6E6E6",
    QPalette.ColorRole.Highlight: "#2F65CA", QPalette.ColorRole.HighlightedText: "#FFFFFF",
    QPalette.ColorRole.Light: "#4A4D52", QPalette.ColorRole.Midlight: "#43464B", QPalette.ColorRole.Mid: "#35373B",
    QPalette.ColorRole.Dark: "#1A1B1D", QPalette.ColorRole.Shadow: "#141517", QPalette.ColorRole.BrightText: "#FFFFFF",
    QPalette.ColorRole.Link: "#6EA8FE",
}  # fmt: skip


def _dark_palette() -> QPalette:
    """For platforms that cannot be told to be dark."""
    palette = QPalette()
    for role, colour in _DARK.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#7A7D83"))
    return palette


_chosen: dict[int, str] = {}


def choose_colours(colours: Mapping[int, str]) -> None:
    """Colours that people chose for categories of the open project, by id."""
    _chosen.clear()
    _chosen.update(colours)


def category_colour(index: int) -> QColor:
    """The colour of a category by its id; white for names that are no category yet."""
    if index == NEW_NAME_COLOUR:
        return QColor("#FFFFFF")
    return QColor(_chosen.get(index) or CATEGORY_COLOURS[index % len(CATEGORY_COLOURS)])


def swatch(index: int) -> QIcon:
    """A patch of a category's colour, untinted also in a selected row."""
    pixmap = QPixmap(12, 12)
    pixmap.fill(category_colour(index))
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


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
        takes_orders = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        app.setPalette(_dark_palette() if name == "dark" and not takes_orders else QPalette())
