"""Boxes, labels and scores in outputs of their own: torchvision, TensorFlow, EfficientDet, the post-processed DETR
kinds, the ONNX zoo, EfficientNMS."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from hitl_desktop.inference.families.outputs import (
    Array,
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    as_corners,
    flat,
)
from hitl_desktop.inference.families.table import one_hot
from hitl_desktop.inference.model_card import BoxForm, DecodeSpec

NAME = "lists"
_COCO, _COCO_IDS = 80, 91
_OF_TORCHVISION = {"boxes", "labels", "scores"}
"""Numbers classes by the ids of COCO, with gaps, as TensorFlow does."""
_CALLED_LABELS = re.compile("class|label", re.IGNORECASE)
_OF_TENSORFLOW = ("detection_boxes", "StatefulPartitionedCall")


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """`outputs` are boxes, scores and labels; boxes may be "columns"."""
    boxes, scores, labels = (arrays[name] for name in spec.outputs)
    rows = flat(boxes).T if spec.style == "columns" else boxes.reshape(-1, 4)
    scores, labels = scores.ravel(), labels.ravel()
    found = np.flatnonzero((scores > 0) & (labels >= spec.first_label))
    corners = as_corners(rows[found], spec, size)
    return Decoded(corners, one_hot(labels[found] - spec.first_label, scores[found], spec.classes))


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """Three outputs of as many boxes, probabilities and whole numbers."""
    for box_name, boxes in arrays.items():
        if boxes.ndim < 2 or boxes.shape[-1] != 4 or boxes.dtype.kind != "f" or not boxes.size:
            continue
        lists = {n: a for n, a in arrays.items() if n != box_name and a.size == boxes.size // 4}
        labels, scores = _roles(lists)
        if labels and scores:
            yield from _readings((box_name, scores, labels), arrays, clues)


def _roles(lists: Arrays) -> tuple[str, str]:
    """The labels and the scores among some lists; empty where that is unclear."""
    whole = [name for name, values in lists.items() if _are_whole(values)]
    labels = [name for name in whole if _CALLED_LABELS.search(name)] or whole
    scores = [name for name, values in lists.items() if name not in whole and _are_scores(values)]
    return (labels[0], scores[0]) if len(labels) == len(scores) == 1 else ("", "")


def _are_whole(values: Array) -> bool:
    return values.dtype.kind in "iu" or bool((values == np.rint(values)).all() and values.max(initial=0) >= 1)


def _are_scores(values: Array) -> bool:
    return values.dtype.kind == "f" and bool(values.min(initial=0) >= 0 and values.max(initial=0) <= 1.001)


def _readings(names: tuple[str, str, str], arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    boxes, labels = arrays[names[0]].reshape(-1, 4), arrays[names[2]].ravel()
    scores = arrays[names[1]].ravel()
    real = boxes[scores > max(0.05, 0.3 * float(scores.max(initial=0)))]
    real = real if len(real) else boxes
    unit = "share" if float(np.abs(real).max(initial=0)) <= 1.8 else "pixels"
    is_tensorflow = any(name.startswith(_OF_TENSORFLOW) for name in names)
    highest, lowest = int(labels.max()), int(labels.min())
    first = 1 if lowest >= 1 else 0
    has_ids = is_tensorflow or (first == 1 and set(names) == _OF_TORCHVISION) or highest - first >= _COCO
    usual = max(highest - first + 1, _COCO_IDS - first) if has_ids else _COCO
    classes = clues.named or usual
    forms: dict[BoxForm, float] = {"yx_corners": 1.0, "corners": 0.2} if is_tensorflow else {"corners": 1.0}
    for form, prior in forms.items():
        spec = DecodeSpec(outputs=names, boxes=form, unit=unit, first_label=first, classes=classes)
        yield Reading(NAME, spec, classes, prior)
