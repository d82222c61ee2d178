"""Centres of objects as peaks of a map, with maps of sizes and offsets beside it: CenterNet kinds, CenterFace
(Zhou et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hitl_desktop.inference.families.outputs import (
    Array,
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    from_centres,
    is_probability,
    sigmoid,
)
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "centre_maps"
_STRIDE = 4
_MOST = 300
_MAPS = 3


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:  # noqa: ARG001 - maps have their own size
    """The highest peaks, each the highest of its neighbours; sizes as logarithms (CenterFace) or in cells."""
    heat, extent, offset = (arrays[name][0].astype(np.float64) for name in spec.outputs)
    scores = heat if spec.activation == "none" else sigmoid(heat).astype(np.float64)
    peaks = _peaks(scores)
    best = peaks[np.argsort(-scores[tuple(peaks.T)], kind="stable")[:_MOST]]
    classes, rows, columns = best.T
    stride = float(spec.strides[0])
    y, x = offset[0, rows, columns], offset[1, rows, columns]
    height, width = extent[0, rows, columns], extent[1, rows, columns]
    if spec.style == "face":
        height, width = np.exp(np.clip(height, -20, 12)), np.exp(np.clip(width, -20, 12))
        centres = np.stack([(columns + x + 0.5) * stride, (rows + y + 0.5) * stride], axis=1)
    else:  # CenterNet has x before y
        x, y, width, height = y, x, height, width
        centres = np.stack([(columns + x) * stride, (rows + y) * stride], axis=1)
    corners = from_centres(np.concatenate([centres, np.stack([width, height], axis=1) * stride], axis=1))
    found = np.zeros((len(best), len(heat)), np.float32)
    found[np.arange(len(best)), classes] = scores[classes, rows, columns]
    return Decoded(corners, found)


def _peaks(scores: Array) -> Array:
    """[N, 3] class, row and column of the cells that none of their eight neighbours exceeds."""
    padded = np.pad(scores, ((0, 0), (1, 1), (1, 1)), constant_values=-1)
    rows, columns = scores.shape[1:]
    around = [padded[:, y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    return np.argwhere((scores >= np.max(around, axis=0)) & (scores > 0.05))


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """Maps of a quarter of the input, two of them with two channels; a fourth one has landmarks."""
    rows, columns = clues.size[1] // _STRIDE, clues.size[0] // _STRIDE
    maps = [(n, a) for n, a in arrays.items() if a.ndim == 4 and tuple(a.shape[2:]) == (rows, columns)]
    pairs = [n for n, a in maps if a.shape[1] == 2]
    heat = [n for n, a in maps if n not in pairs and a.shape[1] != 10]
    if len(pairs) != 2 or len(heat) != 1 or len(maps) < _MAPS:
        return
    is_face = arrays[heat[0]].shape[1] == 1 and len(maps) > _MAPS
    spec = DecodeSpec(
        strides=(_STRIDE,), outputs=(heat[0], *pairs), style="face" if is_face else "",
        activation="none" if is_probability(arrays[heat[0]]) else "sigmoid",
    )  # fmt: skip
    yield Reading(NAME, spec, arrays[heat[0]].shape[1])
