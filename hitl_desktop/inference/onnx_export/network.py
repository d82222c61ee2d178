"""Networks in the graph, and what detectors give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.graph_cut import cut_graph
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.onnx_export.boxes import suppressed, to_corners
from hitl_desktop.inference.onnx_export.preprocessing import NetworkInput
from hitl_desktop.inference.postprocess import MOST_BOXES, SCORE_FLOOR
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder

_OPSET = 17


@dataclass(frozen=True, slots=True)
class Network:
    """A model's card and its ONNX graph."""

    card: ModelCard
    graph: Any

    @property
    def input_name(self) -> str:
        """The name of the input that the image goes into."""
        weights = {weight.name for weight in self.graph.initializer}
        return next(str(each.name) for each in self.graph.input if each.name not in weights)


@dataclass(frozen=True, slots=True)
class Detections:
    """Boxes [N, 4] and class scores [N, C] of the detector, its feature maps at its own input size, if there are
    any, and what they were made of."""

    boxes: str
    class_scores: str
    feature_maps: list[str]
    network_input: NetworkInput


def load_network(card: ModelCard) -> Network:
    """The network of a card, with the operators of the exported graph.

    Raises:
        ModelError: its operators cannot be converted.
    """
    import onnx  # noqa: PLC0415 - heavy: only an export needs it

    return Network(card, _converted(onnx.load(str(card.file)), card))


def backbone(card: ModelCard) -> Network:
    """The part of a card's network that leads to its feature maps, for any input size.

    Raises:
        ModelError: it cannot be cut there, or its operators cannot be converted.
    """
    import onnx  # noqa: PLC0415 - heavy: only an export needs it

    part = onnx.load_model_from_string(cut_graph(card.file, card.decode.features))
    return Network(card, _converted(part, card))


def _converted(model: Any, card: ModelCard) -> Any:
    """The graph with operators of the version that exported graphs have."""
    from onnx import version_converter  # noqa: PLC0415 - heavy: only an export needs it

    others = {each.domain for each in model.opset_import} - {"", "ai.onnx"}
    if others & {node.domain for node in model.graph.node}:
        raise ModelError(
            tr(
                "{name} has operators ({domains}) that an exported file cannot have.",
                name=card.file.name,
                domains=", ".join(sorted(others)),
            ),
            hint=tr("Teach beside the bundled detector, or export the data set instead."),
        )
    version = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), _OPSET)
    if version == _OPSET:
        return model.graph
    try:
        return version_converter.convert_version(model, _OPSET).graph
    except Exception as error:  # whatever a foreign graph provokes is translated, never dropped
        raise ModelError(
            tr("The operators of {name} cannot be converted ({error}).", name=card.file.name, error=error),
            hint=tr("Export it from its training program with opset 17."),
        ) from error


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
