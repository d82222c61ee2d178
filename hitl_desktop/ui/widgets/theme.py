"""Colours of categories, and light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPalette, QPixmap, QPolygonF
from PySide6.QtWidgets import QApplication

CATEGORY_COLOURS = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#3D8BFD", "#D55E00", "#CC79A7", "#9C6ADE",
    "#7FBC41", "#00B8C4", "#C49A6C", "#F48FB1",
)  # fmt: skip
"""After Okabe and Ito (2008), told apart by colour-blind eyes; then a few more, further apart in
lightness."""

_THIRD = 1 / 3
_MARKS = (
    (),  # a disc
    ((0, 0), (1, 0), (1, 1), (0, 1)),
    ((0.5, 0), (1, 1), (0, 1)),
    ((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)),
    ((0, 0), (1, 0), (0.5, 1)),
    ((_THIRD, 0), (2 * _THIRD, 0), (2 * _THIRD, _THIRD), (1, _THIRD), (1, 2 * _THIRD), (2 * _THIRD, 2 * _THIRD),
     (2 * _THIRD, 1), (_THIRD, 1), (_THIRD, 2 * _THIRD), (0, 2 * _THIRD), (0, _THIRD), (_THIRD, _THIRD)),
    ((0, 0.3), (1, 0.3), (1, 0.7), (0, 0.7)),
)  # fmt: skip

NEW_NAME_COLOUR = -1
"""For a hint, which has no category of the project."""

UNNAMED_COLOUR = "#FFB000"
"""For drawn boxes that wait for their category."""

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


def mark_path(index: int, rect: QRectF) -> QPainterPath:
    """The mark of a category by its id, for eyes that do not tell its colour from others; none without a
    category.

    Seven marks and twelve colours make 84 pairs.
    """
    path = QPainterPath()
    if index == NEW_NAME_COLOUR:
        return path
    corners = _MARKS[index % len(_MARKS)]
    if corners:
        path.addPolygon(
            QPolygonF(
                [QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height()) for x, y in corners]
            )
        )
        path.closeSubpath()
    else:
        path.addEllipse(rect)
    return path


def swatch(index: int) -> QIcon:
    """A patch of a category's colour with its mark, untinted also in a selected row."""
    return _swatch(index, category_colour(index).name())


@lru_cache(maxsize=1000)
def _swatch(index: int, colour: str) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(QColor(colour))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(mark_path(index, QRectF(3.5, 3.5, 7, 7)), text_on(QColor(colour)))
    painter.end()
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
