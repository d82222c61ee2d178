"""All boxes of an image at once: found by arithmetic on arrays, painted in a few calls, kept until they
change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain, compress

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QTransform

from hitl_desktop.domain.comparison import Outcome
from hitl_desktop.domain.geometry import Boxes, handle_at
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Hit, Kind
from hitl_desktop.ui.canvas.outcomes import outcome_colour, outcome_halo, outcome_pen
from hitl_desktop.ui.canvas.painting import Occupied, box_pen, halo, paint_label
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.theme.categories import category_colour

_FEW = 500
"""So many boxes in view are painted with halo and label; more of them with thin lines alone, ten times as
fast."""
_SMALLEST_WITH_LABEL = 18.0


class BoxLayer:
    """The boxes on an image; small ones are painted above large ones."""

    def __init__(self, items: Iterable[BoxItem] = ()) -> None:
        self.items = list(items)
        keys, boxes = [item.key for item in self.items], [item.bbox for item in self.items]
        self._places = dict(zip(keys, range(len(keys)), strict=True))
        self._boxes: Boxes = np.fromiter(chain.from_iterable(boxes), np.float64, 4 * len(boxes)).reshape(
            -1, 4
        )
        self._areas = self._boxes[:, 2] * self._boxes[:, 3]
        compared = Kind.COMPARED
        self._takeable = np.fromiter((kind is not compared for kind, _ in keys), bool, len(keys))
        styles: dict[tuple[Kind, int, bool, Outcome | None], list[int]] = {}
        for n in np.argsort(-self._areas, kind="stable").tolist():  # small boxes are painted above large ones
            item = self.items[n]
            styles.setdefault((item.key.kind, item.colour, item.is_open, item.outcome), []).append(n)
        self._styles = [  # rectangles are made in the order in which they are painted: near in memory, as well
            (style, np.array(members), [QRectF(*boxes[n]) for n in members])
            for style, members in styles.items()
        ]

    def get(self, key: BoxKey | None) -> BoxItem | None:
        """The box with this key."""
        place = self._places.get(key) if key is not None else None
        return None if place is None else self.items[place]

    def around(self, x: float, y: float, tolerance: float = 0.0) -> list[BoxItem]:
        """The boxes around a point, the smallest first; points so near to an edge count as inside."""
        left, top, width, height = self._boxes.T
        inside = (
            self._takeable
            & (left - tolerance <= x)
            & (x <= left + width + tolerance)
            & (top - tolerance <= y)
            & (y <= top + height + tolerance)
        )
        found = np.flatnonzero(inside)
        return [self.items[n] for n in found[np.argsort(self._areas[found], kind="stable")]]

    def inside(self, area: QRectF) -> list[BoxItem]:
        """The boxes that lie whole in an area of the image."""
        left, top, width, height = self._boxes.T
        whole = (
            self._takeable
            & (left >= area.left())
            & (top >= area.top())
            & (left + width <= area.right())
            & (top + height <= area.bottom())
        )
        return [self.items[n] for n in np.flatnonzero(whole)]

    def hit(self, selection: Sequence[BoxItem], x: float, y: float, tolerance: float) -> Hit | None:
        """What a press at an image point would take: a handle of what is selected alone, then a selected
        box.

        Else the smallest box around the point.
        """
        selection = [item for item in selection if item.key.kind is not Kind.COMPARED]
        if len(selection) == 1:
            handle = handle_at(selection[0].bbox, x, y, tolerance)
            if handle is not None:
                return Hit(selection[0], handle)
        taken = next((item for item in selection if item.bbox.contains(x, y)), None)
        if taken is not None:
            return Hit(taken)
        around = self.around(x, y, tolerance)
        return Hit(around[0]) if around else None

    def paint(
        self, painter: QPainter, viewport: Viewport, area: QRectF, without: Collection[BoxKey] = ()
    ) -> None:
        """Outlines of the boxes in view, then labels beside the large enough ones, as far as there is
        room."""
        seen = self._seen(viewport, area, without)
        places = np.flatnonzero(seen)
        few = len(places) <= _FEW
        groups = [
            (*style, list(compress(rects, seen[members].tolist()))) for style, members, rects in self._styles
        ]
        ratio = painter.device().devicePixelRatioF()
        painter.save()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setTransform(
            QTransform(viewport.scale, 0, 0, viewport.scale, viewport.x, viewport.y), combine=True
        )
        if few:
            for kind, _, _, outcome, rects in groups:
                painter.setPen(halo(kind, ratio) if outcome is None else outcome_halo(outcome, ratio))
                painter.drawRects(rects)
        for kind, colour, is_open, outcome, rects in groups:
            painter.setPen(
                box_pen(kind, category_colour(colour), 2.0 if few else 1.0, ratio, is_open=is_open)
                if outcome is None
                else outcome_pen(outcome, kind, category_colour(colour), ratio)
            )
            painter.drawRects(rects)
        painter.restore()
        if few:
            self._paint_labels(painter, viewport, area, places)

    def _seen(self, viewport: Viewport, area: QRectF, without: Collection[BoxKey]) -> NDArray[np.bool_]:
        left, top = viewport.to_image(area.left() - 2, area.top() - 2)
        right, bottom = viewport.to_image(area.right() + 2, area.bottom() + 2)
        x, y, width, height = self._boxes.T
        seen = (x <= right) & (y <= bottom) & (x + width >= left) & (y + height >= top)
        seen[[self._places[key] for key in without if key in self._places]] = False
        return seen

    def _paint_labels(
        self, painter: QPainter, viewport: Viewport, area: QRectF, places: NDArray[np.intp]
    ) -> None:
        smallest = _SMALLEST_WITH_LABEL / viewport.scale
        big = places[np.minimum(self._boxes[places, 2], self._boxes[places, 3]) >= smallest]
        occupied = Occupied(area)
        for item in [self.items[n] for n in big]:
            colour = outcome_colour(item.outcome) if item.outcome and item.label else None
            view = viewport.box_to_view(item.bbox)
            paint_label(painter, item.label, item.colour, view, area, occupied, colour)
