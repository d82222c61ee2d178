"""Arrays that write down what is done to them: a decoder in numpy, called with them, becomes part of a graph.

So there is one decoder a family, for the program and for exported files alike. What the families use of numpy is
known here; anything else raises TypeError. Lengths are those of a trial run; one that depends on the image must be
the longest of its array, or come from `np.flatnonzero`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

if TYPE_CHECKING:
    from hitl_desktop.inference.onnx_export.graph_builder import GraphBuilder

_OPERATORS = {
    np.add: "Add", np.subtract: "Sub", np.multiply: "Mul", np.true_divide: "Div", np.power: "Pow", np.exp: "Exp",
    np.tanh: "Tanh", np.sqrt: "Sqrt", np.negative: "Neg", np.absolute: "Abs", np.rint: "Round",
    np.maximum: "Max", np.minimum: "Min", np.greater: "Greater", np.greater_equal: "GreaterOrEqual",
    np.less: "Less", np.equal: "Equal", np.bitwise_and: "And", np.logical_and: "And", np.matmul: "MatMul",
}  # fmt: skip
_GIVES_TRUTH = frozenset({"Greater", "GreaterOrEqual", "Less", "Equal", "And"})


class TracedArray(NDArrayOperatorsMixin):
    """A tensor of a graph that takes part in numpy's arithmetic; numbers are float32, truth values bool."""

    __array_priority__ = 100

    def __init__(
        self, graph: GraphBuilder, name: str, shape: Sequence[int], *, is_truth: bool = False
    ) -> None:
        self.graph, self.name, self.shape, self.is_truth = graph, name, tuple(shape), is_truth

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: math.prod(self.shape))
    dtype = property(lambda self: np.dtype(bool if self.is_truth else np.float32))
    T = property(lambda self: self.transpose())

    def __len__(self) -> int:
        return self.shape[0]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **rest: Any) -> Any:
        """Arithmetic: one operator of the graph each."""
        operator = _OPERATORS.get(ufunc)
        if operator is None or method != "__call__" or rest:
            return NotImplemented
        blanks = [np.broadcast_to(np.False_, _shape(each)) for each in inputs]
        shape = (
            np.matmul(*blanks).shape
            if ufunc is np.matmul
            else np.broadcast_shapes(*(b.shape for b in blanks))
        )
        ends = [self.named(each) for each in inputs]
        return TracedArray(self.graph, self.graph(operator, *ends), shape, is_truth=operator in _GIVES_TRUTH)

    def __array_function__(self, function: Any, _types: Any, args: Any, kwargs: Any) -> Any:
        """Functions of numpy that the families use."""
        known = _FUNCTIONS.get(function)
        return NotImplemented if known is None else known(self, *args, **kwargs)

    def __getitem__(self, key: Any) -> TracedArray:
        """Whole numbers take an axis away, slices and lists choose, None adds one; a traced list chooses rows."""
        if isinstance(key, TracedArray):
            return TracedArray(self.graph, self.graph.rows(self.name, key.name), (len(key), *self.shape[1:]))
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in keys:
            at, given = keys.index(Ellipsis), sum(each is not None for each in keys) - 1
            keys[at : at + 1] = [slice(None)] * (self.ndim - given)
        found, axis = self, 0
        for each in keys:
            found = found.chosen(each, axis)
            axis += not isinstance(each, int | np.integer)
        return found

    def chosen(self, key: Any, axis: int) -> TracedArray:
        """What one key chooses along its axis."""
        if key is None:
            return self.made("Unsqueeze", np.expand_dims(self.blank(), axis), self.graph.ints(axis))
        if isinstance(key, slice):
            return self.sliced(key, axis)
        numbers = np.asarray(key) % self.shape[axis]
        shape = self.blank().take(numbers, axis)
        return self.made("Gather", shape, self.graph.constant(numbers, np.int64), axis=axis)

    def reshape(self, *shape: Any) -> TracedArray:
        """The longest axis is left free, for it may depend on the image."""
        wanted = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
        whole = self.blank().reshape(wanted).shape
        free = wanted.index(-1) if -1 in wanted else whole.index(max(whole))
        sides = [-1 if n == free else side for n, side in enumerate(whole)]
        return TracedArray(
            self.graph,
            self.graph("Reshape", self.name, self.graph.ints(*sides)),
            whole,
            is_truth=self.is_truth,
        )

    def ravel(self) -> TracedArray:
        """One axis."""
        return self.reshape(-1)

    def transpose(self, *axes: int) -> TracedArray:
        """Axes in another order."""
        order = axes or tuple(reversed(range(len(self.shape))))
        return self.made("Transpose", self.blank().transpose(order), perm=list(order))

    def astype(self, dtype: Any) -> TracedArray:
        """Numbers stay float32; truth values become 0 and 1."""
        if self.is_truth and np.dtype(dtype).kind != "b":
            return TracedArray(self.graph, self.graph.cast(self.name), self.shape)
        return self

    def max(self, axis: int, *, keepdims: bool = False, initial: float | None = None) -> TracedArray:
        """The maximum along an axis."""
        del initial
        return self._reduced("ReduceMax", axis, keepdims, axes=[axis % self.ndim])

    def sum(self, axis: int, *, keepdims: bool = False) -> TracedArray:
        """The sum along an axis."""
        return self._reduced("ReduceSum", axis, keepdims, self.graph.ints(axis % self.ndim))

    def _reduced(
        self, operator: str, axis: int, keepdims: bool, *inputs: str, **attributes: Any
    ) -> TracedArray:
        blank = self.blank().any(axis=axis, keepdims=keepdims)
        return self.made(operator, blank, *inputs, keepdims=int(keepdims), **attributes)

    def sliced(self, part: slice, axis: int) -> TracedArray:
        """A part of an axis."""
        if part == slice(None):
            return self
        begin, end, step = part.indices(self.shape[axis])
        end = end if part.stop is not None else np.iinfo(np.int64).max
        key = (*([slice(None)] * axis), part)
        ends = (self.graph.ints(int(n)) for n in (begin, end, axis, step))
        return self.made("Slice", self.blank()[key], *ends)

    def made(self, operator: str, blank: Any, *inputs: str, **attributes: Any) -> TracedArray:
        """What an operator makes of this array, of the shape of `blank`."""
        name = self.graph(operator, self.name, *inputs, **attributes)
        return TracedArray(self.graph, name, blank.shape, is_truth=self.is_truth)

    def blank(self) -> Any:
        """An array of this shape that takes no memory: numpy tells what becomes of the shape."""
        return np.broadcast_to(np.False_, self.shape)

    def named(self, value: Any) -> str:
        """The name of a value in this array's graph."""
        if not isinstance(value, TracedArray):
            return self.graph.constant(value)
        return self.graph.cast(value.name) if value.is_truth and not self.is_truth else value.name


