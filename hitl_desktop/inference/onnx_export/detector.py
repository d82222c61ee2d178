"""The detector in the graph: its network, its boxes decoded and suppressed, and the candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.nanodet import MOST_BOXES, SCORE_FLOOR
from hitl_desktop.inference.onnx_export.arrays import ScoringArrays
from hitl_desktop.inference.onnx_export.boxes import suppressed, to_corners, to_sides
from hitl_desktop.inference.onnx_export.preprocessing import InputImage, NetworkInput

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


@dataclass(frozen=True, slots=True)
class Network:
    """A model's card and its ONNX graph."""

    card: ModelCard
    graph: Any

    @property
    def input_name(self) -> str:
        """The name of its one input."""
        return str(self.graph.input[0].name)


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes [N, 4] and class scores [N, C] of the detector, its feature maps and what they were made of."""

    boxes: str
    class_scores: str
    feature_maps: list[str]
    network_input: NetworkInput


def _nanodet(g: GraphBuilder, image: InputImage, detector: Network) -> Detections:
    """Run NanoDet, decode its boxes and suppress those that overlap in each class."""
    card = detector.card
    side = card.input.size[0]
    network_input = image.letterboxed(card.input, side)
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
    least = g("ReduceMin", g.slice(boxes, 2, 4, 1), axes=[1], keepdims=0)
    visible = g("GreaterOrEqual", least, g.constant(1.0))
    likely = g("GreaterOrEqual", highest(g, class_scores), g.constant(SCORE_FLOOR))
    kept = g.where_true(g("And", visible, likely))
    boxes, class_scores = g.rows(boxes, kept), g.rows(class_scores, kept)
    pairs = suppressed(
        g, to_corners(g, boxes), class_scores, most=MOST_BOXES, iou=card.decode.nms_iou, floor=SCORE_FLOOR
    )
    pair_scores = g("GatherND", g("Transpose", class_scores, perm=[1, 0]), pairs)
    most = g("Min", g.size(pairs, 0), g.ints(MOST_BOXES))
    _, best = g("TopK", pair_scores, most, outputs=2)
    numbers = g.rows(g("Squeeze", g.slice(pairs, 1, 2, 1), g.ints(1)), best)
    zeros = g("Mul", highest(g, class_scores), g.constant(0.0))
    chosen = g("ScatterElements", zeros, numbers, g("Expand", g.constant([1.0]), most))
    kept = g.where_true(g("Greater", chosen, g.constant(0.5)))
    return Detections(
        g.rows(boxes, kept), g.rows(class_scores, kept), outputs[2 * len(levels) :], network_input
    )


DETECTOR_GRAPHS: dict[str, Callable[[GraphBuilder, InputImage, Network], Detections]] = {"nanodet": _nanodet}
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


def highest(g: GraphBuilder, class_scores: str) -> str:
    """[N] the highest class score of each box."""
    return g.most(class_scores, 1)


def candidates(g: GraphBuilder, detections: Detections, arrays: ScoringArrays) -> tuple[str, str]:
    """The boxes [N, 4] and class scores [N, C] of the best one of boxes on top of each other."""
    boxes, class_scores = detections.boxes, detections.class_scores
    best = g("Unsqueeze", highest(g, class_scores), g.ints(1))
    chosen = suppressed(
        g, to_corners(g, boxes), best, most=arrays.most_candidates, iou=arrays.candidate_iou, floor=0.0
    )
    numbers = g("Squeeze", g.slice(chosen, 1, 2, 1), g.ints(1))
    return g.rows(boxes, numbers), g.rows(class_scores, numbers)


def backbone(detector: Network) -> Any:
    """The part of the detector's graph that leads to the feature maps."""
    import onnx  # noqa: PLC0415

    graph = detector.graph
    wanted, kept = set(detector.card.decode.features), []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    part = onnx.GraphProto()
    part.node.extend(reversed(kept))
    part.initializer.extend(w for w in graph.initializer if w.name in wanted)
    return part
