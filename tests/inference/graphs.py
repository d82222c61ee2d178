"""Small graphs with the outputs of exporters: what they give is known, whatever image they take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[Any]
SIDE = 320
CLASSES = 3


class Thing(NamedTuple):
    """An object on every image: corners in pixels of the input, class and score."""

    corners: tuple[float, float, float, float]
    label: int
    score: float

    @property
    def centre(self) -> tuple[float, float, float, float]:
        x1, y1, x2, y2 = self.corners
        return (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1


THINGS = (
    Thing((40, 60, 120, 220), 1, 0.9),
    Thing((180, 100, 300, 200), 0, 0.8),
    Thing((20, 236, 90, 300), 2, 0.7),
)


def save(
    file: Path,
    outputs: Mapping[str, Array],
    *,
    shape: Sequence[int | str] = (1, 3, SIDE, SIDE),
    kind: int = TensorProto.FLOAT,
    sizes: str = "",
    mask: str = "",
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a graph that gives these arrays for any input; `sizes` names a second input [1, 2] of int64, `mask`
    one [1, 64, 64] that has to be full of ones."""
    inputs = [helper.make_tensor_value_info("images", kind, list(shape))]
    nodes = [
        helper.make_node("Cast", ["images"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["as_float"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["of_image" if mask else "nothing"]),
    ]
    if mask:
        inputs.append(helper.make_tensor_value_info(mask, TensorProto.INT64, [1, 64, 64]))
        nodes += [
            helper.make_node("Cast", [mask], ["mask_as_float"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["mask_as_float"], ["kept"], keepdims=0),
            helper.make_node("Log", ["kept"], ["of_mask"]),  # 0, or minus infinity
            helper.make_node("Add", ["of_image", "of_mask"], ["nothing"]),
        ]
    if sizes:
        inputs.append(helper.make_tensor_value_info(sizes, TensorProto.INT64, [1, 2]))
        nodes += [
            helper.make_node("Cast", [sizes], ["sizes_as_float"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMax", ["sizes_as_float"], ["largest"], keepdims=0),
        ]
    stored = [numpy_helper.from_array(np.array(0, np.float32), "zero")]
    declared: list[Any] = []
    for name, array in outputs.items():
        stored.append(numpy_helper.from_array(array, f"{name}_value"))
        if array.dtype == np.float32:
            nodes.append(helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
        else:
            nodes.append(helper.make_node("Identity", [f"{name}_value"], [name]))
        declared.append(
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        )
    graph = helper.make_graph(nodes, "exported", inputs, declared, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    for key, value in (metadata or {}).items():
        model.metadata_props.append(onnx.StringStringEntryProto(key=key, value=value))
    onnx.save(model, str(file))
    return file


def logit(p: Array | float) -> Array:
    """What a sigmoid turns into p."""
    p = np.asarray(p, np.float64)
    return np.log(p / (1 - p))


def cells(strides: Sequence[int], repeats: int = 1) -> Array:
    """[N, 3] column, row and stride of each cell, with each cell `repeats` times."""
    found = [
        (x, y, s) for s in strides for y in range(SIDE // s) for x in range(SIDE // s) for _ in range(repeats)
    ]
    return np.array(found, np.float64)


def owners(places: Array, offset: float = 0.5) -> dict[int, Thing]:
    """Which cells see which thing: the two nearest to its centre, of the stride that fits its size."""
    found: dict[int, Thing] = {}
    centres = (places[:, :2] + offset) * places[:, 2:3]
    for thing in THINGS:
        x, y, w, h = thing.centre
        wanted = 32 if max(w, h) > 100 else 16
        here = np.flatnonzero(places[:, 2] == wanted)
        near = here[np.argsort(np.hypot(*(centres[here] - [x, y]).T), kind="stable")]
        found |= {int(row): thing for row in near[:2]}
    return found


def scores_of(owned: Mapping[int, Thing], rows: int, *, low: float = 0.01) -> Array:
    """[rows, classes] of probabilities."""
    scores = np.full((rows, CLASSES), low)
    for row, thing in owned.items():
        scores[row, thing.label] = thing.score
    return scores


def dense(strides: Sequence[int], repeats: int = 1) -> tuple[Array, Array, Array]:
    """Cells, their boxes [N, 4] as centre and size in pixels, and their scores."""
    places = cells(strides, repeats)
    owned = owners(places)
    boxes = np.concatenate(
        [(places[:, :2] + 0.5) * places[:, 2:3], np.repeat(places[:, 2:3] * 1.5, 2, axis=1)], axis=1
    )
    for row, thing in owned.items():
        boxes[row] = thing.centre
    return places, boxes, scores_of(owned, len(places))


def sides(places: Array, boxes: Array, offset: float = 0.5) -> Array:
    """[N, 4] distances in pixels from the cells to the sides of boxes."""
    centres = (places[:, :2] + offset) * places[:, 2:3]
    low, high = boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2
    return np.concatenate([centres - low, high - centres], axis=1)


def bins(distances: Array, count: int) -> Array:
    """[N, 4 * count] logits whose expectation is a distance in strides."""
    clipped = np.clip(distances, 0, count - 1.001)
    lower = np.floor(clipped).astype(int)
    share = clipped - lower
    logits = np.full((*distances.shape, count), -12.0)
    np.put_along_axis(logits, lower[..., None], np.log(np.clip(1 - share, 1e-6, 1))[..., None], axis=2)
    np.put_along_axis(logits, lower[..., None] + 1, np.log(np.clip(share, 1e-6, 1))[..., None], axis=2)
    return logits.reshape(len(distances), -1)


def f32(array: Any) -> Array:
    """As graphs give floats."""
    return np.ascontiguousarray(array, np.float32)


def maps(rows: Array, strides: Sequence[int], per_cell: int = 1) -> list[Array]:
    """Rows of cells as [1, channels, height, width] for each stride."""
    found: list[Array] = []
    start = 0
    for stride in strides:
        side = SIDE // stride
        count = side * side * per_cell
        part = rows[start : start + count].reshape(side, side, -1)
        found.append(f32(part.transpose(2, 0, 1)[None]))
        start += count
    return found


def by_stride(rows: Array, strides: Sequence[int], per_cell: int = 1) -> list[Array]:
    """Rows of cells as [1, cells, columns] for each stride."""
    counts = np.cumsum([(SIDE // s) ** 2 * per_cell for s in strides])[:-1]
    return [f32(part[None]) for part in np.split(rows, counts)]
