"""The detector in the graph: its network, its boxes decoded and suppressed, and the candidates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from hitl_desktop.inference.family_table import FAMILIES
from hitl_desktop.inference.onnx_export.arrays import ScoringArrays
from hitl_desktop.inference.onnx_export.best_boxes import best_boxes, highest, likely
from hitl_desktop.inference.onnx_export.boxes import suppressed, to_corners, to_sides
from hitl_desktop.inference.onnx_export.foreign_detector import foreign_detections
from hitl_desktop.inference.onnx_export.network import Detections, Network
from hitl_desktop.inference.onnx_export.preprocessing import InputImage

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


def _nanodet(g: GraphBuilder, image: InputImage, detector: Network) -> Detections:
    """Run NanoDet, decode its boxes and suppress those that overlap in each class."""
    card = detector.card
    side = card.input.size[0]
    network_input = image.placed(card.input)
    levels = card.decode.strides
    names = [f"{kind}_pred_stride_{s}" for kind in ("cls", "dis") for s in levels]
    outputs = g.include(
        detector.graph, {detector.input_name: network_input.batch}, [*names, *card.decode.features], "d"
    )
    scores = [g("Squeeze", each, g.ints(0)) for each in outputs[: len(levels)]]
    corners = [
        _decoded(g, g("Squeeze", each, g.ints(0)), side, stride)
        for each, stride in zip(outputs[len(levels) : 2 * len(levels)], levels, strict=True)
    ]
    class_scores = g("Concat", *scores, axis=0)
    boxes = to_sides(g, image.to_pixels(g("Concat", *corners, axis=0), network_input))
    boxes, class_scores = likely(g, boxes, class_scores)
    boxes, class_scores = best_boxes(g, boxes, class_scores, class_scores, card.decode.nms_iou)
    return Detections(boxes, class_scores, outputs[2 * len(levels) :], network_input)


DETECTOR_GRAPHS: dict[str, Callable[[GraphBuilder, InputImage, Network], Detections]] = {
    "nanodet": _nanodet,
    **dict.fromkeys(FAMILIES, foreign_detections),
}
"""What writes the detections of a family into the graph."""


def _decoded(g: GraphBuilder, distances: str, side: int, stride: int) -> str:
    """Corners [N, 4] in input pixels from distributions of side distances."""
    count = -(-side // stride)
    rows, columns = np.divmod(np.arange(count * count), count)
    centres = (np.stack([columns, rows], axis=1) + 0.5) * stride
    bins = g("Reshape", distances, g.ints(count * count, 4, -1))
    shares = g("Softmax", bins, axis=2)
    steps = g.cast(
        g("Range", g.constant(0, np.int64), g("Squeeze", g.size(shares, 2)), g.constant(1, np.int64))
    )
    sides = g(
        "Mul",
        g("Squeeze", g("MatMul", shares, g("Unsqueeze", steps, g.ints(1))), g.ints(2)),
        g.constant(stride),
    )
    middle = g.constant(centres)
    return g(
        "Concat",
        g("Sub", middle, g.slice(sides, 0, 2, 1)),
        g("Add", middle, g.slice(sides, 2, 4, 1)),
        axis=1,
    )


def candidates(g: GraphBuilder, detections: Detections, arrays: ScoringArrays) -> tuple[str, str]:
    """The boxes [N, 4] and class scores [N, C] of the best one of boxes on top of each other."""
    boxes, class_scores = detections.boxes, detections.class_scores
    best = g("Unsqueeze", highest(g, class_scores), g.ints(1))
    chosen = suppressed(
        g, to_corners(g, boxes), best, most=arrays.most_candidates, iou=arrays.candidate_iou, floor=0.0
    )
    numbers = g("Squeeze", g.slice(chosen, 1, 2, 1), g.ints(1))
    return g.rows(boxes, numbers), g.rows(class_scores, numbers)
