"""The head that names boxes: logistic regression on crop embeddings and the detector's class scores."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.learning.softmax import softmax

BACKGROUND = 0
"""The target of a crop that shows no object of any category; categories have ids from 1 up."""

STRENGTH = 10.0
DETECTOR_WEIGHT = 1.0
MOST_PER_CATEGORY = 2000
_NEVER = -30.0

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Crops with known names: embeddings [N, D], the detector's class scores [N, C], targets [N]."""

    embeddings: Floats
    class_scores: Floats
    targets: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class NamingHead:
    """A fitted head; columns of its logits are `category_ids` and then "no object".

    `trust` [C] says how often the detector's own class name was right among decided proposals of that class.
    """

    category_ids: NDArray[np.int64]
    centre: Floats
    weights: Floats
    bias: Floats
    trust: Floats
    temperature: float = 1.0

    def logits(self, embeddings: Floats, class_scores: Floats) -> NDArray[np.float64]:
        """[N, K + 1] scores before softmax and temperature."""
        return (_features(embeddings, class_scores, self.centre) @ self.weights + self.bias).astype(np.float64)

    def probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """[N, K + 1] chances, at the head's temperature."""
        return softmax(logits / self.temperature)

    def at_temperature(self, temperature: float) -> NamingHead:
        """The same head, more or less sure of itself."""
        return replace(self, temperature=temperature)

    def to_bytes(self) -> bytes:
        """The head as it is stored: an npz archive of plain arrays."""
        file = io.BytesIO()
        np.savez(
            file,
            category_ids=self.category_ids,
            centre=self.centre,
            weights=self.weights,
            bias=self.bias,
            trust=self.trust,
            temperature=np.float64(self.temperature),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> NamingHead:
        """A stored head."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return cls(
                *(arrays[name] for name in ("category_ids", "centre", "weights", "bias", "trust")),
                temperature=float(arrays["temperature"]),
            )


def fit(samples: Samples, trust: Floats, *, seed: int = 0) -> NamingHead | None:
    """A head for these samples; None while they show fewer than two different names (background counts as one)."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - heavy: only a job needs it

    chosen = _at_most(samples.targets, MOST_PER_CATEGORY, seed)
    embeddings, class_scores, targets = samples.embeddings[chosen], samples.class_scores[chosen], samples.targets[chosen]
    categories = np.unique(targets[targets != BACKGROUND])
    if len(categories) == 0 or len(np.unique(targets)) < 2:
        return None
    centre = embeddings.mean(axis=0)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300)
    model.fit(_features(embeddings, class_scores, centre), targets)
    weights, bias = _per_column(model.coef_, model.intercept_)
    columns = [int(np.flatnonzero(model.classes_ == c)[0]) for c in categories]
    width = len(categories) + 1
    all_weights = np.zeros((weights.shape[0], width), np.float32)
    all_bias = np.full(width, _NEVER, np.float32)
    all_weights[:, :-1], all_bias[:-1] = weights[:, columns], bias[columns]
    if BACKGROUND in model.classes_:
        column = int(np.flatnonzero(model.classes_ == BACKGROUND)[0])
        all_weights[:, -1], all_bias[-1] = weights[:, column], bias[column]
    return NamingHead(categories.astype(np.int64), centre.astype(np.float32), all_weights, all_bias, trust.astype(np.float32))


def _features(embeddings: Floats, class_scores: Floats, centre: Floats) -> Floats:
    """Centred embeddings of unit length beside the detector's class scores."""
    centred = embeddings - centre
    centred = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return np.concatenate([centred, DETECTOR_WEIGHT * class_scores], axis=1)


def _per_column(coefficients: NDArray[np.float64], intercept: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[D, K] weights and [K] biases; of two names scikit-learn keeps one row, the other one is its mirror."""
    if len(intercept) == 1:
        return np.concatenate([-coefficients, coefficients]).T / 2, np.concatenate([-intercept, intercept]) / 2
    return coefficients.T, intercept


def _at_most(targets: NDArray[np.int64], most: int, seed: int) -> NDArray[np.intp]:
    """Indices of at most so many samples of each target, drawn at random but always the same ones."""
    rng = np.random.default_rng(seed)
    kept = [
        rng.choice(np.flatnonzero(targets == t), most, replace=False) if (targets == t).sum() > most else np.flatnonzero(targets == t)
        for t in np.unique(targets)
    ]
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.intp)
