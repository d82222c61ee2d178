"""Where the feature maps of a foreign network can be tapped, so that detection heads learn on them.

The graph is walked: of the maps at strides 8, 16 and 32, the last activation before the next stride begins (the
backbone's), and the last one of all (the neck's or the towers'). What is proposed is verified: the graph is cut
there and run at two other input sizes, as heads need it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.features import FeatureNet, open_features
from hitl_desktop.inference.graph_detector import as_batch
from hitl_desktop.inference.model_card import ModelCard

log = logging.getLogger(__name__)

STRIDES: Final = (8, 16, 32)
BACKBONE, LAST = "backbone", "last"
_ACTIVATIONS: Final = frozenset(
    {
        *("Relu", "LeakyRelu", "PRelu", "Clip", "Elu", "Gelu", "HardSwish", "Mish", "Mul", "Add", "Concat"),
        *("DequantizeLinear", "BatchNormalization"),
    }
)
"""Operators that end a block; SiLU is a product, a shortcut a sum."""
_FEWEST_CHANNELS = 24
"""Narrower maps are predictions rather than features."""
_MOST_CHANNELS = 1024
_TRIED_SIDES = (256, 416)
"""Of the input: heads choose among several sizes."""


class Taps(NamedTuple):
    """Where a graph can be tapped: which of its maps, and their strides in pixels, the finest first."""

    kind: str
    names: tuple[str, ...]
    strides: tuple[int, ...]


class _Map(NamedTuple):
    name: str
    stride: int
    channels: int


def find_taps(card: ModelCard, image: RgbImage) -> list[Taps]:
    """The taps of a detector that work, the backbone's first; none where its graph has no such maps."""
    try:
        maps = _maps(card, image)
    except Exception as error:  # noqa: BLE001 - a foreign graph may fail in any way; then there are none
        log.info("no feature maps of %s: %s", card.file.name, error)
        return []
    return [taps for taps in _proposed(maps) if _works(card, taps, image)]


def tapped(card: ModelCard, taps: Taps) -> ModelCard:
    """The card with these feature maps."""
    decode = msgspec.structs.replace(card.decode, features=taps.names, feature_strides=taps.strides)
    return msgspec.structs.replace(card, decode=decode)


def _maps(card: ModelCard, image: RgbImage) -> list[_Map]:
    """The activations of the graph that are maps at some stride, in the order in which they are computed."""
    import onnx  # noqa: PLC0415 - heavy: only a probe needs it

    from hitl_desktop.inference.session import Session  # noqa: PLC0415

    model = onnx.load(str(card.file))
    names = [name for node in model.graph.node if node.op_type in _ACTIVATIONS for name in node.output]
    present = {output.name for output in model.graph.output}
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in present)
    if card.input.frees_size:
        _free_inputs(model.graph)
    session = Session(card.file, graph=model.SerializeToString())
    batch, _, size = as_batch(image, card.input)
    arrays = session.run(names, batch)
    return [
        _Map(name, stride, array.shape[1])
        for name, array in zip(names, arrays, strict=True)
        if (stride := _stride(array.shape, size)) in STRIDES
        and _FEWEST_CHANNELS <= array.shape[1] <= _MOST_CHANNELS
    ]


def _free_inputs(graph: Any) -> None:
    for value in graph.input:
        for number, dim in enumerate(value.type.tensor_type.shape.dim):
            dim.dim_param = f"{value.name}_{number}"


def _stride(shape: Sequence[int], size: tuple[int, int]) -> int:
    """The stride of a map [1, C, h, w] of an input of this width and height; 0 if it is none."""
    if len(shape) != 4 or shape[0] != 1:
        return 0
    return next((s for s in STRIDES if shape[2:] == (-(-size[1] // s), -(-size[0] // s))), 0)


def _proposed(maps: Sequence[_Map]) -> list[Taps]:
    found: list[Taps] = []
    for kind, chosen in ((BACKBONE, _before_the_next(maps)), (LAST, {m.stride: m for m in maps})):
        present = [chosen[stride] for stride in STRIDES if stride in chosen]
        taps = Taps(kind, tuple(m.name for m in present), tuple(m.stride for m in present))
        if len(present) > 1 and taps.names not in [other.names for other in found]:
            found.append(taps)
    return found


def _before_the_next(maps: Sequence[_Map]) -> Mapping[int, _Map]:
    """By stride the last map before the first of a coarser stride, or, of the coarsest, before a finer one."""
    chosen: dict[int, _Map] = {}
    for present, following in pairwise((*maps, None)):
        if present is None or any(s > present.stride for s in chosen):
            break
        if following is None or following.stride != present.stride:
            chosen.setdefault(present.stride, present)
    return chosen


def _works(card: ModelCard, taps: Taps, image: RgbImage) -> bool:
    """Whether the maps are those that were proposed, finite and not constant, at other input sizes, too."""
    try:
        net = open_features(tapped(card, taps), threads=1)
        return all(_is_sound(net, image, side) for side in _TRIED_SIDES)
    except Exception as error:  # noqa: BLE001 - as above
        log.info("no feature maps of %s at %s: %s", card.file.name, taps.kind, error)
        return False


def _is_sound(net: FeatureNet, image: RgbImage, side: int) -> bool:
    grid = net.cells(image, side)
    fits = (grid.columns, grid.rows) == (-(-side // int(grid.stride)),) * 2
    return fits and bool(np.isfinite(grid.features).all()) and float(grid.features.std()) > 0
