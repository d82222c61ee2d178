"""YOLOX as its authors export it: offsets in cells and logarithms of sizes, an objectness, the classes
(https://github.com/Megvii-BaseDetection/YOLOX)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hitl_desktop.inference.families.outputs import (
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    activated,
    cell_count,
    cell_origins,
    flat,
    from_centres,
    is_probability,
)
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "yolox"
_STRIDES = ((8, 16, 32), (8, 16, 32, 64))


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """x = (column + tx) * stride, w = exp(tw) * stride."""
    rows = flat(arrays[spec.outputs[0]])
    origins, strides = cell_origins(size, spec.strides)
    centres = (rows[:, :2] + origins) * strides
    sizes = np.exp(np.clip(rows[:, 2:4].astype(np.float64), -20, 12)) * strides
    scores = activated(rows[:, 4:], spec.activation)
    return Decoded(from_centres(np.concatenate([centres, sizes], axis=1)), scores[:, 1:] * scores[:, :1])


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """A row for each cell, with small numbers where pixels would be."""
    for name, array in arrays.items():
        rows = flat(array)
        if rows.ndim != 2 or rows.shape[1] < 6 or float(np.abs(rows[:, :4]).max()) > 0.35 * max(clues.size):
            continue
        strides = next((s for s in _STRIDES if len(rows) == cell_count(clues.size, s)), None)
        if strides is None:
            continue
        activation = "none" if is_probability(rows[:, 4:]) else "sigmoid"
        spec = DecodeSpec(strides=strides, outputs=(name,), activation=activation)
        yield Reading(NAME, spec, rows.shape[1] - 5)
