"""Networks in the graph, and what detectors give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hitl_desktop.errors import ModelError
from hitl_desktop.inference.graph_cut import cut_graph
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.onnx_export.preprocessing import NetworkInput
from hitl_desktop.translation import tr

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
