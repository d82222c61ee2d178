"""The colours and marks of categories."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPixmap, QPolygonF

from hitl_desktop.ui.theme.tokens import contrast

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
    return max((QColor("#101010"), QColor("#FFFFFF")), key=lambda text: contrast(text.name(), colour.name()))
