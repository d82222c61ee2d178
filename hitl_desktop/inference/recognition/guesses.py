"""Readings of outputs that are of no known family: boxes of any form, beside scores in any order of axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import Final

import msgspec
import numpy as np

from hitl_desktop.inference.families import lists, rows, table
from hitl_desktop.inference.families.outputs import Array, Arrays, Reading, Size, flat, is_probability
from hitl_desktop.inference.model_card import Activation, BoxForm, DecodeSpec, Unit

_FORMS: Final[Sequence[BoxForm]] = ("corners", "centres", "sides", "yx_corners")
_FEWEST_ROWS, _MOST_ROWS = 2, 200_000
_OF_IMAGE, _PARTS = 3, (1, 2, 4, 8, 16, 32)
_MOST_CLASSES = 2000
_TABLES: Final = {
    5: ((0, 1, 2, 3, 4), (1, 2, 3, 4, 0)),
    6: ((0, 1, 2, 3, 4, 5), (1, 2, 3, 4, 0, 5), (2, 3, 4, 5, 0, 1), (2, 3, 4, 5, 1, 0)),
}
"""Where box, score and label may be in narrow tables."""


def guesses(arrays: Arrays, size: Size) -> Iterator[Reading]:
    """All ways in which the outputs could be boxes with scores."""
    usable = {
        n: a
        for n, a in arrays.items()
        if a.ndim and a.dtype.kind in "fiu" and flat(a).ndim == 2 and not _is_map(a, size)
    }
    for box_name, score_name in permutations(usable, 2):
        yield from _apart(box_name, score_name, usable)
    for name, array in usable.items():
        yield from _together(name, array)


def _is_map(array: Array, size: Size) -> bool:
    """Whether the last two axes are the input's, or a whole part of them: a value for each place of the image."""
    if array.ndim < _OF_IMAGE:
        return False
    return any(array.shape[-2:] == (size[1] // part, size[0] // part) for part in _PARTS)


def _apart(box_name: str, score_name: str, arrays: Arrays) -> Iterator[Reading]:
    """Boxes in one output, scores in another, and perhaps labels in a third one."""
    table_, scores = flat(arrays[box_name]), flat(arrays[score_name])
    for style, boxes in (("", table_), ("columns", table_.T)):
        count = len(boxes)
        if boxes.shape[1] != 4 or not _FEWEST_ROWS <= count <= _MOST_ROWS:
            continue
        if scores.size == count and arrays[score_name].dtype.kind == "f":
            yield from _listed((box_name, score_name), style, boxes, arrays)
        by_box = scores if len(scores) == count else scores.T
        if len(by_box) == count and by_box.shape[1] <= _MOST_CLASSES and by_box.dtype.kind == "f":
            for spec in _forms((box_name, score_name), boxes, by_box, style):
                yield _reading(spec, by_box.shape[1] - (spec.background != "none"))


def _listed(names: tuple[str, str], style: str, boxes: Array, arrays: Arrays) -> Iterator[Reading]:
    count = len(boxes)
    for label_name, labels in arrays.items():
        if label_name in names or labels.size != count or (labels != np.rint(labels)).any():
            continue
        first, highest = int(labels.min()), int(labels.max())
        if first < 0 or highest > _MOST_CLASSES:
            continue
        for form in _FORMS:
            spec = DecodeSpec(
                outputs=(*names, label_name),
                boxes=form,
                unit=_unit(boxes),
                style=style,
                first_label=min(first, 1),
                classes=highest - min(first, 1) + 1,
            )
            yield Reading(lists.NAME, spec, spec.classes)


def _together(name: str, array: Array) -> Iterator[Reading]:
    """A row or a column for each box, with its scores behind the four numbers of its place."""
    whole = flat(array)
    if 4 in whole.shape:
        return  # boxes alone
    for style, by_box in (("", whole), ("columns", whole.T)):
        width = by_box.shape[1]
        if not style and width in _TABLES:
            yield from _narrow(name, by_box)
        if not 5 <= width <= min(_MOST_CLASSES, len(by_box)) or len(by_box) > _MOST_ROWS:
            continue
        for begin in (4, 5):
            if width - begin >= 1:
                scores = by_box[:, begin:]
                for spec in _forms((name,), by_box[:, :4], scores, style, (begin, width)):
                    yield _reading(spec, width - begin - (spec.background != "none"))


def _narrow(name: str, by_box: Array) -> Iterator[Reading]:
    for places in _TABLES[by_box.shape[1]]:
        labels = by_box[:, places[5]] if len(places) > 5 else np.zeros(len(by_box))
        if (labels != np.rint(labels)).any() or not 0 <= labels.max(initial=0) <= _MOST_CLASSES:
            continue
        if not is_probability(by_box[:, places[4]]):
            continue
        for form in _FORMS:
            unit, classes = _unit(by_box[:, list(places[:4])]), int(labels.max(initial=0)) + 1
            spec = DecodeSpec(outputs=(name,), boxes=form, unit=unit, columns=places, classes=classes)
            yield Reading(table.NAME, spec, classes)


def _forms(
    outputs: tuple[str, ...],
    boxes: Array,
    scores: Array,
    style: str,
    columns: tuple[int, int] | tuple[()] = (),
) -> Iterator[DecodeSpec]:
    is_done = is_probability(scores)
    activations: Sequence[Activation] = ("none",) if is_done else ("sigmoid", "softmax")
    for activation, form in product(activations, _FORMS):
        spec = DecodeSpec(
            outputs=outputs,
            boxes=form,
            unit=_unit(boxes),
            activation=activation,
            style=style,
            columns=columns,
            objectness=bool(columns) and columns[0] == 5,
        )
        if activation != "softmax":
            yield spec
        elif scores.shape[1] > 1 and not spec.objectness:
            yield msgspec.structs.replace(spec, background="last")
            yield msgspec.structs.replace(spec, background="first")


def _reading(spec: DecodeSpec, classes: int) -> Reading:
    """Numbers that are shares already are likelier to be scores than any that a sigmoid makes so."""
    return Reading(rows.NAME, spec, classes, 1.0 if spec.activation == "none" else 0.35)


def _unit(boxes: Array) -> Unit:
    return "share" if float(np.abs(boxes).max(initial=0)) <= 1.8 else "pixels"
