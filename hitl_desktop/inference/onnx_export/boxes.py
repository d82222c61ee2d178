"""Boxes in the graph: corners and sides, overlaps, and greedy suppression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


def to_sides(g: GraphBuilder, corners: str, least: float | None = None) -> str:
    """[N, 4] x, y, w, h of corners."""
    first, sides = (
        g.slice(corners, 0, 2, 1),
        g("Sub", g.slice(corners, 2, 4, 1), g.slice(corners, 0, 2, 1)),
    )
    if least is not None:
        sides = g("Max", sides, g.constant([least]))
    return g("Concat", first, sides, axis=1)


def to_corners(g: GraphBuilder, boxes: str) -> str:
    """[N, 4] corners of x, y, w, h."""
    first = g.slice(boxes, 0, 2, 1)
    return g("Concat", first, g("Add", first, g.slice(boxes, 2, 4, 1)), axis=1)


def suppressed(g: GraphBuilder, corners: str, scores: str, *, most: int, iou: float, floor: float) -> str:
    """[M, 2] (class, box) that greedy suppression keeps in each class of scores [N, C]."""
    chosen = g(
        "NonMaxSuppression",
        g("Unsqueeze", corners, g.ints(0)),
        g("Unsqueeze", g("Transpose", scores, perm=[1, 0]), g.ints(0)),
        g.constant([most], np.int64),
        g.constant([iou]),
        g.constant([floor]),
    )
    return g.slice(chosen, 1, 3, 1)


def overlaps(g: GraphBuilder, a: str, b: str) -> str:
    """[N, M] intersection over union of corners."""
    left, right = g("Unsqueeze", a, g.ints(1)), g("Unsqueeze", b, g.ints(0))
    first = g(
        "Max",
        g("Slice", left, g.ints(0), g.ints(2), g.ints(2)),
        g("Slice", right, g.ints(0), g.ints(2), g.ints(2)),
    )
    last = g(
        "Min",
        g("Slice", left, g.ints(2), g.ints(4), g.ints(2)),
        g("Slice", right, g.ints(2), g.ints(4), g.ints(2)),
    )
    shared = g("ReduceProd", g("Max", g("Sub", last, first), g.constant(0.0)), axes=[2], keepdims=0)
    areas = [
        g("ReduceProd", g("Sub", g.slice(each, 2, 4, 2), g.slice(each, 0, 2, 2)), axes=[2], keepdims=0)
        for each in (left, right)
    ]
    union = g("Max", g("Sub", g("Add", areas[0], areas[1]), shared), g.constant(1e-9))
    return g("Div", shared, union)
