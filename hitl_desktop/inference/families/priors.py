"""Offsets from priors, as SSD networks have them: UltraFace, RetinaFace, YuNet of 2021, MediaPipe, TF-SSD
(Liu et al. 2016)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.inference.families import prior_boxes
from hitl_desktop.inference.families.outputs import (
    CALLED_SCORES,
    Array,
    Arrays,
    Clues,
    Decoded,
    Reading,
    Size,
    activated,
    flat,
    is_probability,
    without_background,
)
from hitl_desktop.inference.model_card import Activation, DecodeSpec

NAME = "priors"
_FEWEST, _FEW_CLASSES = 50, 4
_YUNET_WIDTH = 14
_BLAZE_WIDTHS = (16, 18)
_BLAZE_NMS = 0.3
_LATER_BLAZE = 192
"""Networks of MediaPipe with this input or a larger one take pixels from 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Style:
    priors: Callable[[Size], Boxes]
    boxes: Callable[[Array, Boxes, Size], Boxes]


_STYLES: Final = MappingProxyType(
    {
        "ultraface": _Style(prior_boxes.ultraface, prior_boxes.ssd_boxes),
        "retinaface": _Style(prior_boxes.retinaface, prior_boxes.ssd_boxes),
        "yunet": _Style(prior_boxes.yunet, prior_boxes.ssd_boxes),
        "blaze_near": _Style(prior_boxes.blaze(((8, 2), (16, 6))), prior_boxes.blaze_boxes),
        "blaze_far": _Style(prior_boxes.blaze(((16, 1),)), prior_boxes.blaze_boxes),
        "blaze_192": _Style(
            prior_boxes.blaze(((8, 2), (16, 6))), prior_boxes.blaze_boxes
        ),  # takes 0 to 1, not -1 to 1
        "tensorflow": _Style(prior_boxes.tensorflow, prior_boxes.yx_boxes),
    }
)
_DECODED = "decoded"


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """Boxes, scores and perhaps a predicted overlap; or one table of four offsets, scores and landmarks."""
    first = flat(arrays[spec.outputs[0]])
    if len(spec.outputs) == 1:
        begin, end = spec.columns
        scores = first[:, begin:end]
    else:
        scores = flat(arrays[spec.outputs[1]])
        scores = scores if len(scores) == len(first) else scores.reshape(len(first), -1)
    found = without_background(activated(scores, spec.activation), spec.background)
    if len(spec.outputs) > 2:
        found = np.sqrt(found * np.clip(flat(arrays[spec.outputs[2]]).reshape(-1, 1), 0, 1))
    if spec.style == _DECODED:
        shares = first[:, :4].astype(np.float64)
    else:
        style = _STYLES[spec.style]
        shares = style.boxes(first, style.priors(size), size)
    return Decoded(shares * np.array([*size, *size], np.float64), found.astype(np.float32))


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """As many rows as one of the styles has priors."""
    tables = {n: t for n, a in arrays.items() if (t := flat(a)).ndim == 2}
    tables = {n: t if len(t) >= t.shape[1] else t.T for n, t in tables.items()}
    counts = {style: len(s.priors(clues.size)) for style, s in _STYLES.items()}
    counts.pop("blaze_near" if clues.size[0] >= _LATER_BLAZE else "blaze_192")
    for name, rows in tables.items():
        styles = [style for style, count in counts.items() if count == len(rows) >= _FEWEST]
        if rows.shape[1] == _BLAZE_WIDTHS[0] and len(arrays) == 1:
            yield from _one_table(name, rows, styles)
        elif rows.shape[1] in (4, _YUNET_WIDTH, *_BLAZE_WIDTHS) and len(tables) > 1:
            yield from _apart(name, rows, tables, styles)


def _one_table(name: str, rows: Array, styles: list[str]) -> Iterator[Reading]:
    is_done = is_probability(rows[:, 4:6])
    for style in styles:
        spec = DecodeSpec(
            outputs=(name,), columns=(4, 6), style=style, background="first",
            activation="none" if is_done else "softmax",
        )  # fmt: skip
        yield Reading(NAME, spec, 1)


def _apart(name: str, rows: Array, tables: dict[str, Array], styles: list[str]) -> Iterator[Reading]:
    beside = _scores(name, len(rows), tables)
    if not beside:
        return
    scores = tables[beside[0]]
    has_background = scores.shape[1] > 1
    if rows.shape[1] == 4 and _are_decoded(rows):
        styles = [_DECODED]
    for style in styles:
        is_blaze = style.startswith("blaze")
        if rows.shape[1] in _BLAZE_WIDTHS and not is_blaze:
            continue
        spec = DecodeSpec(
            outputs=(name, *beside), style=style, activation=_activation(scores, style),
            background="first" if has_background else "none",
            nms_iou=_BLAZE_NMS if is_blaze else DecodeSpec().nms_iou,
        )  # fmt: skip
        yield Reading(NAME, spec, scores.shape[1] - has_background)


def _scores(box_name: str, count: int, tables: dict[str, Array]) -> tuple[str, ...]:
    """The outputs of scores, and perhaps of predicted overlaps, for so many boxes; empty if that is unclear."""
    widths = {n: t.shape[1] for n, t in tables.items() if n != box_name and len(t) == count}
    single = [n for n, w in widths.items() if w == 1]
    classes = [
        n
        for n, w in widths.items()
        if w not in (1, 4, 10, _YUNET_WIDTH) or (w == 4 and CALLED_SCORES.search(n))
    ]
    return tuple([*classes, *single][:2]) if len(classes) < 2 else ()


def _activation(scores: Array, style: str) -> Activation:
    if is_probability(scores):
        return "none"
    return "softmax" if 1 < scores.shape[1] <= _FEW_CLASSES and style != "tensorflow" else "sigmoid"


def _are_decoded(boxes: Array) -> bool:
    """Whether they are corners in shares of the input, not offsets."""
    is_right = (boxes[:, 2] >= boxes[:, 0]) & (boxes[:, 3] >= boxes[:, 1])
    return float(boxes.min()) > -0.6 and float(boxes.max()) < 1.6 and float(is_right.mean()) > 0.95
