"""Distances to the four sides as they are, map by map: FCOS, RTMDet, SCRFD and other heads without anchors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

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
)
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "distances"
_STRIDES = (4, 8, 16, 32, 64, 128)
_USUAL = 0.5
_SIDES, _LANDMARKS = 4, 10
_STRIDES_AT_MOST = 40
"""Distances beyond these are pixels."""
_REPEATS = (1, 2, 3)


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """Scores, distances and perhaps centredness of each stride; `style` says from where and in what units they are."""
    levels, repeats = len(spec.strides), int(spec.columns[0])
    parts = [_rows(arrays[n], size, spec.strides[k % levels], repeats) for k, n in enumerate(spec.outputs)]
    scores, sides, centred = (
        np.concatenate(parts[n : n + levels]) if parts[n:] else None for n in (0, levels, 2 * levels)
    )
    if scores is None or sides is None:
        raise ValueError
    origins, strides = cell_origins(size, spec.strides, repeats)
    centres = (origins + (0.5 if "centre" in spec.style else 0.0)) * strides
    distances = np.clip(sides.astype(np.float64), 0, None) * (strides if "strides" in spec.style else 1.0)
    corners = np.concatenate([centres - distances[:, :2], centres + distances[:, 2:]], axis=1)
    found = activated(scores, spec.activation)
    if centred is not None:
        found = np.sqrt(found * activated(centred, spec.activation))
    return Decoded(corners, found)


def _rows(array: Array, size: Size, stride: int, repeats: int) -> Array:
    """[cells * repeats, columns]."""
    cells = cell_count(size, (stride,)) * repeats
    if array.ndim == 4:
        parts = array[0].reshape(repeats, -1, array.shape[2] * array.shape[3])
        return parts.transpose(2, 0, 1).reshape(cells, -1)
    return array.reshape(cells, -1)


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """For each stride classes, four distances, and perhaps one more number."""
    for repeats in _REPEATS:
        of_stride: dict[int, dict[str, int]] = {}
        for name, array in arrays.items():
            found = [(s, w) for s in _STRIDES if (w := _width(array, clues.size, s, repeats)) is not None]
            if len(found) == 1:
                of_stride.setdefault(found[0][0], {})[name] = found[0][1]
        strides = tuple(sorted(of_stride))
        if len(strides) < 2 or sum(map(len, of_stride.values())) != len(arrays):
            continue
        yield from _readings(arrays, of_stride, strides, repeats)


def _readings(
    arrays: Arrays, of_stride: dict[int, dict[str, int]], strides: tuple[int, ...], repeats: int
) -> Iterator[Reading]:
    roles = [_roles(of_stride[stride]) for stride in strides]
    if not all(roles) or len({len(role) for role in roles}) != 1:
        return
    scores, sides, *centred = (list(names) for names in zip(*roles, strict=True))
    outputs = (*scores, *sides, *(n for names in centred for n in names))
    is_ready = all(is_probability(arrays[n]) for n in outputs if n not in sides)
    units = _units(max(float(np.abs(arrays[n]).max()) for n in sides))
    for unit, place in product(units, ("corner", "centre")):
        spec = DecodeSpec(
            strides=strides, outputs=outputs, style=f"{place} {unit}", columns=(repeats,),
            activation="none" if is_ready else "sigmoid",
        )  # fmt: skip
        usual = unit == units[0] and (place == "corner") == (not centred)
        yield Reading(NAME, spec, of_stride[strides[0]][scores[0]], 1.0 if usual else _USUAL)


def _roles(widths: dict[str, int]) -> tuple[str, ...]:
    """Scores, sides and perhaps centredness of a stride; empty if they are not there."""
    sides = [name for name, width in widths.items() if width == _SIDES]
    rest = [name for name, width in widths.items() if width not in (_SIDES, _LANDMARKS)]
    if len(sides) != 1 or not rest or len(rest) > 2:
        return ()
    rest.sort(key=lambda name: widths[name], reverse=True)
    return (rest[0], sides[0], *rest[1:])


def _units(largest: float) -> tuple[str, str]:
    return ("pixels", "strides") if largest > _STRIDES_AT_MOST else ("strides", "pixels")


def _width(array: Array, size: Size, stride: int, repeats: int) -> int | None:
    rows, columns = grid_shape(size, stride)
    if array.ndim == 4 and tuple(array.shape[2:]) == (rows, columns):
        width, rest = divmod(array.shape[1], repeats)
        return width if rest == 0 else None
    cells = rows * columns * repeats
    return array.shape[-1] if array.ndim in (2, 3) and array.shape[-2] == cells else None
