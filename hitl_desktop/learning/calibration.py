"""Calibrated probabilities: scores transformed until they match how often they are right, and how far off
they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.calibration import Calibration, logit
from hitl_desktop.learning.metrics import Interval, bootstrap, clustered_interval

LEAST_SAMPLES = 20
"""With fewer answers scores stay as they are."""

_PRIOR_SLOPE, _PRIOR_BIAS, _PRIOR_OFFSET = 10.0, 1.0, 2.0
BINS = 10
LEAST_IMAGES = 5


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationSamples:
    """Names and scores of boxes before training on their image: scores [N] as the head gave them, and what
    came of it.

    `sources` [N] are where scores come from, `category_ids` [N] what they were called (0: none of the
    project's), `right` [N] whether a person agreed, `image_ids` [N] where they are.
    """

    scores: NDArray[np.float64]
    sources: NDArray[np.int64]
    category_ids: NDArray[np.int64]
    right: NDArray[np.bool_]
    image_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)


def fit_calibration(samples: CalibrationSamples) -> Calibration:
    """The likeliest curves for these answers, near to leaving scores as they are while there are few.

    Minimises the log loss `+ 10 (ln slope)^2 + bias^2 + 2 offset^2`.
    """
    from scipy.optimize import minimize  # noqa: PLC0415 - heavy: only a job needs it

    if len(samples) < LEAST_SAMPLES:
        return Calibration()
    ids, places = np.unique(samples.category_ids, return_inverse=True)
    source, logits, right = samples.sources, logit(samples.scores), samples.right.astype(float)

    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slopes, biases, offsets = np.exp(x[:3]), x[3:6], x[6:]
        calibrated_logits = slopes[source] * logits + biases[source] + offsets[places]
        value = float(np.logaddexp(0, calibrated_logits).sum() - (right * calibrated_logits).sum())
        value += _PRIOR_SLOPE * float((x[:3] ** 2).sum()) + _PRIOR_BIAS * float((biases**2).sum())
        value += _PRIOR_OFFSET * float((offsets**2).sum())
        off = 1 / (1 + np.exp(-calibrated_logits)) - right
        by_slope = np.bincount(source, off * logits, 3) * slopes + 2 * _PRIOR_SLOPE * x[:3]
        by_bias = np.bincount(source, off, 3) + 2 * _PRIOR_BIAS * biases
        by_offset = np.bincount(places, off, len(ids)) + 2 * _PRIOR_OFFSET * offsets
        return value, np.concatenate([by_slope, by_bias, by_offset])

    best = minimize(loss, np.zeros(6 + len(ids)), jac=True, method="L-BFGS-B").x
    return Calibration(
        tuple(np.exp(best[:3]).tolist()),
        tuple(best[3:6].tolist()),
        {int(c): float(v) for c, v in zip(ids, best[6:], strict=True) if c > 0},
        len(samples),
    )


ReliabilityBin = tuple[float, float, int, Interval]
"""Of the boxes of a bin: their mean score, the share that was right, how many, the interval of the share."""


def reliability_bins(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], groups: NDArray[np.integer]
) -> tuple[ReliabilityBin, ...]:
    """For each tenth of the scores what was right, with the 95 % interval of boxes that lie on images
    [N] together."""
    index = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    members = [index == b for b in np.unique(index)]
    return tuple(
        (
            float(confidence[m].mean()),
            float(right[m].mean()),
            int(m.sum()),
            clustered_interval(right[m], groups[m]),
        )
        for m in members
    )


def expected_calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = BINS
) -> float:
    """Mean gap between confidence and accuracy over equal-width bins, weighted by size (Naeini et al.
    2015)."""
    if len(confidence) == 0:
        return 0.0
    index = np.clip((confidence * bins).astype(int), 0, bins - 1)
    gaps = np.abs(np.bincount(index, confidence.astype(np.float64) - correct, bins))
    return float(gaps.sum() / len(confidence))


def calibration_error_interval(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], image_ids: NDArray[np.integer]
) -> Interval:
    """The calibration error's 95 % interval, whole images drawn anew; of fewer than five nothing is
    known."""
    if len(np.unique(image_ids)) < LEAST_IMAGES:
        return 0.0, 1.0
    return bootstrap(lambda rows: expected_calibration_error(confidence[rows], correct[rows]), image_ids)


def error_if_honest(confidence: NDArray[np.floating], *, draws: int = 200, seed: int = 0) -> float:
    """The calibration error that perfectly calibrated scores would have by chance, on
    average."""
    rng = np.random.default_rng(seed)
    tries = [
        expected_calibration_error(confidence, rng.random(len(confidence)) < confidence) for _ in range(draws)
    ]
    return float(np.mean(tries)) if len(confidence) else 0.0
