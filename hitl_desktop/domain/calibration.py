"""What scores mean: how often boxes with a score are right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SURE = 1e-4
"""Scores count as no nearer to 0 and 1 than this."""


BY_HEAD, FOUND, BY_DETECTOR = 0, 1, 2
"""Where a score is from: a box of the detector named by a head, a box that a head found itself, the detector
alone."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Chances from scores: `sigmoid(slope * logit(score) + bias + offset)` (Platt 1999).

    Slopes and biases are those of each source (`BY_HEAD`, `FOUND`, `BY_DETECTOR`), offsets those of
    categories.
    """

    slopes: tuple[float, ...] = (1.0, 1.0, 1.0)
    biases: tuple[float, ...] = (0.0, 0.0, 0.0)
    offsets: Mapping[int, float] = field(default_factory=dict[int, float])
    sights: int = 0

    def chances(
        self, scores: NDArray[np.floating], sources: NDArray[np.integer], category_ids: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """[N] how likely boxes with these scores, sources and categories are right."""
        known, places = np.unique(category_ids, return_inverse=True)
        offsets = np.array([self.offsets.get(c, 0.0) for c in known.tolist()], float)[places]
        calibrated_logits = (
            np.array(self.slopes)[sources] * logit(scores) + np.array(self.biases)[sources] + offsets
        )
        return np.where(scores > 0, 1 / (1 + np.exp(-calibrated_logits)), 0.0)


def logit(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log odds of scores in 0..1, kept finite."""
    clipped = np.clip(scores.astype(np.float64), SURE, 1 - SURE)
    return np.log(clipped / (1 - clipped))
