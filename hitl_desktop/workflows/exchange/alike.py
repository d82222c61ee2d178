"""Images of a data set that show nearly the same, told by their pixels alone: they belong into one part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import perceptual_hash, read_reduced
from hitl_desktop.progress import Progress

_BITS_APART = 3
"""So many of 64 bits may differ: fewer than in a project, where vectors of the images confirm it. Images of one colour
throughout have no bits, and are alike to no other."""
_SIDE = 64


def groups_alike(files: Mapping[int, Path], progress: Progress) -> dict[int, str]:
    """The group of each image, by id, that is not alone; images that cannot be read are."""
    bits: dict[int, int] = {}
    for number, (image_id, file) in enumerate(sorted(files.items()), start=1):
        progress.check_cancelled()
        try:
            found = perceptual_hash(read_reduced(file, _SIDE))
        except UnreadableImageError:
            continue
        if found not in {0, -1}:
            bits[image_id] = found
        progress.report(number, len(files), file.name)
    ids = list(bits)
    hashes = np.array([bits[i] for i in ids], np.int64).view(np.uint64)
    groups: dict[int, str] = {}
    for row, image_id in enumerate(ids):
        apart = np.bitwise_count(hashes[:row] ^ hashes[row])
        alike = np.flatnonzero(apart <= _BITS_APART)
        if len(alike):
            first = ids[int(alike[0])]
            groups[image_id] = groups.setdefault(first, f"like {first}")
    return groups
