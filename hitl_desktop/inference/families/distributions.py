"""Distances to the four sides as distributions over bins: NanoDet and Plus, PP-PicoDet, raw heads of YOLOv8
(generalised focal loss, Li et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.inference.families.outputs import (
    Array,
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    activated,
    cell_count,
    cell_origins,
    grid_shape,
    is_probability,
    softmax,
)
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "distributions"
_STRIDES = (8, 16, 32, 64, 128)
_BINS = (8, 16, 17)
"""How many bins a side has, in the networks there are."""
_BINS_OF_V8 = 4 * 16
_FEWEST_LEVELS = 2
_MASKS = 32
_HIGHEST_LOGIT = 80.0
_PICO = 64
"""PP-PicoDet has a fourth stride, NanoDet by stride has not."""
_LEVELS = ((8, 16, 32), (8, 16, 32, 64))


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """Scores and distributions of each stride, or both in one array."""
    classes = spec.classes
    if len(spec.outputs) == 1:
        rows = _rows(arrays[spec.outputs[0]], cell_count(size, spec.strides))
        scores, sides = rows[:, :classes], rows[:, classes:]
    else:
        levels = len(spec.strides)
        parts = [
            _rows(arrays[name], cell_count(size, (spec.strides[n % levels],)))
            for n, name in enumerate(spec.outputs)
        ]
        if len(spec.outputs) == levels:  # bins before classes
            sides = np.concatenate([part[:, :-classes] for part in parts])
            scores = np.concatenate([part[:, -classes:] for part in parts])
        else:
            scores, sides = np.concatenate(parts[:levels]), np.concatenate(parts[levels:])
    origins, strides = cell_origins(size, spec.strides)
    centres = (origins + (0.0 if spec.style == "corner" else 0.5)) * strides
    distances = _expected(sides) * strides
    corners = np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1)
    return Decoded(corners, activated(scores, spec.activation))


def _rows(array: Array, cells: int) -> Array:
    """[cells, columns] from [1, cells, columns] or [1, columns, rows, columns]."""
    if array.ndim == 4:
        return array[0].reshape(array.shape[1], -1).T
    table = array.reshape(array.shape[-2:])
    return table if len(table) == cells else table.T


def _expected(sides: Array) -> Boxes:
    bins = sides.shape[1] // 4
    return softmax(sides.reshape(len(sides), 4, bins)).astype(np.float64) @ np.arange(bins)


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """Scores and distributions in one array, or in arrays for each stride."""
    yield from _in_one(arrays, clues)
    yield from _by_stride(arrays, clues)


def _in_one(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    if any(a.ndim == 4 and a.shape[1] == _MASKS for a in arrays.values()):
        return  # the last 32 columns are coefficients of masks
    for name, array in arrays.items():
        if array.ndim != 3 or len(array) != 1 or len(arrays) > 2:
            continue
        for strides in _LEVELS:
            cells = cell_count(clues.size, strides)
            if cells not in array.shape[1:]:
                continue
            rows = _rows(array, cells)
            classes = rows.shape[1] - 32
            if classes < 1 or not _are_logits(rows[:, classes:]):
                continue
            if float(np.abs(rows[:, :classes]).max()) > _HIGHEST_LOGIT:
                continue  # pixels of boxes
            yield Reading(
                NAME,
                DecodeSpec(
                    strides=strides, outputs=(name,), classes=classes,
                    activation="none" if is_probability(rows[:, :classes]) else "sigmoid",
                    style="corner" if 64 in strides else "",  # NanoDet-Plus counts from the corners of cells
                ),
                classes,
            )  # fmt: skip


def _by_stride(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    of_stride: dict[int, dict[str, Array]] = {}
    for name, array in arrays.items():
        stride = next((s for s in _STRIDES if _has_cells(array, clues.size, s)), None)
        if stride is None:
            return
        rows = _rows(array, cell_count(clues.size, (stride,)))
        of_stride.setdefault(stride, {})[name] = rows
    levels = dict(sorted(of_stride.items()))
    counts = {len(names) for names in levels.values()}
    if len(levels) < _FEWEST_LEVELS or len(counts) != 1:
        return
    if counts == {1}:
        yield from _joined(levels)
    elif counts <= {2, 3}:  # YOLOv8 for Rockchip chips has a sum of the scores as a third
        yield from _apart(levels)


def _joined(levels: Mapping[int, Mapping[str, Array]]) -> Iterator[Reading]:
    """One map for each stride: sixteen bins for each side, then the classes."""
    maps = {name: rows for named in levels.values() for name, rows in named.items()}
    widths = {rows.shape[1] for rows in maps.values()}
    classes = widths.pop() - _BINS_OF_V8 if len(widths) == 1 else 0
    if classes < 1:
        return
    is_ready = all(is_probability(rows[:, -classes:]) for rows in maps.values())
    spec = DecodeSpec(
        strides=tuple(levels),
        outputs=tuple(maps),
        classes=classes,
        activation="none" if is_ready else "sigmoid",
    )
    yield Reading(NAME, spec, classes)


def _apart(levels: Mapping[int, Mapping[str, Array]]) -> Iterator[Reading]:
    """Scores and distributions in maps of their own."""
    arrays = dict(entry for named in levels.values() for entry in named.items())
    for bins in _BINS:
        pairs = [_pair(named, 4 * bins) for named in levels.values()]
        scores, sides = [score for score, _ in pairs], [side for _, side in pairs]
        if "" in scores or not all(_are_logits(arrays[name]) for name in sides):
            continue
        widths = {arrays[name].shape[1] for name in scores}
        if len(widths) != 1:
            continue
        is_ready = all(is_probability(arrays[name]) for name in scores)
        spec = DecodeSpec(
            strides=tuple(levels),
            outputs=(*scores, *sides),
            classes=widths.pop(),
            activation="none" if is_ready else "sigmoid",
            style="pico" if _PICO in levels else "",
        )
        yield Reading(NAME, spec, spec.classes)


def _pair(arrays: Mapping[str, Array], side_width: int) -> tuple[str, str]:
    """The scores and the distributions of a stride; empty where there are none."""
    widths = {name: rows.shape[1] for name, rows in arrays.items()}
    sides = [name for name, width in widths.items() if width == side_width][-1:]
    rest = [name for name in widths if name not in sides]
    scores = [name for name in rest if widths[name] > 1] or rest
    return (scores[0], sides[0]) if sides and scores else ("", "")


def _has_cells(array: Array, size: Size, stride: int) -> bool:
    if array.ndim == 4:
        return tuple(array.shape[2:]) == grid_shape(size, stride)
    return array.ndim in (2, 3) and cell_count(size, (stride,)) in array.shape[-2:]


def _are_logits(sides: Array) -> bool:
    """Whether they are no probabilities and no pixels: distributions before softmax."""
    return not is_probability(sides) and float(np.abs(sides).max()) < 200
