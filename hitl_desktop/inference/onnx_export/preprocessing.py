"""The image in the graph: resized to the bit as OpenCV does it, letterboxed and normalised for a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitl_desktop.inference.model_card import InputSpec, Layout

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """A batch [1, 3, height, width], and the scale [4] and offset [4] of corners in there."""

    batch: str
    scale: str
    offset: str


class InputImage:
    """The image that the graph is run on: pixels [H, W, 3], its height and width, and `size` [4] of corners."""

    def __init__(self, g: GraphBuilder) -> None:
        self._g = g
        self.pixels = g.cast("image")
        shape = g("Shape", "image")
        self.height, self.width = g.slice(shape, 0, 1, 0), g.slice(shape, 1, 2, 0)
        self.size = g.cast(g("Concat", self.width, self.height, self.width, self.height, axis=0))

    def placed(self, spec: InputSpec, side: int | None = None) -> NetworkInput:
        """The image as a network takes it: scaled to fit, padded and normalised; or stretched.

        With a `side` it is letterboxed in a square, as feature maps want it.
        """
        g = self._g
        way = "letterbox" if side else spec.resize
        sides = (side, side) if side else spec.size
        high, wide = g.cast(self.height), g.cast(self.width)
        targets = [g.constant([float(each)]) for each in sides]
        if way in ("stretch", "multiple"):
            planes = resized(g, self.pixels, g.ints(sides[1]), g.ints(sides[0]))
            scales = [g("Div", target, each) for target, each in zip(targets, (wide, high), strict=True)]
            none = g.constant([0.0] * 4)
            return NetworkInput(normalised(g, planes, spec), g("Concat", *scales, *scales, axis=0), none)
        scale = g("Min", g("Div", targets[0], wide), g("Div", targets[1], high))
        new_width, new_height = (
            g("Max", g.constant([1.0]), g("Round", g("Mul", each, scale))) for each in (wide, high)
        )
        gaps = [g("Sub", target, each) for target, each in zip(targets, (new_width, new_height), strict=True)]
        before = 0.0 if way == "top_left" else 0.5
        left, top = (g("Floor", g("Mul", gap, g.constant([before]))) for gap in gaps)
        right, bottom = (g("Sub", gap, first) for gap, first in zip(gaps, (left, top), strict=True))
        whole = [g.as_int64(each) for each in (new_height, new_width, top, left, bottom, right)]
        planes = resized(g, self.pixels, whole[0], whole[1])
        pads = g("Concat", g.ints(0, 0), whole[2], whole[3], g.ints(0, 0), whole[4], whole[5], axis=0)
        padded = g("Pad", planes, pads, g.constant(float(spec.pad)))
        scale_x, scale_y = g("Div", new_width, wide), g("Div", new_height, high)
        return NetworkInput(
            normalised(g, padded, spec),
            g("Concat", scale_x, scale_y, scale_x, scale_y, axis=0),
            g("Concat", left, top, left, top, axis=0),
        )

    def to_pixels(self, corners: str, network_input: NetworkInput) -> str:
        """Corners [N, 4] of a network's input in pixels of the image."""
        g = self._g
        moved = g("Div", g("Sub", corners, network_input.offset), network_input.scale)
        return g("Min", g("Max", moved, g.constant([0.0])), self.size)


def resized(g: GraphBuilder, pixels: str, height: str, width: str) -> str:
    """[1, 3, h, w] of [H, W, 3], to the bit what OpenCV's exact bilinear resizing gives; sizes are [1]
    integers.

    Weights are rounded to 1/256, sums are exact in float32, and halves of pixel values are rounded up.
    """
    for axis, length in ((0, height), (1, width)):
        first, second, share = _between(g, g.size(pixels, axis), length)
        share = g("Unsqueeze", share, g.ints(1, 2) if axis == 0 else g.ints(0, 2))
        ends = (g("Gather", pixels, each, axis=axis) for each in (first, second))
        before, after = (
            g("Mul", end, part)
            for end, part in zip(ends, (g("Sub", g.constant(1.0), share), share), strict=True)
        )
        pixels = g("Add", before, after)
    whole = g("Floor", g("Add", pixels, g.constant(0.5)))
    return g("Unsqueeze", g("Transpose", whole, perm=[2, 0, 1]), g.ints(0))


def _between(g: GraphBuilder, source: str, target: str) -> tuple[str, str, str]:
    """For each of `target` places the two of `source` that it lies between, and the second one's
    share."""
    half, one = g.constant(0.5, np.float64), g.ints(1)
    places = g("Range", g.constant(0, np.int64), g("Squeeze", target), g.constant(1, np.int64))
    scale = g("Div", g.as_double(source), g.as_double(target))
    at = g("Sub", g("Mul", g("Add", g.as_double(places), half), scale), half)
    first = g("Floor", at)
    share = g(
        "Div",
        g("Round", g("Mul", g("Sub", at, first), g.constant(256.0, np.float64))),
        g.constant(256.0, np.float64),
    )
    last = g("Sub", source, one)
    first = g.as_int64(first)
    outside = g("Or", g("Less", first, g.ints(0)), g("GreaterOrEqual", first, last))
    share = g("Where", outside, g.constant(0.0, np.float64), share)
    first = g("Min", g("Max", first, g.ints(0)), last)
    return first, g("Min", g("Add", first, one), last), g.cast(share)


def normalised(g: GraphBuilder, planes: str, spec: InputSpec) -> str:
    """Planes [N, 3, h, w] in the colour order of a network, with its mean and deviation."""
    if spec.colour == "BGR":
        planes = g("Gather", planes, g.ints(2, 1, 0), axis=1)
    mean, std = (g.constant(np.reshape(each, (1, 3, 1, 1))) for each in (spec.mean, spec.std))
    return g("Div", g("Sub", planes, mean), std)


def in_layout(g: GraphBuilder, batch: str, layout: Layout) -> str:
    """A batch [1, 3, height, width] in another order of axes."""
    if layout in ("NHWC", "HWC"):
        batch = g("Transpose", batch, perm=[0, 2, 3, 1])
    return batch if "N" in layout else g("Squeeze", batch, g.ints(0))
