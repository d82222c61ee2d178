"""The weight of the head against the detector in a name's score, measured on boxes the head had not learned
from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRIOR_BOXES = 1.0
"""The prior weighs as much as this many boxes on which detector and head contradict each other fully."""
FOUND_SHARE = 3.0
_LEAST = 0.02
_STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Opinions:
    """Scores of boxes for one category before training on their image: the detector's [N], the head's [N],
    and whether a person agreed [N]."""

    detector: NDArray[np.float64]
    head: NDArray[np.float64]
    right: NDArray[np.bool_]


def detector_weight(opinions: Opinions, prior: float) -> float:
    """The detector's weight, 0..1, in the likeliest mixture of the two scores; `prior` while there are few
    boxes.

    Expectation maximisation of a mixture with two components; a box counts as far as the two scores differ.
    """
    chances = np.clip(np.stack([opinions.detector, opinions.head]), _LEAST, 1 - _LEAST)
    of_detector, of_head = np.where(opinions.right, chances, 1 - chances)
    counts = np.abs(of_detector - of_head)
    weight = prior
    for _ in range(_STEPS):
        shares = weight * of_detector / (weight * of_detector + (1 - weight) * of_head)
        weight = (PRIOR_BOXES * prior + float(counts @ shares)) / (PRIOR_BOXES + float(counts.sum()))
    return weight


def found_weight(trust: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the head's scores count on boxes that it found itself, by the detector's weight [G] under the same
    names.

    More than on the detector's boxes, `1 - trust`: the detector's silence is weaker evidence than its score.
    On persons in everyday scenes, where the detector is much better, weights of 1 cost .05 of AP50; on cars
    from above, which it does not recognise, `1 - trust` costs .19 after one image.
    """
    return np.minimum(1.0, FOUND_SHARE * (1 - trust)).astype(np.float32)
