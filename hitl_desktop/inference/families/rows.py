"""A row (or column) for each box with its class scores: YOLOv3 to v9, 11, 12, YOLO-NAS, DAMO-YOLO, PP-YOLOE, and
the queries of DETR, RT-DETR, D-FINE, RF-DETR."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from hitl_desktop.inference.families.outputs import (
    CALLED_SCORES,
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
from hitl_desktop.inference.model_card import Activation, BoxForm, DecodeSpec, Unit

NAME = "rows"
QUERIES = "queries"
"""The style of detection transformers."""
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
    yield from _apart(arrays, tables, clues)
    has_masks = any(a.ndim == 4 and a.shape[1] == _MASKS for a in arrays.values())
    for name, table in tables.items():
        for style, rows in (("", table), ("columns", table.T)):
            yield from _together(name, style, rows, clues, has_masks=has_masks)


def _has_labels(arrays: Arrays, boxes: int) -> bool:
    """Whether a list of whole numbers gives each box its one class: another family."""
    return any(a.dtype.kind in "iu" and a.size == boxes for a in arrays.values())


def _together(name: str, style: str, rows: Array, clues: Clues, *, has_masks: bool) -> Iterator[Reading]:
    repeats, columns = _repeats(len(rows), clues.size), rows.shape[1]
    if repeats is None or columns < _FEWEST_COLUMNS or not _is_decoded(rows[:, :4], clues.size):
        return
    is_anchored = repeats > 1
    if _unit(rows[:, :4]) == "share" and not _follow_cells(rows[:, :4], clues.size):
        return
    for has_objectness in (False, True):
        begin = 4 + has_objectness
        begin, end = _class_columns(rows, begin, clues, has_masks=has_masks)
        classes = end - begin
        if classes < 1 or (is_anchored and not has_objectness):
            continue
        usual = has_objectness == (is_anchored or style == "")
        values = rows[:, [*([4] if has_objectness else []), *range(begin, end)]]
        spec = DecodeSpec(
            outputs=(name,),
            style=style,
            boxes=_form(rows[:, :4], rows[:, begin:end].max(axis=1)),
            unit=_unit(rows[:, :4]),
            activation="none" if is_probability(values) else "sigmoid",
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


def _class_columns(rows: Array, begin: int, clues: Clues, *, has_masks: bool) -> tuple[int, int]:
    """From where to where the scores of classes are: key points and masks are beside them, and no probabilities."""
    columns = rows.shape[1]
    if clues.metadatum("task") == "pose" and clues.named:
        return begin, 4 + clues.named
    are_shares = [is_probability(rows[:, n]) for n in range(begin, columns)]
    if any(are_shares) and not all(are_shares):
        if are_shares[0]:
            return begin, begin + are_shares.index(False)
        if are_shares[-1]:  # landmarks come first, as for faces and number plates
            return columns - are_shares[::-1].index(False), columns
    return begin, columns - (_MASKS if has_masks else 0)


def _prior(classes: int, named: int | None, *, usual: bool) -> float:
    if named is not None:
        return 1.0 if classes == named else 0.1
    return min(1.0, (1.0 if usual else 0.3) + (0.5 if classes in _USUAL_CLASSES else 0.0))


def _apart(arrays: Arrays, tables: dict[str, Array], clues: Clues) -> Iterator[Reading]:
    for box_name, table in tables.items():
        if 4 not in table.shape or table.shape == (4, 4):
            continue
        style = "" if table.shape[1] == 4 else "columns"
        boxes = table if not style else table.T
        is_possible = len(boxes) >= _FEWEST and _is_decoded(boxes, clues.size)
        if is_possible and not _has_labels(arrays, len(boxes)):
            name = _scores_beside(box_name, tables, clues.size)
            scores = tables.get(name, boxes)
            by_row = scores if len(scores) == len(boxes) else scores.T
            if name:
                yield from _with_scores((box_name, name), style, boxes, by_row, clues)


def _scores_beside(box_name: str, tables: dict[str, Array], size: Size) -> str:
    """The table with the scores of some boxes; empty if there is none, or more than one."""
    boxes = tables[box_name]
    fitting = [n for n, t in tables.items() if n != box_name and _are_scores(t, boxes, size)]
    fitting = [n for n in fitting if CALLED_SCORES.search(n)] or fitting
    return fitting[0] if len(fitting) == 1 else ""


def _are_scores(table: Array, boxes: Array, size: Size) -> bool:
    """Whether a table has scores for each of some boxes; of four classes it has the shape of boxes."""
    if max(boxes.shape) not in table.shape or table.dtype.kind != "f":
        return False
    return table.shape != boxes.shape or not _is_decoded(table, size)


def _with_scores(
    names: tuple[str, str], style: str, boxes: Array, scores: Array, clues: Clues
) -> Iterator[Reading]:
    is_query = len(boxes) <= _QUERIES
    if _repeats(len(boxes), clues.size) is None and not is_query and not is_listed(names[0]):
        return  # SSD priors: another family
    activation: Activation = "none" if is_probability(scores) else "sigmoid"
    background: Literal["none", "first", "last"] = "none"
    if is_query and activation == "sigmoid" and _is_softmax_detr(scores):
        activation, background = "softmax", "last"
    elif activation == "none" and _sum_to_one(scores):
        background = "last" if is_query else "first"
    spec = DecodeSpec(
        outputs=names,
        style=QUERIES if is_query and not style else style,
        boxes="yx_corners"
        if is_listed(names[0])
        else _form(boxes, activated(scores, activation).max(axis=1)),
        unit=_unit(boxes),
        activation=activation,
        background=background,
    )
    yield Reading(NAME, spec, scores.shape[1] - (background != "none"))


def is_listed(name: str) -> bool:
    """Whether an output is the last layer of YOLOv3 from the ONNX zoo, which gives y before x."""
    return name.startswith("yolonms")


def _sum_to_one(scores: Array) -> bool:
    return scores.shape[1] > 1 and bool(abs(scores.sum(axis=1) - 1).max() < 0.01)


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
