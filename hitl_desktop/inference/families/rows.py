"""A row (or column) for each box with its class scores: YOLOv3 to v9, 11, 12, YOLO-NAS, DAMO-YOLO, PP-YOLOE, and
the queries of DETR, RT-DETR, D-FINE, RF-DETR."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hitl_desktop.inference.model_card import Activation, BoxForm, DecodeSpec, Unit
from hitl_desktop.inference.outputs import (
    Array,
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    activated,
    as_corners,
    cell_count,
    cell_origins,
    flat,
    is_probability,
    without_background,
)

NAME = "rows"
_STRIDES = ((8, 16, 32), (8, 16, 32, 64), (16, 32), (4, 8, 16, 32), (16, 32, 64))
_QUERIES = 1000
"""Detection transformers have at most so many queries; YOLO networks have more cells."""
_FEWEST, _FEWEST_COLUMNS = 50, 5
_NEAR_CELL = 0.15
_USUAL_CLASSES = frozenset({20, 80})
"""Of Pascal VOC and of COCO."""
_MASKS = 32
"""Coefficients of masks in a row of YOLO networks that segment."""


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """The first output, or boxes and scores apart."""
    first = _table(arrays[spec.outputs[0]], spec.style)
    if len(spec.outputs) == 1:
        begin, end = spec.columns
        boxes, scores = first[:, :4], activated(first[:, begin:end], spec.activation)
        if spec.objectness:
            scores = scores * activated(first[:, 4:5], spec.activation)
    else:
        boxes, scores = first, arrays[spec.outputs[1]]
        scores = activated(
            _table(scores, "" if flat(scores).shape[0] == len(boxes) else "columns"), spec.activation
        )
    return Decoded(as_corners(boxes, spec, size), without_background(scores, spec.background))


def _table(array: Array, style: str) -> Array:
    table = flat(array)
    return table.T if style == "columns" else table


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """One table with a row for each cell, anchor or query; or boxes and scores apart."""
    tables = {name: flat(array) for name, array in arrays.items() if flat(array).ndim == 2}
    if not _has_labels(arrays):
        yield from _apart(tables, clues)
    has_masks = any(a.ndim == 4 and a.shape[1] == _MASKS for a in arrays.values())
    for name, table in tables.items():
        for style, rows in (("", table), ("columns", table.T)):
            yield from _together(name, style, rows, clues, has_masks=has_masks)


def _has_labels(arrays: Arrays) -> bool:
    """Whether a list of whole numbers gives each box its one class: another family."""
    return any(a.dtype.kind in "iu" and a.size > 1 for a in arrays.values())


def _together(name: str, style: str, rows: Array, clues: Clues, *, has_masks: bool) -> Iterator[Reading]:
    repeats, columns = _repeats(len(rows), clues.size), rows.shape[1]
    if repeats is None or columns < _FEWEST_COLUMNS or not _is_decoded(rows[:, :4], clues.size):
        return
    is_anchored = repeats > 1
    if _unit(rows[:, :4]) == "share" and not _follow_cells(rows[:, :4], clues.size):
        return
    for has_objectness in (False, True):
        begin = 4 + has_objectness
        classes = columns - begin - _extra(columns, clues, has_masks=has_masks)
        if classes < 1 or (is_anchored and not has_objectness):
            continue
        end = begin + classes
        usual = has_objectness == (is_anchored or style == "")
        spec = DecodeSpec(
            outputs=(name,),
            style=style,
            boxes=_form(rows[:, :4], rows[:, begin:end].max(axis=1)),
            unit=_unit(rows[:, :4]),
            activation="none" if is_probability(rows[:, 4:end]) else "sigmoid",
            objectness=has_objectness,
            columns=(begin, end),
        )
        yield Reading(NAME, spec, classes, _prior(classes, clues.named, usual=usual))


def _follow_cells(shares: Array, size: Size) -> bool:
    """Whether boxes in shares of the input lie about where their cells are; offsets in cells do not."""
    for repeats in (1, 3):
        for strides in _STRIDES:
            if len(shares) == repeats * cell_count(size, strides):
                origins, lengths = cell_origins(size, strides, repeats)
                places = (origins + 0.5) * lengths / np.array(size)
                middles = [shares[:, :2], (shares[:, :2] + shares[:, 2:4]) / 2]
                return any(float(np.median(np.abs(m - places))) < _NEAR_CELL for m in middles)
    return False


def _extra(columns: int, clues: Clues, *, has_masks: bool) -> int:
    """Columns behind the classes: coefficients of masks, or key points."""
    if clues.metadatum("task") == "pose" and clues.named:
        return columns - 4 - clues.named
    return _MASKS if has_masks else 0


def _prior(classes: int, named: int | None, *, usual: bool) -> float:
    if named is not None:
        return 1.0 if classes == named else 0.1
    return min(1.0, (1.0 if usual else 0.3) + (0.5 if classes in _USUAL_CLASSES else 0.0))


def _apart(tables: dict[str, Array], clues: Clues) -> Iterator[Reading]:
    for box_name, table in tables.items():
        if 4 not in table.shape or table.shape == (4, 4):
            continue
        style = "" if table.shape[1] == 4 else "columns"
        boxes = table if not style else table.T
        alone = [n for n, t in tables.items() if n != box_name and _are_scores(t, table, clues.size)]
        if len(alone) != 1 or len(boxes) < _FEWEST or not _is_decoded(boxes, clues.size):
            continue
        scores = tables[alone[0]]
        by_row = scores if len(scores) == len(boxes) else scores.T
        yield from _with_scores((box_name, alone[0]), style, boxes, by_row, clues)


def _are_scores(table: Array, boxes: Array, size: Size) -> bool:
    """Whether a table has scores for each of some boxes; of four classes it has the shape of boxes."""
    if max(boxes.shape) not in table.shape or table.dtype.kind != "f":
        return False
    return table.shape != boxes.shape or not _is_decoded(table, size)


def _with_scores(
    names: tuple[str, str], style: str, boxes: Array, scores: Array, clues: Clues
) -> Iterator[Reading]:
    columns, is_query = scores.shape[1], len(boxes) <= _QUERIES
    if _repeats(len(boxes), clues.size) is None and not is_query:
        return  # SSD priors: another family
    is_softmax = is_probability(scores) and columns > 1 and bool(abs(scores.sum(axis=1) - 1).max() < 0.01)
    activation: Activation = "none" if is_probability(scores) else "sigmoid"
    form = _form(boxes, activated(scores, activation).max(axis=1))
    unit = _unit(boxes)
    spec = DecodeSpec(outputs=names, style=style, boxes=form, unit=unit, activation=activation)
    if is_query and activation == "sigmoid" and _is_softmax_detr(scores):
        spec = DecodeSpec(
            outputs=names, style=style, boxes=form, unit=unit, activation="softmax", background="last"
        )
    elif is_softmax:
        spec = DecodeSpec(
            outputs=names, style=style, boxes=form, unit=unit, background="last" if is_query else "first"
        )
    yield Reading(NAME, spec, columns - (spec.background != "none"))


def _is_softmax_detr(logits: Array) -> bool:
    """The first DETR has a last class for no object, which wins nearly everywhere."""
    return logits.shape[1] > 2 and bool((logits.argmax(axis=1) == logits.shape[1] - 1).mean() > 0.6)


def _repeats(rows: int, size: Size) -> int | None:
    """How many boxes a cell has; None if no usual strides give so many rows."""
    for repeats in (1, 3):
        if any(rows == repeats * cell_count(size, strides) for strides in _STRIDES):
            return repeats
    return None


def _is_decoded(boxes: Array, size: Size) -> bool:
    """Whether the values are pixels or shares of the input, not offsets in cells or from priors."""
    highest, lowest = float(boxes.max()), float(boxes.min())
    if _unit(boxes) == "share":
        return lowest > -0.6 and highest > 0.4
    return highest > 0.35 * max(size) and lowest > -0.6 * max(size) and highest < 3 * max(size)


def _unit(boxes: Array) -> Unit:
    return "share" if float(np.abs(boxes).max()) <= 1.8 else "pixels"


def _form(boxes: Array, scores: Array) -> BoxForm:
    """Corners if the second pair lies right below the first for nearly all, and more so for the surest."""
    best = np.argsort(-scores, kind="stable")[: max(20, len(boxes) // 10)]
    is_corners = (boxes[best, 2] >= boxes[best, 0]) & (boxes[best, 3] >= boxes[best, 1])
    return "corners" if is_corners.mean() > 0.97 else "centres"
