"""Where the image lies in the view: zoom and pan, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hitl_desktop.domain.geometry import BBox

CLOSEST = 40.0
_MARGIN = 12.0


@dataclass(frozen=True, slots=True)
class Viewport:
    """`view = image * scale + offset`, in logical pixels of the widget."""

    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    @classmethod
    def fitting(cls, image: tuple[float, float], view: tuple[float, float]) -> Viewport:
        """The whole image, centred, with a little air around it."""
        width, height = max(image[0], 1.0), max(image[1], 1.0)
        scale = max(min((view[0] - 2 * _MARGIN) / width, (view[1] - 2 * _MARGIN) / height), 1e-4)
        return cls(scale, (view[0] - width * scale) / 2, (view[1] - height * scale) / 2)

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """A point of the view in image pixels."""
        return (x - self.x) / self.scale, (y - self.y) / self.scale

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """A point of the image in view pixels."""
        return x * self.scale + self.x, y * self.scale + self.y

    def box_to_view(self, box: BBox) -> BBox:
        """A box of the image in view pixels."""
        x, y = self.to_view(box.x, box.y)
        return BBox(x, y, box.w * self.scale, box.h * self.scale)

    def zoomed(self, factor: float, x: float, y: float, *, farthest: float) -> Viewport:
        """Zoomed so that what lies under a view point stays there; `farthest` is the smallest scale
        allowed."""
        scale = min(max(self.scale * factor, farthest), CLOSEST)
        px, py = self.to_image(x, y)
        return Viewport(scale, x - px * scale, y - py * scale)

    def moved(self, dx: float, dy: float) -> Viewport:
        """Panned by view pixels."""
        return replace(self, x=self.x + dx, y=self.y + dy)
