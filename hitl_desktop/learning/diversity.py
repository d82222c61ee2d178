"""Images that differ from each other, and from those that are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_ENOUGH_KNOWN = 10
_RARE = 0.05


def unit(vectors: Floats, centre: Floats | None = None) -> Floats:
    """Vectors [N, D] from their mean, or another centre [D], at length one."""
    centred = vectors - (vectors.mean(axis=0) if centre is None else centre)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)


def k_centre(images: Floats, known: Floats) -> list[int]:
    """Rows of `images` [N, D], the one furthest from all that is known [M, D] or chosen first, and so on.

    Greedy k-centre (Sener and Savarese 2018, arXiv 1708.00489) by cosine distance; without anything known the
    first is the one nearest to the mean.
    """
    if len(images) == 0:
        return []
    typical = int(np.argmin(np.linalg.norm(images - images.mean(axis=0), axis=1)))
    everything = unit(np.concatenate([known.reshape(-1, images.shape[1]), images]))
    known, images = everything[: len(known)], everything[len(known) :]
    nearest = (images @ known.T).max(axis=1) if len(known) else np.full(len(images), -np.inf, np.float32)
    order = [int(np.argmin(nearest)) if len(known) else typical]
    for _ in range(len(images) - 1):
        nearest = np.maximum(nearest, images @ images[order[-1]])
        nearest[order[-1]] = np.inf
        order.append(int(np.argmin(nearest)))
    return order


def spread(rows: Sequence[int], images: Floats, wanted: int, *, seed: int = 0) -> list[int]:
    """The same rows with the first ones all different: the best `5 * wanted` in as many clusters as are
    wanted, and the best of each cluster first (PPAL, arXiv 2211.11612)."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - heavy: only a job needs it
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    best = list(rows[: 5 * wanted])
    vectors = unit(images[best])
    clusters = min(wanted, len(np.unique(vectors, axis=0)))
    if clusters < 2:
        return list(rows)
    with threadpool_limits(1):
        of = KMeans(clusters, random_state=seed).fit_predict(vectors).tolist()
    seen: set[int] = set()
    first = [row for row, cluster in zip(best, of, strict=True) if not (cluster in seen or seen.add(cluster))]
    taken = set(first)
    return [*first, *(row for row in rows if row not in taken)]


def unlike(images: Floats, known: Floats) -> NDArray[np.bool_]:
    """Which of these images [N, D] are further from all known ones [M, D] than 95 % of those are from each
    other."""
    if len(known) < _ENOUGH_KNOWN or len(images) == 0:
        return np.zeros(len(images), bool)
    everything = unit(np.concatenate([known, images]))
    known, images = everything[: len(known)], everything[len(known) :]
    among = known @ known.T
    np.fill_diagonal(among, -1)
    return (images @ known.T).max(axis=1) < np.quantile(among.max(axis=1), _RARE)
