"""YuNet of 2023: class, objectness, box and landmarks for each of three strides (libfacedetection)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hitl_desktop.inference.families.outputs import (
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    cell_count,
    cell_origins,
    from_centres,
)
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "yunet"
_STRIDES = (8, 16, 32)


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """Offsets in cells, logarithms of sizes; the score is the geometric mean of class and objectness."""
    groups = [spec.outputs[n : n + 3] for n in (0, 3, 6)]
    classes, objects, rows = (
        np.concatenate([arrays[n].reshape(-1, arrays[n].shape[-1]) for n in names]) for names in groups
    )
    origins, strides = cell_origins(size, spec.strides)
    centres = (rows[:, :2] + origins) * strides
    sizes = np.exp(np.clip(rows[:, 2:4].astype(np.float64), -20, 12)) * strides
    scores = np.sqrt(np.clip(classes, 0, 1) * np.clip(objects, 0, 1))
    return Decoded(from_centres(np.concatenate([centres, sizes], axis=1)), scores.astype(np.float32))


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """Two columns of scores, four of boxes and ten of landmarks for each stride."""
    found: dict[int, list[str]] = {1: [], 4: [], 10: []}
    for stride in _STRIDES:
        cells = cell_count(clues.size, (stride,))
        for name, array in arrays.items():
            if array.ndim == 3 and array.shape[1] == cells and array.shape[2] in found:
                found[array.shape[2]].append(name)
    if [len(names) for names in found.values()] != [6, 3, 3]:
        return
    scores = found[1]
    first, second = scores[0::2], scores[1::2]  # the file has all classes before all objectnesses
    spec = DecodeSpec(strides=_STRIDES, outputs=(*first, *second, *found[4]))
    yield Reading(NAME, spec, 1)
