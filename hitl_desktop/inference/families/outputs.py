"""What the outputs of a detection graph hold, and what they are decoded to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.inference.model_card import DecodeSpec

Array = NDArray[Any]
Arrays = Mapping[str, Array]
"""Outputs by name, with their batch axis."""
CALLED_SCORES = re.compile("logit|score|cls|class|prob|label", re.IGNORECASE)
"""What outputs with scores are called."""
Size = tuple[int, int]
"""Width and height of the network's input in pixels."""


class Decoded(NamedTuple):
    """Boxes [N, 4] as x1, y1, x2, y2 in pixels of the input, and their scores [N, classes]."""

    corners: Boxes
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known beside the arrays: the input's size, how many classes the file names, its metadata."""

    size: Size
    named: int | None = None
    metadata: Mapping[str, str] | None = None

    def metadatum(self, key: str) -> str:
        """A value of the metadata; empty where there is none."""
        return (self.metadata or {}).get(key, "")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the outputs: by a family, with how many classes, and how common that is (0 to 1)."""

    family: str
    decode: DecodeSpec
    classes: int
    prior: float = 1.0


Decoder = Callable[[Arrays, DecodeSpec, Size], Decoded]
Recogniser = Callable[[Arrays, Clues], Iterator[Reading]]


def sigmoid(values: Array) -> NDArray[np.float32]:
    """The logistic function."""
    return (1 / (1 + np.exp(-np.clip(values.astype(np.float64), -60, 60)))).astype(np.float32)


def softmax(values: Array) -> NDArray[np.float32]:
    """Along the last axis."""
    shifted = np.exp(values.astype(np.float64) - values.max(axis=-1, keepdims=True))
    return (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)


def is_probability(values: Array) -> bool:
    """Whether all values lie from 0 to 1, but for rounding."""
    return bool(values.size) and float(values.min()) >= -0.01 and float(values.max()) <= 1.01


def activated(values: Array, activation: str) -> NDArray[np.float32]:
    """Scores from what a graph gives, by the activation that it lacks."""
    if activation == "sigmoid":
        return sigmoid(values)
    return softmax(values) if activation == "softmax" else values.astype(np.float32)


def without_background(scores: NDArray[np.float32], background: str) -> NDArray[np.float32]:
    """The columns of classes; one column that is the first or the last may be for no object at all."""
    if background == "first":
        return scores[..., 1:]
    return scores[..., :-1] if background == "last" else scores


def grid_shape(size: Size, stride: int) -> tuple[int, int]:
    """Rows and columns of the cells of a stride."""
    return -(-size[1] // stride), -(-size[0] // stride)


def cell_count(size: Size, strides: Sequence[int]) -> int:
    """How many cells the strides have together."""
    return sum(rows * columns for rows, columns in (grid_shape(size, s) for s in strides))


def cell_origins(size: Size, strides: Sequence[int], repeats: int = 1) -> tuple[Boxes, Boxes]:
    """Column and row [N, 2] of each cell, stride after stride and row by row, and its stride [N, 1]."""
    origins: list[Boxes] = []
    lengths: list[Boxes] = []
    for stride in strides:
        rows, columns = grid_shape(size, stride)
        x, y = np.meshgrid(np.arange(columns, dtype=np.float64), np.arange(rows, dtype=np.float64))
        cells = np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeats, axis=0)
        origins.append(cells)
        lengths.append(np.full((len(cells), 1), float(stride)))
    return np.concatenate(origins), np.concatenate(lengths)


def from_centres(boxes: Array) -> Boxes:
    """Corners [N, 4] of boxes given as centre and size."""
    boxes = boxes.astype(np.float64)
    half = boxes[:, 2:4] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def as_corners(boxes: Array, spec: DecodeSpec, size: Size) -> Boxes:
    """Corners in pixels of the input, from the form and unit that a card gives."""
    boxes = boxes.astype(np.float64)
    if spec.boxes == "centres":
        boxes = from_centres(boxes)
    elif spec.boxes == "sides":
        boxes = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]], axis=1)
    elif spec.boxes == "yx_corners":
        boxes = boxes[:, [1, 0, 3, 2]]
    return boxes * np.array([*size, *size], np.float64) if spec.unit == "share" else boxes


def flat(array: Array) -> Array:
    """Without axes of length 1, but at least [1, 1]: what follows is about rows and columns."""
    squeezed = array.reshape([n for n in array.shape if n != 1] or [1])
    return squeezed.reshape(1, -1) if squeezed.ndim < 2 else squeezed
