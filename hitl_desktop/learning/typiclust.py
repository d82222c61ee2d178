"""Which images to begin with, before training means anything: the typical one of each kind.

TypiClust (Hacohen et al. 2022, arXiv 2202.02794): as many clusters as images are known and wanted, and of
each cluster nobody has looked into, the largest first, the image in the densest place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WANTED = 10
_NEIGHBOURS = 20


def typiclust(images: Floats, known: Floats, *, wanted: int = WANTED, seed: int = 0) -> list[int]:
    """Rows of `images` [N, D], the typical one of each kind, at most `wanted`, given those `known` [M, D]
    already."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - heavy: only a job needs it
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    everything = _unit(np.concatenate([known.reshape(-1, images.shape[1]), images]))
    clusters = min(len(known) + wanted, len(np.unique(everything, axis=0)))
    if len(images) == 0 or clusters < 2:
        return list(range(min(len(images), wanted)))
    with threadpool_limits(1):
        of = KMeans(clusters, random_state=seed).fit_predict(everything)
    seen = set(of[: len(known)].tolist())
    order = np.argsort(-np.bincount(of, minlength=clusters), kind="stable").tolist()
    of, everything = of[len(known) :], everything[len(known) :]
    kinds = [np.flatnonzero(of == cluster) for cluster in order if cluster not in seen]
    return [int(rows[np.argmax(_typicality(everything[rows]))]) for rows in kinds if len(rows)][:wanted]


def _unit(vectors: Floats) -> Floats:
    centred = vectors - vectors.mean(axis=0)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)


def _typicality(members: Floats) -> NDArray[np.floating]:
    """How near the nearest neighbours of each are."""
    distances = np.sqrt(np.maximum(2 - 2 * members @ members.T, 0))
    nearest = np.sort(distances, axis=1)[:, 1 : _NEIGHBOURS + 1]
    return -nearest.mean(axis=1) if nearest.shape[1] else np.zeros(len(members))
