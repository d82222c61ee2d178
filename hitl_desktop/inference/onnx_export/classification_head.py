"""The classification head in the graph: crops embedded, and calibrated scores of every box under every
name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hitl_desktop.inference.onnx_export.arrays import ScoringArrays
from hitl_desktop.inference.onnx_export.boxes import to_corners
from hitl_desktop.inference.onnx_export.detector import Network, highest
from hitl_desktop.inference.onnx_export.preprocessing import InputImage, normalised, resized

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


def category_scores(
    g: GraphBuilder,
    image: InputImage,
    encoder: Network,
    boxes: str,
    class_scores: str,
    found: str,
    arrays: ScoringArrays,
) -> str:
    """Calibrated scores [N, names]; `class_scores` [N, C] are the detector's, `found` [N] the detection
    head's."""
    chances = _probabilities(g, _embeddings(g, image, encoder, boxes), arrays)
    is_found, confidence = _confidence(g, class_scores, found, arrays)
    own = g("Mul", chances, g("Unsqueeze", confidence, g.ints(1)))
    by_detector, by_head = (g.constant(weight) for weight in arrays.own_weight)
    blended = (
        g(
            "Mul",
            g("MatMul", own, g.constant(arrays.own_to_name)),
            g("Where", g("Unsqueeze", is_found, g.ints(1)), by_head, by_detector),
        ),
        g("MatMul", _detector_scores(g, class_scores, arrays), g.constant(arrays.class_to_name)),
    )
    return _calibrated(g, g("Add", *blended), is_found, arrays)


def _probabilities(g: GraphBuilder, embeddings: str, arrays: ScoringArrays) -> str:
    """[N, T] the probability of each category that the head was trained on."""
    centred = g("Sub", embeddings, g.constant(arrays.centre))
    length = g("Max", g("ReduceL2", centred, axes=[1], keepdims=1), g.constant(1e-6))
    logits = g(
        "Add", g("MatMul", g("Div", centred, length), g.constant(arrays.weights)), g.constant(arrays.bias)
    )
    trained = arrays.weights.shape[1] - 1
    return g.slice(g("Softmax", logits, axis=1), 0, trained, 1)


def _confidence(g: GraphBuilder, class_scores: str, found: str, arrays: ScoringArrays) -> tuple[str, str]:
    """Whether the detection head found a box [N], and how likely it is to show an object [N]."""
    typical = g.constant(arrays.typical_score)
    objectness = g("Max", highest(g, class_scores), g("Mul", found, typical))
    confidence = g("Min", g.constant(1.0), g("Sqrt", g("Div", objectness, typical)))
    # where the detector seldom fits what people label, what the head found goes first
    is_found = g("Greater", found, g.constant(0.0))
    any_found = g(
        "Greater", g.most(g("Concat", found, g.constant([0.0]), axis=0), 0, keep=True), g.constant(0.0)
    )
    held_back = g("And", any_found, g("Not", is_found))
    factor = g("Where", held_back, g.constant(arrays.detector_recall), g.constant(1.0))
    return is_found, g("Mul", confidence, factor)


def _calibrated(g: GraphBuilder, raw: str, is_found: str, arrays: ScoringArrays) -> str:
    """Scores as chances, each calibrated by itself; what is best in a row stays best."""
    clipped = g("Clip", raw, g.constant(arrays.sure), g.constant(1 - arrays.sure))
    odds = g("Log", g("Div", clipped, g("Sub", g.constant(1.0), clipped)))
    slope, bias = (
        g("Unsqueeze", g("Where", is_found, g.constant(pair[1]), g.constant(pair[0])), g.ints(1))
        for pair in (arrays.slopes, arrays.biases)
    )
    chances = g("Sigmoid", g("Add", g("Add", g("Mul", slope, odds), bias), g.constant(arrays.offsets)))
    chances = g("Where", g("Greater", raw, g.constant(0.0)), chances, g.constant(0.0))
    is_best = g("GreaterOrEqual", raw, g.most(raw, 1, keep=True))
    most = g.most(g("Where", is_best, chances, g.constant(0.0)), 1, keep=True)
    return g("Where", is_best, chances, g("Min", chances, g("Mul", most, g.constant(arrays.second))))


def _detector_scores(g: GraphBuilder, class_scores: str, arrays: ScoringArrays) -> str:
    """[N, G] the highest score of the classes that are mapped to each name."""
    none = g("Mul", g("Unsqueeze", highest(g, class_scores), g.ints(1)), g.constant(0.0))
    padded = g("Concat", class_scores, none, axis=1)
    members = g("Gather", padded, g.constant(arrays.class_index, np.int64), axis=1)  # [N, G, m]
    return g.most(members, 2)


def _embeddings(g: GraphBuilder, image: InputImage, encoder: Network, boxes: str) -> str:
    """[N, D] the encoder's embeddings of the crops; it is run on one crop more, for it cannot be run on
    none."""
    whole = g("Unsqueeze", g("Mul", image.size, g.constant([0.0, 0.0, 1.0, 1.0])), g.ints(0))
    corners = to_corners(g, g("Concat", boxes, whole, axis=0))
    wide, high = g.cast(image.width), g.cast(image.height)
    one, none = g.constant([1.0]), g.constant([0.0])
    limit = g("Concat", g("Sub", wide, one), g("Sub", high, one), axis=0)
    first = g("Min", g("Max", g("Floor", g.slice(corners, 0, 2, 1)), none), limit)
    last = g(
        "Min",
        g("Max", g("Ceil", g.slice(corners, 2, 4, 1)), g("Add", first, one)),
        g("Concat", wide, high, axis=0),
    )
    places = g.as_int64(g("Concat", first, last, axis=1))  # [N, 4] left, top, right, bottom
    body = g.inner()
    crop = body(
        "Slice", image.pixels,
        body("Gather", "place", body.ints(1, 0), axis=0), body("Gather", "place", body.ints(3, 2), axis=0),
        body.ints(0, 1),
    )  # fmt: skip
    width, height = encoder.card.input.size
    planes = resized(body, crop, body.ints(height), body.ints(width))
    squeezed = body("Squeeze", planes, body.ints(0))
    crops = g("Scan", places, body=_loop_body(body, squeezed, (3, height, width)), num_scan_inputs=1)
    batch = normalised(g, crops, encoder.card.input)
    (vectors,) = g.include(encoder.graph, {encoder.input_name: batch}, [encoder.graph.output[0].name], "e")
    # rounded as they are stored, for the head was trained on such ones
    step = g("Div", g("ReduceMax", g("Abs", vectors), axes=[1], keepdims=1), g.constant(127.0))
    step = g("Max", step, g.constant(1e-12))
    vectors = g("Mul", g("Round", g("Div", vectors, step)), step)
    return g("Slice", vectors, g.ints(0), g.ints(-1), g.ints(0))


def _loop_body(body: GraphBuilder, output: str, shape: tuple[int, int, int]) -> Any:
    """The body of a loop over crops."""
    from onnx import TensorProto, helper  # noqa: PLC0415

    place = helper.make_tensor_value_info("place", TensorProto.INT64, [4])
    crop = helper.make_tensor_value_info(output, TensorProto.FLOAT, list(shape))
    return helper.make_graph(body.nodes, "crop", [place], [crop])
