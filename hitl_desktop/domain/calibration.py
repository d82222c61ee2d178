"""What scores mean: how often boxes with a score are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SURE = 1e-4
"""Scores count as no nearer to 0 and 1 than this."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Chances from scores: `sigmoid(slope * logit(score) + bias + offset)` (Platt 1999).

    Slopes and biases are those of the detector's boxes and of the head's own ones, offsets those of categories.
    """

    slopes: tuple[float, float] = (1.0, 1.0)
    biases: tuple[float, float] = (0.0, 0.0)
    offsets: Mapping[int, float] = field(default_factory=dict[int, float])
    sights: int = 0

    def chances(
        self, scores: NDArray[np.floating], found: NDArray[np.bool_], category_ids: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """[N] how likely boxes with these scores and categories are right."""
        offsets = np.array([self.offsets.get(c, 0.0) for c in category_ids.tolist()], float)
        source = found.astype(int)
        bent = np.array(self.slopes)[source] * logit(scores) + np.array(self.biases)[source] + offsets
        return np.where(scores > 0, 1 / (1 + np.exp(-bent)), 0.0)


def logit(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log odds of scores in 0..1, kept finite."""
    clipped = np.clip(scores.astype(np.float64), SURE, 1 - SURE)
    return np.log(clipped / (1 - clipped))
