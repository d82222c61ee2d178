"""A short table of boxes with a score and a label each, after non-maximum suppression or without any: YOLOv10 and
26, YOLOv7 with NMS, PaddleDetection, SSD detection outputs, mmdeploy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from hitl_desktop.inference.families.outputs import (
    Array,
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    as_corners,
    cell_count,
)
from hitl_desktop.inference.model_card import BoxForm, DecodeSpec

NAME = "table"
_MOST_ROWS = 5000
_COCO = 80
_WITH_IMAGE = 7
_SCORE = 4


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """`columns` are those of x1, y1, x2, y2, score and label; a second output may hold the labels."""
    rows = _rows(arrays[spec.outputs[0]])
    if len(spec.outputs) > 1:
        labels = arrays[spec.outputs[1]].ravel()
    else:  # a table of one class has no labels
        labels = rows[:, spec.columns[5]] if len(spec.columns) > _SCORE + 1 else np.zeros(len(rows))
    scores = rows[:, spec.columns[_SCORE]]
    found = np.flatnonzero((scores > 0) & (labels >= spec.first_label))
    boxes = as_corners(rows[found][:, spec.columns[:4]], spec, size)
    return Decoded(boxes, one_hot(labels[found] - spec.first_label, scores[found], spec.classes))


def one_hot(labels: Array, scores: Array, classes: int) -> Array:
    """Scores [N, classes] of boxes that have one label each; those of labels beyond are left out."""
    is_of_class = np.rint(labels)[:, None] == np.arange(classes)
    return is_of_class.astype(np.float32) * np.clip(scores, 0, 1)[:, None]


def _rows(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1])


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """Rows of five to seven numbers, of which one is a score and one, or a second output, is a whole number."""
    for name, array in arrays.items():
        if array.ndim < 2 or array.shape[-1] not in (5, 6, 7):
            continue
        rows = _rows(array)
        if not len(rows) or len(rows) > _MOST_ROWS or _is_dense(len(rows), clues.size):
            continue
        labels = _labels_beside(arrays, name, len(rows)) if rows.shape[1] == 5 else None
        columns = (0, 1, 2, 3, 4, -1) if labels else _columns(rows) if rows.shape[1] in _LAYOUTS else None
        if columns is None:
            continue
        yield from _reading(arrays, (name, labels) if labels else (name,), rows, columns, clues)


def _is_dense(rows: int, size: Size) -> bool:
    return any(rows in (cell_count(size, s), 3 * cell_count(size, s)) for s in ((8, 16, 32), (16, 32)))


def _labels_beside(arrays: Arrays, name: str, rows: int) -> str | None:
    fitting = (n for n, a in arrays.items() if n != name and a.size == rows and a.dtype.kind in "iu")
    return next(fitting, None)


_SSD = (3, 4, 5, 6, 2, 1)
_LAYOUTS: Final[Mapping[int, tuple[tuple[int, ...], ...]]] = MappingProxyType(
    {
        6: ((0, 1, 2, 3, 4, 5), (2, 3, 4, 5, 1, 0), (0, 1, 2, 3, 5, 4)),
        7: ((1, 2, 3, 4, 6, 5), (1, 2, 3, 4, 5, 6), _SSD),
    }
)
"""Where x1, y1, x2, y2, score and label are in tables of so many columns; the first of seven is the image."""


def _columns(rows: Array) -> tuple[int, ...] | None:
    """Where box, score and label are; None if no columns fit."""
    whole = {n for n in range(rows.shape[1]) if (rows[:, n] == np.rint(rows[:, n])).all()}
    share = {n for n in range(rows.shape[1]) if n not in whole and _are_shares(rows[:, n])}
    if len(rows.T) == _WITH_IMAGE and 0 not in whole:
        return None
    fitting = (c for c in _LAYOUTS[rows.shape[1]] if c[4] in share and c[5] in whole)
    return next(fitting, None)


def _are_shares(values: Array) -> bool:
    return bool(values.min() >= 0 and values.max() <= 1)


def _reading(
    arrays: Arrays, names: tuple[str, ...], rows: Array, columns: tuple[int, ...], clues: Clues
) -> Iterator[Reading]:
    labels = arrays[names[1]].ravel() if len(names) > 1 else rows[:, columns[5]]
    scores = rows[:, columns[4]]
    real = rows[scores > max(0.1, 0.3 * float(scores.max(initial=0)))][:, columns[:4]]
    real = real if len(real) else rows[:, columns[:4]]
    is_share = float(np.abs(real).max(initial=0)) <= 1.8
    is_corners = bool(((real[:, 2] >= real[:, 0]) & (real[:, 3] >= real[:, 1])).mean() > 0.95)
    first = int(columns == _SSD)  # SSD detection outputs count from the background
    highest = int(labels.max(initial=0)) + 1 - first
    classes = clues.named or max(highest, _COCO)
    form: BoxForm = "corners" if is_corners else "centres"
    if is_corners and "".join(names).startswith(
        "detections"
    ):  # EfficientDet has y before x, and labels from 1
        form, first = "yx_corners", 1
    spec = DecodeSpec(
        outputs=names, columns=columns, first_label=first, classes=classes, boxes=form,
        unit="share" if is_share else "pixels",
    )  # fmt: skip
    yield Reading(NAME, spec, classes)
