"""The head that proposes tags of whole images: a logistic regression for each tag on the image's
embedding."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.learning.classification_head import STRENGTH

LEAST_EACH = 2
"""A tag is learned from so many images that have it, and as many that have not."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TagHead:
    """Columns of `weights` [D, T] and `bias` [T] are the tags."""

    tag_ids: NDArray[np.int64]
    centre: Floats
    weights: Floats
    bias: Floats

    def chances(self, embeddings: Floats) -> NDArray[np.float64]:
        """[N, T] how likely images [N, D] have each tag."""
        logits = _features(embeddings, self.centre) @ self.weights + self.bias
        return 1 / (1 + np.exp(-logits.astype(np.float64)))

    def to_bytes(self) -> bytes:
        """The head as it is stored: an npz archive of plain arrays."""
        file = io.BytesIO()
        np.savez(file, tag_ids=self.tag_ids, centre=self.centre, weights=self.weights, bias=self.bias)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """A stored head."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return cls(*(arrays[name] for name in cls.__slots__))


def fit_tags(embeddings: Floats, tags: NDArray[np.bool_], tag_ids: NDArray[np.int64]) -> TagHead | None:
    """A head for images [N, D] that have these tags [N, T]; None while no tag has images with and without
    it.

    Both sides weigh the same in the fit, so that a rare tag is learned; the share of images that have it
    comes back as ln(prior), so that chances are honest.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - heavy: only a job needs it
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    count = tags.sum(axis=0)
    usable = np.flatnonzero((count >= LEAST_EACH) & (len(tags) - count >= LEAST_EACH))
    if len(usable) == 0:
        return None
    centre = embeddings.mean(axis=0)
    features = _features(embeddings, centre)
    weights, bias = np.zeros((features.shape[1], len(usable)), np.float32), np.zeros(len(usable), np.float32)
    with threadpool_limits(1):
        for column, tag in enumerate(usable):
            model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=300).fit(
                features, tags[:, tag]
            )
            weights[:, column] = np.asarray(model.coef_)[0]
            prior = np.log(count[tag] / (len(tags) - count[tag]))
            bias[column] = float(np.asarray(model.intercept_)[0]) + prior
    return TagHead(tag_ids[usable], centre.astype(np.float32), weights, bias)


def _features(embeddings: Floats, centre: Floats) -> Floats:
    centred = embeddings - centre
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
