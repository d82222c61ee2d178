"""A map of where text is, whose blobs are boxes: DBNet, as PaddleOCR exports it (Liao et al. 2020)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hitl_desktop.inference.families.outputs import Arrays, Clues, Decoded, Reading, Size, is_probability
from hitl_desktop.inference.model_card import DecodeSpec

NAME = "text_map"
_FROM = 0.3
_SURE = 0.6
_GROWN = 1.5
"""Blobs are shrunk text; boxes are grown back by their area times this, over their perimeter."""
_SMALLEST = 3


def decode(arrays: Arrays, spec: DecodeSpec, size: Size) -> Decoded:
    """The upright box of each blob; its score is the mean probability in it."""
    import cv2  # noqa: PLC0415 - heavy: the window opens without it

    chances = np.asarray(arrays[spec.outputs[0]][0, 0], np.float32)
    blobs, _ = cv2.findContours((chances > _FROM).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array([size[0] / chances.shape[1], size[1] / chances.shape[0]] * 2)
    corners: list[list[float]] = []
    scores: list[float] = []
    for blob in blobs:
        x, y, w, h = cv2.boundingRect(blob)
        if min(w, h) < _SMALLEST:
            continue
        inside = np.zeros((h, w), np.uint8)
        cv2.fillPoly(inside, [blob - np.array([[x, y]])], 1)
        score = float(cv2.mean(chances[y : y + h, x : x + w], inside)[0])
        (_, _), (long, short), _ = cv2.minAreaRect(blob)
        grown = long * short * _GROWN / max(2 * (long + short), 1e-6)
        corners.append([x - grown, y - grown, x + w + grown, y + h + grown])
        scores.append(score if score >= _SURE else 0.0)
    found = np.array(corners, np.float64).reshape(-1, 4) * scale
    return Decoded(found, np.array(scores, np.float32).reshape(-1, 1))


def recognise(arrays: Arrays, clues: Clues) -> Iterator[Reading]:
    """One channel of probabilities as large as the input, or a whole part of it."""
    if len(arrays) != 1:
        return
    (name, chances), *_ = arrays.items()
    if chances.ndim != 4 or chances.shape[1] != 1 or not is_probability(chances):
        return
    parts = {clues.size[1] / chances.shape[2], clues.size[0] / chances.shape[3]}
    if parts in ({1.0}, {2.0}, {4.0}):
        yield Reading(NAME, DecodeSpec(outputs=(name,)), 1)
