"""Images that show nearly the same: one of them is asked about before the others, and a trial has all or
none."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import numpy as np

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Vector
from hitl_desktop.store.project import Project

HASH_BITS_APART, VECTORS_ALIKE = 6, 0.95
"""So many bits of 64 may differ between the perceptual hashes of near-duplicates, whose vectors are so alike
(cosine)."""


def groups_of(
    project: Project, images: Sequence[ImageRecord], vectors: Mapping[int, Vector]
) -> dict[int, str]:
    """The hash of the first image of its group, for each of these images that is not alone.

    An image joins the group of the first one that it is nearly the same as, and stays there.
    """
    perceptual_hashes, groups = project.files.perceptual_hashes(), project.files.same_as()
    known = [i for i in images if i.id in vectors and i.id in perceptual_hashes and i.content_hash]
    if len(known) < 2:
        return groups
    unit = np.stack([vectors[i.id] / max(float(np.linalg.norm(vectors[i.id])), 1e-6) for i in known])
    bits = np.array([perceptual_hashes[i.id] for i in known], np.int64).view(np.uint64)
    for row, image in enumerate(known):
        if image.id not in groups:
            apart = _ones(bits[:row] ^ bits[row])
            alike = np.flatnonzero((apart <= HASH_BITS_APART) & (unit[:row] @ unit[row] >= VECTORS_ALIKE))
            if len(alike):
                first = known[int(alike[0])]
                groups[first.id] = groups[image.id] = groups.get(first.id) or first.content_hash or ""
    return groups


def one_of_each(
    order: Sequence[int], groups: Mapping[int, str], again: Container[int] = frozenset()
) -> list[int]:
    """The same order, but of each group the first image only, and none if one is done already; the others
    follow.

    Those that come `again` are done, and keep their place.
    """
    if not groups:
        return list(order)
    waiting = {image_id for image_id in order if image_id not in again}
    taken = {group for image_id, group in groups.items() if image_id not in waiting}
    first: list[int] = []
    behind: list[int] = []
    for image_id in order:
        group = groups.get(image_id)
        (behind if group in taken and image_id not in again else first).append(image_id)
        if group is not None:
            taken.add(group)
    return [*first, *behind]


def _ones(bits: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.unpackbits(bits.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1).astype(np.int64)
