"""A Gaussian discriminant with one shared covariance, from sums that are added to and subtracted from.

What one image teaches can be forgotten exactly, the order of teaching does not matter, and the cost of a
image does not grow with their number. Shrinkage: Ledoit & Wolf 2004, on the correlation matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from hitl_desktop.learning.shrinkage import Matrix, solve_shrunk
from hitl_desktop.learning.softmax import softmax

POOLED = "pooled"
"""The key of the scatter that classes share."""


class CellClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Weights `R^-1 mu` and biases `ln prior - mu' R^-1 mu / 2` (Fisher 1936).

    The covariance is the plain mean of those of the classes: frequent ones would drown the rest (on bccd,
    where red cells are eleven in twelve, AP50 at 20 images falls from .85 to .66 if they do). A matrix a
    class takes D * D * 8 bytes: from `most` classes on, all but those `apart` share one.
    """

    pooled = POOLED

    def __init__(self, shrinkage: float = 0.3, apart: Sequence[Any] = (), most: int = 24) -> None:
        self.shrinkage = shrinkage
        self.apart = apart
        self.most = most

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803 - scikit-learn's names
        """Learn these samples alone."""
        self._begin_anew()
        return self.partial_fit(X, y)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:  # noqa: N803
        """Add samples [N, D] with their classes [N]; classes may be new ones."""
        first = not hasattr(self, "classes_")
        samples, targets = _checked(self, X, y, reset=first)
        if targets.dtype.kind == "f" and (targets != np.round(targets)).any():
            raise ValueError("Unknown label type: continuous values are no classes.")
        if first:
            self._begin(np.unique(targets)[:0], samples.shape[1])
        self._make_room(
            np.unique(targets if classes is None else np.concatenate([np.unique(targets), classes]))
        )
        return self._add(samples, targets, 1.0)

    def add_sums(self, other: CellClassifier) -> Self:
        """Add all samples that another one learned."""
        if not hasattr(other, "classes_"):
            return self
        if not hasattr(self, "classes_"):
            self._begin(other.classes_[:0], other.sums_.shape[1])
            self.restored(other.sums_.shape[1])
        self._make_room(other.classes_, pooled=other.is_pooled_)
        places = np.searchsorted(self.classes_, other.classes_)
        self.counts_[places] += other.counts_
        self.sums_[places] += other.sums_
        for group, scatter in other.scatters_.items():
            self._scatter_of(group)[...] += scatter
        return self

    def forget(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Subtract samples that were added; a class without any is known no longer.

        Raises:
            ValueError: there are more of a class than were added.
        """
        check_is_fitted(self)
        samples, targets = _checked(self, X, y)
        known, counts = np.unique(targets, return_counts=True)
        for label, count in zip(known, counts, strict=True):
            place = np.flatnonzero(self.classes_ == label)
            if len(place) == 0 or self.counts_[place[0]] < count:
                raise ValueError(f"There are not so many samples of {label!r} to forget.")
        self._add(samples, targets, -1.0)
        left = self.counts_ > 0
        for label in self.classes_[~left].tolist():
            self.scatters_.pop(label, None)
        self.classes_, self.counts_, self.sums_ = self.classes_[left], self.counts_[left], self.sums_[left]
        if not left.any():
            self._begin_anew()
        return self

    @property
    def is_pooled_needlessly(self) -> bool:
        """Whether so many classes were forgotten that each could have a scatter of its own, were it still
        known."""
        return hasattr(self, "classes_") and self.is_pooled_ and len(self.classes_) <= self.most

    def _begin(self, no_classes: NDArray[Any], width: int) -> None:
        self.classes_ = no_classes
        self.counts_, self.sums_ = np.zeros(0), np.zeros((0, width))
        self.scatters_: dict[Any, Matrix] = {}
        self.is_pooled_ = False

    def _begin_anew(self) -> None:
        for name in ("classes_", "counts_", "sums_", "scatters_", "is_pooled_"):
            if hasattr(self, name):
                delattr(self, name)

    def restored(self, width: int) -> None:
        """Be ready with sums that were kept elsewhere, of so many features; scikit-learn looks for this
        attribute."""
        self.n_features_in_ = width

    def _make_room(self, labels: NDArray[Any], *, pooled: bool = False) -> None:
        new = np.setdiff1d(labels, self.classes_)
        if len(new):
            merged = np.concatenate([self.classes_, new]) if len(self.classes_) else new
            order = np.argsort(merged)
            self.classes_ = merged[order]
            self.counts_ = np.concatenate([self.counts_, np.zeros(len(new))])[order]
            self.sums_ = np.concatenate([self.sums_, np.zeros((len(new), self.sums_.shape[1]))])[order]
        if (pooled or len(self.classes_) > self.most) and not self.is_pooled_:
            self.is_pooled_ = True
            shared = [
                self.scatters_.pop(c)
                for c in self.classes_.tolist()
                if c in self.scatters_ and c not in self.apart
            ]
            self.scatters_[POOLED] = sum(shared, np.zeros((self.sums_.shape[1],) * 2))

    def _add(self, samples: NDArray[np.floating], targets: NDArray[Any], sign: float) -> Self:
        places = np.searchsorted(self.classes_, targets)
        for place in np.unique(places):
            chosen = samples[places == place]
            self.counts_[place] += sign * len(chosen)
            self.sums_[place] += sign * chosen.sum(axis=0, dtype=np.float64)
            scatter = self._scatter_of(self.classes_.tolist()[place])
            (np.add if sign > 0 else np.subtract)(
                scatter, chosen.T @ chosen, out=scatter
            )  # in place: it is megabytes
        return self

    def _scatter_of(self, label: Any) -> Matrix:
        group, width = self.group_of(label), self.sums_.shape[1]
        if group not in self.scatters_:
            self.scatters_[group] = np.zeros((width, width))
        return self.scatters_[group]

    def group_of(self, label: Any) -> Any:
        """The key of the scatter that a class has for itself or shares."""
        return POOLED if self.is_pooled_ and label not in self.apart else label

    def means(self) -> Matrix:
        """[K, D] of the classes."""
        return self.sums_ / np.maximum(self.counts_, 1.0)[:, None]

    def covariance_of(self, group: Any) -> tuple[Matrix, float]:
        """[D, D] covariance of the classes of a group around their own means, and how many samples it is
        of."""
        members = np.array([self.group_of(c) == group for c in self.classes_.tolist()])
        count = float(self.counts_[members].sum())
        means = self.means()[members]
        spread = self.scatters_[group] - (means * self.counts_[members][:, None]).T @ means
        return spread / max(count, 1.0), count

    def solved(self) -> tuple[Matrix, Matrix]:
        """[D, K] weights and [K] biases that follow from the sums."""
        check_is_fitted(self)
        total = np.zeros_like(next(iter(self.scatters_.values())))
        for group in self.scatters_:
            total += self.covariance_of(group)[0]
        means = self.means()
        weights = solve_shrunk(total / len(self.scatters_), means.T, self.shrinkage)
        prior = np.log(np.maximum(self.counts_, 1e-9) / self.counts_.sum())
        return weights, -0.5 * (means * weights.T).sum(axis=1) + prior

    @property
    def coef_(self) -> Matrix:
        """[D, K] weights."""
        return self.solved()[0]

    @property
    def intercept_(self) -> Matrix:
        """[K] biases."""
        return self.solved()[1]

    def predict_log_odds(self, X: ArrayLike) -> Matrix:  # noqa: N803
        """[N, K] logits."""
        check_is_fitted(self)
        samples = _checked(self, X)[0]
        weights, biases = self.solved()
        return samples @ weights + biases

    def predict_proba(self, X: ArrayLike) -> Matrix:  # noqa: N803
        """[N, K] chances."""
        return softmax(self.predict_log_odds(X))

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """[N] the likeliest classes."""
        best = np.argmax(self.predict_log_odds(X), axis=1)
        return self.classes_[best]


def _checked(
    of: CellClassifier, samples: ArrayLike, targets: ArrayLike | None = None, *, reset: bool = False
) -> tuple[NDArray[np.floating], NDArray[Any]]:
    """Samples [N, D] and targets [N] as scikit-learn wants them."""
    kinds: Any = [np.float32, np.float64]
    given: Any = (samples,) if targets is None else (samples, targets)
    checked: Any = validate_data(of, *given, reset=reset, dtype=kinds)
    return (checked, np.zeros(0)) if targets is None else checked
