"""Which crops are alike: groups of vectors, without saying how many there are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.3
"""Groups are joined while their crops are nearer than this on average (cosine distance). With all objects of
bccd as unknowns that gives 5 groups, each of one kind but 1 % of the crops (3 kinds); of fruits-nuts 8, all
pure (3 kinds)."""
MOST = 2000


def alike(vectors: NDArray[np.float32]) -> list[list[int]]:
    """Rows of vectors [N, D] in groups, the largest first; of each group the most typical row first."""
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 - heavy: only a job needs it

    if len(vectors) < 2:
        return [[row] for row in range(len(vectors))]
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    unit[~unit.any(axis=1), 0] = 1.0  # what points nowhere cannot be compared
    unknown_count: Any = None
    model = AgglomerativeClustering(
        unknown_count, distance_threshold=ALIKE, linkage="average", metric="cosine"
    )
    of = model.fit_predict(unit[:MOST])
    groups = [np.flatnonzero(of == g) for g in range(of.max() + 1)]
    ordered = [
        rows[np.argsort(-(unit[rows] @ unit[rows].mean(axis=0)), kind="stable")].tolist() for rows in groups
    ]
    return sorted(ordered, key=lambda rows: (-len(rows), rows[0]))