def _shape(value: Any) -> tuple[int, ...]:
    return value.shape if isinstance(value, TracedArray) else np.shape(value)


def _concatenate(of: TracedArray, parts: Sequence[Any], axis: int = 0) -> TracedArray:
    shape = np.concatenate([np.broadcast_to(np.False_, _shape(part)) for part in parts], axis=axis).shape
    names = [of.named(part) for part in parts]
    return TracedArray(of.graph, of.graph("Concat", *names, axis=axis % len(shape)), shape)


def _stack(of: TracedArray, parts: Sequence[Any], axis: int = 0) -> TracedArray:
    return _concatenate(
        of, [part[(slice(None),) * (axis % (part.ndim + 1)) + (None,)] for part in parts], axis
    )


def _clip(of: TracedArray, values: TracedArray, low: float | None, high: float | None) -> TracedArray:
    ends = ["" if end is None else of.graph.constant(end) for end in (low, high)]
    return TracedArray(of.graph, of.graph("Clip", values.name, *ends), values.shape)


def _flatnonzero(of: TracedArray, condition: TracedArray) -> TracedArray:
    return TracedArray(of.graph, of.graph.where_true(condition.name), (condition.size,))


_FUNCTIONS: dict[Any, Callable[..., TracedArray]] = {
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.clip: _clip,
    np.flatnonzero: _flatnonzero,
}
