"""Which boxes of a detector are kept: visible, likely, and overlapping no better one of their class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitl_desktop.inference.onnx_export.boxes import suppressed, to_corners
from hitl_desktop.inference.postprocess import MOST_BOXES, SCORE_FLOOR

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


def highest(g: GraphBuilder, class_scores: str) -> str:
    """[N] the highest class score of each box."""
    return g.most(class_scores, 1)


def likely(g: GraphBuilder, boxes: str, class_scores: str) -> tuple[str, str]:
    """Boxes [N, 4] and scores [N, C] of those that are a pixel wide and high and likely of some class."""
    least = g("ReduceMin", g.slice(boxes, 2, 4, 1), axes=[1], keepdims=0)
    is_likely = g("GreaterOrEqual", highest(g, class_scores), g.constant(SCORE_FLOOR))
    kept = g.where_true(g("And", g("GreaterOrEqual", least, g.constant(1.0)), is_likely))
    return g.rows(boxes, kept), g.rows(class_scores, kept)


def best_boxes(g: GraphBuilder, boxes: str, class_scores: str, rivals: str, iou: float) -> tuple[str, str]:
    """Boxes [N, 4] and scores [N, C] that greedy suppression keeps in a class of the `rivals` [N, C], each once."""
    pairs = suppressed(g, to_corners(g, boxes), rivals, most=MOST_BOXES, iou=iou, floor=SCORE_FLOOR)
    pair_scores = g("GatherND", g("Transpose", rivals, perm=[1, 0]), pairs)
    most = g("Min", g.size(pairs, 0), g.ints(MOST_BOXES))
    _, best = g("TopK", pair_scores, most, outputs=2)
    numbers = g.rows(g("Squeeze", g.slice(pairs, 1, 2, 1), g.ints(1)), best)
    zeros = g("Mul", highest(g, class_scores), g.constant(0.0))
    chosen = g("ScatterElements", zeros, numbers, g("Expand", g.constant([1.0]), most))
    kept = g.where_true(g("Greater", chosen, g.constant(0.5)))
    return g.rows(boxes, kept), g.rows(class_scores, kept)
