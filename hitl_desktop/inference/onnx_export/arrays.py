"""What the exported graph takes from the heads, as plain arrays and numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ViewArrays:
    """The detection head at one input size: weights [D, R] and biases [R] of roles, which of them are
    categories, the quality's weights [D] and level, and box weights [K, D, 4] and levels [K, 4]."""

    weights: Floats
    bias: Floats
    is_category: NDArray[np.bool_]
    quality_weights: Floats
    quality_level: float
    box_weights: Floats
    box_levels: Floats


@dataclass(frozen=True, slots=True, eq=False)
class RefinerArrays:
    """The box refiner, at the input size `side`: cells along directions [D, C], `points` by `points` of them
    over `spread` of a box, weights [F, 4] and level [4] of its move, `passes` times at most `most_moved`."""

    side: int
    directions: Floats
    weights: Floats
    level: Floats
    points: int
    spread: float
    passes: int
    most_moved: float


@dataclass(frozen=True, slots=True, eq=False)
class DecodingRules:
    """How the detection head's cells become boxes."""

    floor: float
    agrees_from: float
    other_object: float
    most_seeds: int
    most_found: int
    kept_from: float
    most_log_side: float


@dataclass(frozen=True, slots=True, eq=False)
class ScoringArrays:
    """How boxes are scored under M names: `weights` [D, T + 1] and `bias` of the categories that the
    classification head was trained on and of "no object" (last).

    `own_to_name` [T, M] maps the head's own columns to names, `own_weight` [2, M] is the weight of its scores
    on boxes of the detector and on those that the detection head found, `class_to_name` [G, M] the weight of
    the detector's score, which is the highest of the classes in each row of `class_index` [G, m] (C is none).
    Slopes and biases are those of the detector's boxes and of the head's own ones.
    """

    names: tuple[str, ...]
    centre: Floats
    weights: Floats
    bias: Floats
    own_to_name: Floats
    own_weight: Floats
    class_index: NDArray[np.intp]
    class_to_name: Floats
    typical_score: float
    detector_recall: float
    slopes: tuple[float, float]
    biases: tuple[float, float]
    offsets: Floats
    sure: float
    second: float
    candidate_iou: float
    most_candidates: int
    same_place_iou: float
    kept_from: float
