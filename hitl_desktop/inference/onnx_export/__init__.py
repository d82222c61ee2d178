"""A detector with its trained heads as one ONNX graph: an image in, named boxes out.

Input `image` is uint8 [height, width, 3], upright, RGB. Outputs are `boxes` [N, 4] (x, y, w, h in pixels of
the image), `scores` [N], `classes` [N] (places in the list of names) and `class_scores` [N, names], best
first, already suppressed. Everything between, from resizing to suppression, is in the graph; why it is done
so is explained where the program itself does it (`preprocess`, `nanodet`, `features`, `encoder`, and the
heads).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.onnx_export.arrays import DecodingRules, RefinerArrays, ScoringArrays, ViewArrays
from hitl_desktop.inference.onnx_export.best_boxes import highest
from hitl_desktop.inference.onnx_export.boxes import suppressed, to_corners
from hitl_desktop.inference.onnx_export.classification_head import category_scores
from hitl_desktop.inference.onnx_export.detection_head import find_objects
from hitl_desktop.inference.onnx_export.detector import DETECTOR_GRAPHS, candidates
from hitl_desktop.inference.onnx_export.network import backbone, load_network
from hitl_desktop.inference.onnx_export.preprocessing import InputImage
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


def build(
    detector: ModelCard,
    backbone_card: ModelCard | None,
    encoder: ModelCard,
    views: Mapping[int, ViewArrays],
    refiner: RefinerArrays | None,
    rules: DecodingRules,
    scoring: ScoringArrays,
    metadata: Mapping[str, str],
) -> bytes:
    """The graph as a file.

    Raises:
        ModelError: the detector is of a family that cannot be exported.
    """
    detect = DETECTOR_GRAPHS.get(detector.family)
    if detect is None:
        raise ModelError(
            tr(
                "A detector of the family {family} cannot be exported with a head yet.",
                family=detector.family,
            ),
            hint=tr("Teach beside the bundled detector, or export the data set instead."),
        )
    if views and backbone_card is None:
        raise ModelError(
            tr(
                "The feature maps on which the head beside {name} was trained are gone.",
                name=detector.name,
            ),
            hint=tr("Put the model back, or export the data set instead."),
        )
    from onnx import TensorProto, helper  # noqa: PLC0415

    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder  # noqa: PLC0415

    detector_network, encoder_network = load_network(detector), load_network(encoder)
    g = GraphBuilder()
    image = InputImage(g)
    detections = detect(g, image, detector_network)
    boxes, class_scores = candidates(g, detections, scoring)
    none_found = g.constant(0.0)
    found_scores = g("Mul", highest(g, class_scores), none_found)  # [N] the detector's boxes have none
    if views and backbone_card is not None:
        found = find_objects(g, image, backbone(backbone_card), detections, views, refiner, rules)
        boxes, class_scores, found_scores = _joined(g, boxes, class_scores, found_scores, *found)
    scores = category_scores(g, image, encoder_network, boxes, class_scores, found_scores, scoring)
    _add_outputs(g, boxes, scores, scoring)
    outputs = [
        helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["found", 4]),
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["found"]),
        helper.make_tensor_value_info("classes", TensorProto.INT64, ["found"]),
        helper.make_tensor_value_info("class_scores", TensorProto.FLOAT, ["found", len(scoring.names)]),
    ]
    graph_input = helper.make_tensor_value_info("image", TensorProto.UINT8, ["height", "width", 3])
    return g.model([graph_input], outputs, metadata)


def _joined(
    g: GraphBuilder, boxes: str, class_scores: str, found_scores: str, more: str, more_scores: str
) -> tuple[str, str, str]:
    """The detector's boxes and then those that the detection head found, which have no class scores."""
    blank = g("Expand", g.constant([[0.0]]), g("Concat", g.size(more, 0), g.size(class_scores, 1), axis=0))
    return (
        g("Concat", boxes, more, axis=0),
        g("Concat", class_scores, blank, axis=0),
        g("Concat", found_scores, more_scores, axis=0),
    )


def _add_outputs(g: GraphBuilder, boxes: str, scores: str, arrays: ScoringArrays) -> None:
    """The outputs: of boxes of one name on one spot the best, in order of score."""
    from onnx import helper  # noqa: PLC0415

    best = g.most(scores, 1, keep=True)
    only = g("Where", g("GreaterOrEqual", scores, best), scores, g.constant(0.0))
    chosen = suppressed(
        g, to_corners(g, boxes), only, most=1000, iou=arrays.same_place_iou, floor=arrays.kept_from
    )
    numbers = g("Squeeze", g.slice(chosen, 1, 2, 1), g.ints(1))
    best_scores, order = g(
        "TopK", g.rows(g("Squeeze", best, g.ints(1)), numbers), g.size(numbers, 0), outputs=2
    )
    numbers = g.rows(numbers, order)
    kept = g.rows(scores, numbers)
    for name, value in (
        ("boxes", g.rows(boxes, numbers)),
        ("scores", best_scores),
        ("classes", g("ArgMax", kept, axis=1, keepdims=0)),
        ("class_scores", kept),
    ):
        g.nodes.append(helper.make_node("Identity", [value], [name]))
