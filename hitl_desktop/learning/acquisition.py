"""Acquisition functions: from the chances of each name to how much a box is worth asking about.

Each takes probabilities [N, K] whose rows sum to one and gives [N] scores, 0 for certainty, higher for more
doubt (Settles 2009; margin on small sets: arXiv 2210.03822).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.floating]
Scores = NDArray[np.float64]


def margin(proba: Probabilities) -> Scores:
    """Uncertainty: one minus the gap between the two most likely names; zero if there is only one name."""
    if proba.shape[1] < 2:
        return np.zeros(len(proba))
    top_two = np.sort(proba, axis=1)[:, -2:]
    return (1.0 - (top_two[:, 1] - top_two[:, 0])).astype(np.float64)


def entropy(proba: Probabilities) -> Scores:
    """Shannon entropy as a share of the greatest possible one."""
    safe = np.clip(proba, 1e-12, 1.0)
    return (-(safe * np.log(safe)).sum(axis=1) / np.log(max(proba.shape[1], 2))).astype(np.float64)


def least_confidence(proba: Probabilities) -> Scores:
    """One minus the chance of the likeliest name."""
    return (1.0 - proba.max(axis=1)).astype(np.float64)


ACQUISITION_FUNCTIONS: dict[str, Callable[[Probabilities], Scores]] = {
    "margin": margin,
    "entropy": entropy,
    "least_confidence": least_confidence,
}
DEFAULT_ACQUISITION = "margin"
