"""Which part of the image is in view: zoom, pan, and the whole of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.canvas.painting import map_place, rect_of
from hitl_desktop.ui.canvas.viewport import Viewport

_CONTEXT = 3.0
_LARGEST = 8.0


class Camera:
    """What of an image is in view.

    `view` gives the width and height of the widget in logical pixels; `on_change` is called when another part
    of the image is in view.

    Attributes:
        viewport: Where the image lies in the widget.
        is_fitted: Whether the whole image is shown, and stays so when the widget's size changes.
        image: Width and height of the image in pixels; 0 when there is none.
    """

    def __init__(self, view: Callable[[], tuple[int, int]], on_change: Callable[[], None]) -> None:
        self._view, self._on_change = view, on_change
        self.viewport = Viewport()
        self.is_fitted = True
        self.image: tuple[int, int] = (0, 0)
        self._is_there = False
        self._wanted: BBox | None = None

    @property
    def view(self) -> tuple[int, int]:
        """Width and height of the widget in logical pixels."""
        return self._view()

    def on_resize(self) -> None:
        """The widget has another size; a fitted image stays fitted."""
        if self.is_fitted:
            self.fit()
        else:
            self._on_change()

    def fit(self) -> None:
        """Show the whole image."""
        self._use(Viewport.fitting(self.image, self.view), is_fitted=True)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom at a point of the view, its centre by default."""
        x, y = (at.x(), at.y()) if at is not None else self._centre
        whole = Viewport.fitting(self.image, self.view)
        self._use(self.viewport.zoomed(factor, x, y, farthest=min(whole.scale / 2, 1.0)))

    def zoom_to_pixels(self) -> None:
        """One image pixel to one logical pixel, around the centre."""
        self.zoom(1.0 / self.viewport.scale)

    def pan(self, delta: QPointF) -> None:
        """Move the image by so many pixels of the view."""
        self._use(self.viewport.moved(delta.x(), delta.y()))

    def centre_on(self, scale: float, x: float, y: float) -> None:
        """Show this point of the image in the middle."""
        self.zoom(scale / self.viewport.scale)
        left, top = self.viewport.to_view(x, y)
        self.pan(QPointF(self._centre[0] - left, self._centre[1] - top))

    def scale_and_centre(self) -> tuple[float, float, float] | None:
        """Scale and the image's point in the middle of the view; None while the whole image is shown."""
        if self.is_fitted or 0 in self.image:
            return None
        return (self.viewport.scale, *self.viewport.to_image(*self._centre))

    def bring_into_view(self, bbox: BBox) -> None:
        """Pan to a box that is out of view."""
        box = self.viewport.box_to_view(bbox)
        if not self.area.intersects(rect_of(box)):
            x, y = self._centre
            self.pan(QPointF(x - box.x - box.w / 2, y - box.y - box.h / 2))

    def show(self, image: tuple[int, int], *, is_there: bool) -> None:
        """Another image of this size, whose pixels are there or not yet."""
        wanted, self._wanted = self._wanted, None
        self.image, self._is_there = image, is_there
        self.fit()
        if wanted is not None and is_there:
            self.zoom_to_box(wanted)

    def zoom_to_box(self, bbox: BBox) -> None:
        """Show a box with what is around it, as soon as there are pixels: it takes a third of the view, and is
        shown eightfold at most."""
        if not self._is_there:
            self._wanted = bbox
            return
        width, height = self.view
        wanted = min(width / bbox.w, height / bbox.h) / _CONTEXT
        whole = Viewport.fitting(self.image, self.view).scale
        self.fit()
        if wanted > whole:
            self.centre_on(min(wanted, max(_LARGEST, whole)), bbox.x + bbox.w / 2, bbox.y + bbox.h / 2)

    def map_point(self, point: QPointF) -> QPointF | None:
        """The point of the image under a point of the small map; None outside of the map."""
        place = None if self.is_fitted else map_place(self.viewport, self.image, self.area)
        if place is None or not place.contains(point):
            return None
        scale = self.image[0] / place.width()
        return QPointF((point.x() - place.x()) * scale, (point.y() - place.y()) * scale)

    def to_image(self, point: QPointF) -> tuple[float, float]:
        """A point of the view in image pixels."""
        return self.viewport.to_image(point.x(), point.y())

    @property
    def area(self) -> QRectF:
        """The whole view."""
        return QRectF(0, 0, *self.view)

    @property
    def _centre(self) -> tuple[float, float]:
        return self.view[0] / 2, self.view[1] / 2

    def _use(self, viewport: Viewport, *, is_fitted: bool = False) -> None:
        self.viewport, self.is_fitted = viewport, is_fitted
        self._on_change()
