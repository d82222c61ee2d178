"""How likely outputs were read rightly, from the boxes that came out."""

from __future__ import annotations

import numpy as np

from hitl_desktop.domain.geometry import iou_matrix
from hitl_desktop.inference.families.outputs import Decoded, Size


def best_rows(decoded: Decoded, most: int = 100) -> Decoded:
    """The rows with the highest scores."""
    best = np.argsort(-decoded.scores.max(axis=1, initial=0), kind="stable")[:most]
    return Decoded(decoded.corners[best], decoded.scores[best])


def plausibility(decoded: Decoded, size: Size) -> float:
    """How far boxes look like boxes of objects in the input, 0 to 1.

    The surest ones have to have a size, to lie in the input, and to differ: decoded wrongly they shrink to
    points, lie outside or are all the same.
    """
    best = best_rows(decoded, 60)
    scores = best.scores.max(axis=1, initial=0)
    sure = scores >= max(0.25, 0.5 * float(scores.max(initial=0)))
    corners = best.corners[sure]
    if not len(corners) or not np.isfinite(best.corners).all():
        return 0.0
    whole = np.array([*size, *size], np.float64)
    width, height = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    has_size = (width >= 2) & (height >= 2) & (width <= 1.3 * size[0]) & (height <= 1.3 * size[1])
    inside = (corners >= -0.2 * whole).all(axis=1) & (corners <= 1.2 * whole).all(axis=1)
    aspect = np.maximum(width, 1e-6) / np.maximum(height, 1e-6)
    return float((has_size & inside & (aspect > 0.05) & (aspect < 20)).mean())


def agreement(decoded: Decoded) -> float:
    """How far the surest boxes of a dense detector lie on each other, 0 to 1: neighbouring cells see the same
    object, so boxes that were decoded rightly come in heaps."""
    best = best_rows(decoded, 60)
    scores = best.scores.max(axis=1, initial=0)
    corners = best.corners[scores >= max(0.15, 0.5 * float(scores.max(initial=0)))]
    if len(corners) < 2:
        return 0.0
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    overlaps = iou_matrix(boxes, boxes)
    np.fill_diagonal(overlaps, 0)
    return float(overlaps.max(axis=1).mean())
