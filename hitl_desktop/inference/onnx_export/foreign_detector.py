"""A detector of any family in the graph: its network as it is, and its decoder as the program runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.family_table import FAMILIES
from hitl_desktop.inference.graph_file import free_graph
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.onnx_export.best_boxes import best_boxes, likely
from hitl_desktop.inference.onnx_export.boxes import to_sides
from hitl_desktop.inference.onnx_export.network import Detections, Network
from hitl_desktop.inference.onnx_export.preprocessing import InputImage, in_layout
from hitl_desktop.inference.onnx_export.traced_array import TracedArray
from hitl_desktop.inference.preprocess import laid_out
from hitl_desktop.inference.session import Session
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder


def foreign_detections(g: GraphBuilder, image: InputImage, detector: Network) -> Detections:
    """Run the network, decode its outputs, and suppress boxes that overlap another one of the same best class.

    Raises:
        ModelError: the input has no size of its own, or the family's decoder cannot be written as a graph.
    """
    card = detector.card
    if 0 in card.input.size:
        raise _not_exportable(card)
    session = Session(card.file, threads=1, graph=free_graph(card.file) if card.input.frees_size else None)
    width, height = card.input.size
    blank = laid_out(np.zeros((3, height, width), np.float32), card.input.layout)
    lengths = [each.shape for each in session.run(card.decode.outputs, blank)]
    network_input = image.placed(card.input)
    inputs = {detector.input_name: _typed(g, network_input.batch, card, session)}
    inputs |= {name: g.constant(value, value.dtype) for name, value in session.sizes(width, height).items()}
    names = g.include(detector.graph, inputs, card.decode.outputs, "d")
    arrays: Any = {
        output: TracedArray(g, g.cast(name), shape)
        for output, name, shape in zip(card.decode.outputs, names, lengths, strict=True)
    }
    try:
        decoded: Any = FAMILIES[card.family].decode(arrays, card.decode, card.input.size)
        corners, scores = (
            decoded.corners.name,
            g("Clip", decoded.scores.name, g.constant(0.0), g.constant(1.0)),
        )
    except (TypeError, AttributeError, ValueError) as error:
        raise _not_exportable(card) from error
    return Detections(*_kept(g, image.to_pixels(corners, network_input), scores, card), [], network_input)


def _typed(g: GraphBuilder, batch: str, card: ModelCard, session: Session) -> str:
    """An input [1, 3, height, width] in the order of axes and the type that the network takes."""
    batch = in_layout(g, batch, card.input.layout)
    if session.input_type == np.float32:
        return batch
    import onnx  # noqa: PLC0415 - heavy: only an export needs it

    if session.input_type.kind != "f":
        limits = np.iinfo(session.input_type)
        ends = (g.constant(float(limit)) for limit in (limits.min, limits.max))
        batch = g("Clip", g("Round", batch), *ends)
    return g.cast(batch, onnx.helper.np_dtype_to_tensor_dtype(session.input_type))


def _kept(g: GraphBuilder, corners: str, scores: str, card: ModelCard) -> tuple[str, str]:
    """Boxes [N, 4] and scores [N, C] of those that are visible, likely, and overlap no better one of their class."""
    boxes, scores = likely(g, to_sides(g, corners), scores)
    is_best = g("GreaterOrEqual", scores, g.most(scores, 1, keep=True))
    rivals = g("Where", is_best, scores, g.constant(0.0))
    return best_boxes(g, boxes, scores, rivals, card.decode.nms_iou)


def _not_exportable(card: ModelCard) -> ModelError:
    return ModelError(
        tr("A detector of the family {family} cannot be exported with a head.", family=card.family),
        hint=tr("Teach beside the bundled detector, or export the data set instead."),
    )
