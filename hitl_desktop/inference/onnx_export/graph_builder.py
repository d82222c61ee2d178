"""Writes ONNX graphs step by step: a method for an operator, names made up on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

OPSET = 17
_IR_VERSION = 8


class GraphBuilder:
    """A graph that grows; values are the names of its tensors."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self._count = [0]

    def inner(self) -> GraphBuilder:
        """A graph inside of this one, such as the body of a loop; it may use what this one has."""
        inner = GraphBuilder()
        inner.constants, inner._count = self.constants, self._count
        return inner

    def new_name(self) -> str:
        """A name that no other value has."""
        self._count[0] += 1
        return f"v{self._count[0]}"

    def constant(self, value: NDArray[Any] | float | Sequence[Any], dtype: Any = np.float32) -> str:
        """A tensor of the graph itself."""
        array = np.array(value, dtype, order="C")
        if array.ndim == 0 or array.size < 16:
            for name, known in self.constants.items():  # small ones are shared
                if known.shape == array.shape and known.dtype == array.dtype and np.array_equal(known, array):
                    return name
        name = self.new_name()
        self.constants[name] = array
        return name

    def ints(self, *values: int) -> str:
        """A list of whole numbers."""
        return self.constant(np.array(values), np.int64)

    def __call__(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Add an operator; returns the name of its output, or a tuple of several."""
        names = [self.new_name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else tuple(names)

    def slice(self, value: str, start: int, end: int, axis: int) -> str:
        """`value[start:end]` along an axis."""
        return self("Slice", value, self.ints(start), self.ints(end), self.ints(axis))

    def size(self, value: str, axis: int) -> str:
        """[1] how long a value is along an axis, as a whole number."""
        return self.slice(self("Shape", value), axis, axis + 1, 0)

    def columns(self, value: str, *numbers: int) -> str:
        """`value[:, numbers]`."""
        return self("Gather", value, self.ints(*numbers), axis=1)

    def rows(self, value: str, numbers: str) -> str:
        """`value[numbers]`."""
        return self("Gather", value, numbers, axis=0)

    def cast(self, value: str, to: int = onnx.TensorProto.FLOAT) -> str:
        """A value as another type."""
        return self("Cast", value, to=to)

    def as_int64(self, value: str) -> str:
        """A value as whole numbers."""
        return self.cast(value, onnx.TensorProto.INT64)

    def as_double(self, value: str) -> str:
        """A value with double precision."""
        return self.cast(value, onnx.TensorProto.DOUBLE)

    def where_true(self, condition: str) -> str:
        """[M] the places where a condition [N] holds."""
        return self("Reshape", self("NonZero", condition), self.ints(-1))

    def total(self, value: str, axis: int, *, keep: bool = False) -> str:
        """The sum along an axis."""
        return self("ReduceSum", value, self.ints(axis), keepdims=int(keep))

    def most(self, value: str, axis: int, *, keep: bool = False) -> str:
        """The maximum along an axis."""
        return self("ReduceMax", value, axes=[axis], keepdims=int(keep))

    def include(
        self, graph: Any, inputs: Mapping[str, str], outputs: Sequence[str], prefix: str
    ) -> list[str]:
        """Add another graph's nodes, its inputs being these values; returns its named outputs here.

        Its weights keep their names, so that a graph included twice has them once.
        """
        renamed = dict(inputs)
        for weight in graph.initializer:
            kept, array = f"w.{weight.name}", numpy_helper.to_array(weight)
            if not np.array_equal(self.constants.setdefault(kept, array), array):  # of another network
                kept = self.constant(array, array.dtype)
            renamed[str(weight.name)] = kept
        for node in graph.node:
            for output in node.output:
                renamed.setdefault(output, f"{prefix}.{output}")
        for node in graph.node:
            copy: Any = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.name = ""
            copy.input[:] = [renamed.get(name, name) for name in node.input]
            copy.output[:] = [renamed[name] for name in node.output]
            self.nodes.append(copy)
        return [renamed[name] for name in outputs]

    def model(self, inputs: Sequence[Any], outputs: Sequence[Any], metadata: Mapping[str, str]) -> bytes:
        """The finished file."""
        weights = [numpy_helper.from_array(array, name) for name, array in self.constants.items()]
        graph = helper.make_graph(self.nodes, "taught", list(inputs), list(outputs), weights)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION
        )
        model.producer_name = "HITL Desktop"
        helper.set_model_props(model, dict(metadata))
        return model.SerializeToString()
