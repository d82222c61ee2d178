"""Graphs that lay out maps anew with height and width written into them, made to do so at any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_LISTED = 3
"""Axes of a map that is laid out as a list of cells."""


def free_reshapes(graph: Any) -> None:
    """Let maps be laid out anew at any size: height and width are written into some graphs.

    A list of cells [1, C, cells] gets a free last axis. Other shapes that end with a height and a width, as where
    channels are shuffled, take them from the map that is reshaped.
    """
    from onnx import numpy_helper  # noqa: PLC0415 - heavy: only a job needs it

    constants = {constant.name: constant for constant in graph.initializer} | {
        node.output[0]: node.attribute[0].t for node in graph.node if _is_constant(node)
    }
    makers = {name: node for node in graph.node for name in node.output}
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.input, *graph.output)
    }
    nodes: list[Any] = []
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] in constants:
            wanted: list[int] = numpy_helper.to_array(constants[node.input[1]]).ravel().tolist()
            if len(wanted) == _LISTED and min(wanted) > 0:
                node.input[1] = _constant(graph, f"{node.output[0]}_free", [*wanted[:2], -1])
            elif len(wanted) > _LISTED and min(wanted[-2:]) > 0:
                nodes += _shaped(graph, node, wanted, _map_of(node.input[0], wanted, makers, shapes))
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def _is_constant(node: Any) -> bool:
    return node.op_type == "Constant" and [a.name for a in node.attribute] == ["value"]


def _map_of(
    name: str, wanted: Sequence[int], makers: Mapping[str, Any], shapes: Mapping[str, list[int]]
) -> tuple[str, int]:
    """The tensor that a tensor was made from which has the height and width that are wanted, and its axes; no axes if
    there is none."""
    while shapes.get(name, [])[-2:] != list(wanted[-2:]):
        if name not in makers or not makers[name].input:
            return name, 0
        name = makers[name].input[0]
    return name, len(shapes[name])


def _shaped(graph: Any, node: Any, wanted: Sequence[int], source: tuple[str, int]) -> list[Any]:
    """Nodes that give a Reshape its shape with the height and width of another tensor."""
    from onnx import helper  # noqa: PLC0415 - heavy: only a job needs it

    (name, axes), stem = source, node.output[0]
    if axes <= 2:
        return []
    lead, begin, end = (
        _constant(graph, f"{stem}_{part}", values)
        for part, values in (("lead", wanted[:-2]), ("begin", [axes - 2]), ("end", [axes]))
    )
    node.input[1] = f"{stem}_whole"
    return [
        helper.make_node("Shape", [name], [f"{stem}_shape"]),
        helper.make_node("Slice", [f"{stem}_shape", begin, end], [f"{stem}_sides"]),
        helper.make_node("Concat", [lead, f"{stem}_sides"], [node.input[1]], axis=0),
    ]


def _constant(graph: Any, name: str, values: Sequence[int]) -> str:
    from onnx import numpy_helper  # noqa: PLC0415 - heavy: only a job needs it

    graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
    return name
