"""FastestDet: one map of 5 + classes channels, objectness first (https://github.com/dog-qiuqiu/FastestDet)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hitl_desktop.inference.families.outputs import (
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    cell_origins,
    from_centres,
    grid_shape,
    sigmoid,
)
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "fastestdet"


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """Centres by tanh from the cell's corner, sizes as shares of the input, scores as a weighted mean."""
    rows = arrays[spec.outputs[0]][0].reshape(arrays[spec.outputs[0]].shape[1], -1).T
    origins, strides = cell_origins(size, spec.strides)
    centres = (np.tanh(rows[:, 1:3].astype(np.float64)) + origins) * strides
    sizes = sigmoid(rows[:, 3:5]).astype(np.float64) * np.array(size, np.float64)
    scores = rows[:, :1] ** 0.6 * rows[:, 5:] ** 0.4
    return Decoded(from_centres(np.concatenate([centres, sizes], axis=1)), scores.astype(np.float32))


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """One map whose first channel, and those from the sixth on, are probabilities; the latter sum to 1."""
    if len(arrays) != 1:
        return
    (name, head), *_ = arrays.items()
    if head.ndim != 4 or head.shape[1] < 6:
        return
    stride = next((s for s in (8, 16, 32) if tuple(head.shape[2:]) == grid_shape(clues.size, s)), None)
    if stride is None or head[:, 0].min() < 0 or head[:, 0].max() > 1 or head[:, 5:].min() < 0:
        return
    if abs(head[:, 5:].sum(axis=1) - 1).max() < 0.01:
        yield Reading(NAME, DecodeSpec(strides=(stride,), outputs=(name,)), head.shape[1] - 5)
