"""Vectors of crops and images, so that no refit runs a network again."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Vector
from hitl_desktop.store.database import Database

_CHUNK = 500
_MOST = 127


def crop_key(content_hash: str, bbox: BBox | None) -> bytes:
    """The key of a crop (to an eighth of a pixel), or of the whole image: the same pixels, the same key."""
    digest = hashlib.blake2b(content_hash.encode(), digest_size=16)
    if bbox is not None:
        digest.update(struct.pack("<4q", *(round(v * 8) for v in bbox)))
    return digest.digest()


def _packed(vector: Vector) -> bytes:
    step = np.float32(max(float(np.abs(vector).max(initial=0.0)), 1e-12) / _MOST)
    return step.tobytes() + np.round(vector / step).astype(np.int8).tobytes()


def _unpacked(blob: bytes) -> Vector:
    return np.frombuffer(blob, np.int8, offset=4).astype(np.float32) * np.frombuffer(blob, np.float32, 1)


class Embeddings:
    """The vectors of all encoders, kept as a byte for each number, after the step (float32) that it
    counts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, model_id: int, vectors: Iterable[tuple[bytes, Vector]]) -> None:
        """Store vectors by key, in a transaction as short as can be."""
        rows = [(model_id, key, _packed(vector)) for key, vector in vectors]
        with self._db.transaction():
            self._db.many("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", rows)

    def get(self, model_id: int, keys: Sequence[bytes]) -> Mapping[bytes, Vector]:
        """The vectors there are for these keys."""
        found: dict[bytes, Vector] = {}
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            rows = self._db.all(
                f"SELECT crop, vector FROM embeddings WHERE model_id = ? AND crop IN ({marks})",
                (model_id, *part),
            )
            found |= {key: _unpacked(blob) for key, blob in rows}
        return found

    def missing(self, model_id: int, keys: Sequence[bytes]) -> set[bytes]:
        """Which of these keys have no vector yet."""
        missing = set(keys)
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            rows = self._db.all(
                f"SELECT crop FROM embeddings WHERE model_id = ? AND crop IN ({marks})", (model_id, *part)
            )
            missing -= {row[0] for row in rows}
        return missing
