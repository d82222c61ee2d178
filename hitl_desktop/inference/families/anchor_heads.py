"""Raw heads of YOLO networks with anchors: v2, v3, v4, v5, v7, YOLO-Fastest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.inference.families.outputs import (
    Array,
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    cell_origins,
    from_centres,
    grid_shape,
    is_probability,
    sigmoid,
    softmax,
)
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "anchor_heads"
_V5 = ((10, 13, 16, 30, 33, 23), (30, 61, 62, 45, 59, 119), (116, 90, 156, 198, 373, 326))
_V7 = ((12, 16, 19, 36, 40, 28), (36, 75, 76, 55, 72, 146), (142, 110, 192, 243, 459, 401))
_TINY3 = ((10, 14, 23, 27, 37, 58), (81, 82, 135, 169, 344, 319))
_TINY4 = ((23, 27, 37, 58, 81, 82), (81, 82, 135, 169, 344, 319))
_FASTEST = ((12, 18, 37, 49, 52, 132), (115, 73, 119, 199, 242, 238))
_V2 = ((34.6, 38.1, 109.4, 147.5, 212.2, 364.2, 301.4, 163.5, 531.8, 336.6),)
_WAYS: Final[Mapping[tuple[int, ...], tuple[tuple[str, tuple[tuple[float, ...], ...]], ...]]] = (
    MappingProxyType(
        {
            (8, 16, 32): (("v5", _V5), ("v3", _V5), ("v5", _V7), ("v4", _V7)),
            (16, 32): (("v3", _TINY3), ("v4", _TINY4), ("v3", _FASTEST), ("v3", _TINY4)),
            (32,): (("v2", _V2),),
        }
    )
)
"""By strides: how boxes are decoded, and the anchors, of networks trained on COCO (v2: on VOC)."""
_XY_SCALES: Final = MappingProxyType({8: 1.2, 16: 1.1, 32: 1.05})
"""How far centres of YOLOv4 reach beyond their cells (Bochkovskiy et al. 2020)."""


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """Sigmoids of centres in cells and of scores; sizes as powers or squares of anchors."""
    corners: list[Boxes] = []
    scores: list[Array] = []
    for name, stride, anchors in zip(spec.outputs, spec.strides, spec.anchors, strict=True):
        cells = _cells(arrays[name], grid_shape(size, stride), len(anchors) // 2)
        ready = cells if spec.activation == "none" else sigmoid(cells)
        origins, _ = cell_origins(size, (stride,), len(anchors) // 2)
        anchor = np.tile(np.array(anchors, np.float64).reshape(-1, 2), (len(cells) // (len(anchors) // 2), 1))
        if spec.style == "v5":
            centres, sizes = 2 * ready[:, :2] - 0.5, (2 * ready[:, 2:4].astype(np.float64)) ** 2 * anchor
        else:
            reach = _XY_SCALES.get(stride, 1.0) if spec.style == "v4" else 1.0
            centres = reach * ready[:, :2] - (reach - 1) / 2
            sizes = np.exp(np.clip(cells[:, 2:4].astype(np.float64), -20, 12)) * anchor
        classes = softmax(cells[:, 5:]) if spec.style == "v2" else ready[:, 5:]
        corners.append(from_centres(np.concatenate([(centres + origins) * stride, sizes], axis=1)))
        scores.append(classes * ready[:, 4:5])
    return Decoded(np.concatenate(corners), np.concatenate(scores).astype(np.float32))


def _cells(head: Array, grid: tuple[int, int], anchors: int) -> Array:
    """[rows * columns * anchors, 5 + classes], cell by cell, from any usual order of axes."""
    rows, columns = grid
    if head.ndim == 5 and head.shape[1] == anchors:
        return head[0].transpose(1, 2, 0, 3).reshape(rows * columns * anchors, -1)
    if head.ndim == 5 or (head.ndim == 4 and head.shape[1:3] == grid):
        return head.reshape(rows * columns * anchors, -1)
    parts = head[0].reshape(anchors, -1, rows, columns)
    return parts.transpose(2, 3, 0, 1).reshape(rows * columns * anchors, -1)


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """A map for each stride, with 5 + classes numbers for each of some anchors."""
    heads = {stride: name for name, a in arrays.items() if (stride := _stride(a, clues.size))}
    strides = tuple(sorted(heads))
    if len(heads) != len(arrays) or strides not in _WAYS:
        return
    ways = list(_WAYS[strides])
    for style, anchors in ways:
        per_cell = len(anchors[0]) // 2
        width = {_width(arrays[heads[s]], grid_shape(clues.size, s), per_cell) for s in strides}
        if len(width) != 1 or (columns := width.pop()) is None or columns < 6:
            continue
        is_done = all(is_probability(arrays[n]) for n in heads.values())
        if is_done and style != "v5":
            continue
        spec = DecodeSpec(
            strides=strides, outputs=tuple(heads[s] for s in strides), anchors=_as_floats(anchors), style=style,
            activation="none" if is_done else "sigmoid",
        )  # fmt: skip
        yield Reading(NAME, spec, columns - 5)


def _as_floats(anchors: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(n) for n in level) for level in anchors)


def _stride(head: Array, size: Size) -> int | None:
    """The stride of a map, by where its rows and columns are."""
    if head.ndim not in (4, 5):
        return None
    shapes = {4: (head.shape[2:4], head.shape[1:3]), 5: (head.shape[2:4], head.shape[1:3])}[head.ndim]
    return next((s for s in (8, 16, 32) for shape in shapes if tuple(shape) == grid_shape(size, s)), None)


def _width(head: Array, grid: tuple[int, int], anchors: int) -> int | None:
    count, rest = divmod(head.size, grid[0] * grid[1] * anchors)
    return count if rest == 0 else None
