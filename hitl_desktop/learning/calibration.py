"""Probabilities one may believe: a temperature, and how far off they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.learning.softmax import softmax

LEAST_PER_CLASS = 5
LEAST_GAIN = 0.98
"""A temperature is used only if it lowers the loss by 2 %: it generalises badly while new categories keep arriving."""


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.integer]) -> float | None:
    """The temperature that makes logits [N, K] most likely for the true columns [N]; None when there are too few,
    or when none is clearly better than 1.

    Minimises `sum log loss(logits / T) + 10 (ln T)^2` (Guo et al. 2017, with a prior at 1) over samples that the head
    had not been taught; at least two classes need `LEAST_PER_CLASS` samples each.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - heavy: only a job needs it

    counts = np.bincount(targets, minlength=logits.shape[1]) if len(targets) else np.zeros(0)
    if (counts >= LEAST_PER_CLASS).sum() < 2:
        return None

    def loss(log_t: float) -> float:
        proba = softmax(logits / np.exp(log_t))
        return float(-np.log(np.clip(proba[np.arange(len(targets)), targets], 1e-12, 1)).sum() + 10 * log_t**2)

    best = minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded")
    return float(np.exp(best.x)) if best.fun < LEAST_GAIN * loss(0.0) else None


def expected_calibration_error(confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by size (Naeini et al. 2015)."""
    if len(confidence) == 0:
        return 0.0
    index = np.clip((confidence * bins).astype(int), 0, bins - 1)
    gaps = [
        abs(confidence[index == b].mean() - correct[index == b].mean()) * (index == b).sum() for b in np.unique(index)
    ]
    return float(sum(gaps) / len(confidence))
