"""The encoder family: a network that turns a crop, or a whole image, into one vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.preprocess import prepare
from hitl_desktop.inference.session import FloatArray, Session

_BATCH = 2
"""Eight at once are no faster on two processors and take 50 MB more."""


class CropEncoder:
    """Pooled features of a classification backbone."""

    def __init__(self, card: ModelCard, session: Session) -> None:
        self.card = card
        self._session = session

    def embed(self, crops: Sequence[RgbImage]) -> FloatArray:
        """[N, D] vectors of crops."""
        vectors: list[FloatArray] = []
        for start in range(0, len(crops), _BATCH):
            batch = np.stack([prepare(crop, self.card.input)[0] for crop in crops[start : start + _BATCH]])
            vectors.append(self._session.run(self._session.output_names[:1], batch)[0])
        return np.concatenate(vectors) if vectors else np.zeros((0, 0), np.float32)


def crop(image: RgbImage, bbox: BBox) -> RgbImage:
    """The pixels in a box, at least one."""
    height, width = image.shape[:2]
    left = min(max(int(np.floor(bbox.x)), 0), width - 1)
    top = min(max(int(np.floor(bbox.y)), 0), height - 1)
    right = min(max(int(np.ceil(bbox.right)), left + 1), width)
    bottom = min(max(int(np.ceil(bbox.bottom)), top + 1), height)
    return image[top:bottom, left:right]
