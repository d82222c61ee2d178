"""The box refiner in the graph: found boxes moved by the cells that lie in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitl_desktop.inference.onnx_export.arrays import RefinerArrays
from hitl_desktop.inference.onnx_export.preprocessing import InputImage, NetworkInput

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


def refined(
    g: GraphBuilder,
    image: InputImage,
    corners: str,
    refiner: RefinerArrays,
    cells: str,
    stride: int,
    network_input: NetworkInput,
) -> str:
    """Corners [N, 4] in pixels of the image, moved by what lies in them."""
    count = refiner.side // stride
    plane = g("MatMul", cells, g.constant(refiner.directions))
    points = g.constant((np.arange(refiner.points) / (refiner.points - 1) - 0.5) * refiner.spread)
    half, one, columns = g.constant(0.5), g.constant(1.0), g.ints(count)
    corners = g("Add", g("Mul", corners, network_input.scale), network_input.offset)
    for _ in range(refiner.passes):
        first, last = g.slice(corners, 0, 2, 1), g.slice(corners, 2, 4, 1)
        middle, sides = g("Mul", g("Add", first, last), half), g("Sub", last, first)
        at = g("Add", g("Unsqueeze", middle, g.ints(2)), g("Mul", g("Unsqueeze", sides, g.ints(2)), points))
        at = g("Sub", g("Div", at, g.constant(stride)), half)
        at = g("Clip", at, g.constant(0.0), g.constant(count - 1.0))  # [N, 2, points]
        before = g("Min", g.as_int64(at), g.ints(count - 2))
        share = g("Unsqueeze", g("Sub", at, g.cast(before)), g.ints(3))
        (x, y), (right, below) = (
            [g("Squeeze", g.slice(each, n, n + 1, 1), g.ints(1)) for n in (0, 1)] for each in (before, share)
        )
        right, below = g("Unsqueeze", right, g.ints(1)), g("Unsqueeze", below, g.ints(2))
        cell = g("Add", g("Mul", g("Unsqueeze", y, g.ints(2)), columns), g("Unsqueeze", x, g.ints(1)))
        upper, lower = (
            g(
                "Add",
                g("Mul", g.rows(plane, start), g("Sub", one, right)),
                g("Mul", g.rows(plane, g("Add", start, g.ints(1))), right),
            )
            for start in (cell, g("Add", cell, columns))
        )
        seen = g("Add", g("Mul", upper, g("Sub", one, below)), g("Mul", lower, below))
        seen = g("Reshape", seen, g.ints(-1, len(refiner.weights)))
        moves = g("Add", g("MatMul", seen, g.constant(refiner.weights)), g.constant(refiner.level))
        moves = g("Clip", moves, g.constant(-refiner.most_moved), g.constant(refiner.most_moved))
        middle = g("Add", middle, g("Mul", g.slice(moves, 0, 2, 1), sides))
        half_sides = g("Mul", g("Mul", sides, g("Exp", g.slice(moves, 2, 4, 1))), half)
        corners = g("Concat", g("Sub", middle, half_sides), g("Add", middle, half_sides), axis=1)
    return image.to_pixels(corners, network_input)
