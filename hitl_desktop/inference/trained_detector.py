"""The family of trained detectors: graphs that this program wrote, an image in, named boxes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.session import Session
from hitl_desktop.translation import tr

_OUTPUTS = ("boxes", "class_scores")


class TrainedDetector:
    """Runs an exported detector; what it needs is all in its graph."""

    def __init__(self, card: ModelCard, session: Session) -> None:
        self.card = card
        self.session = session
        columns = (session.output_shapes.get("class_scores") or [0])[-1]
        takes_images = session.input_type == np.uint8 and len(session.input_shape) == 3
        if not takes_images or not set(_OUTPUTS) <= set(session.output_names) or columns != len(card.classes):
            raise ModelError(
                tr(
                    "{name} is no taught detector of {classes} classes.",
                    name=card.file.name,
                    classes=len(card.classes),
                ),
                hint=tr("Export it again, or correct the family in its card."),
            )

    def predict(self, images: Sequence[RgbImage]) -> list[Detections]:
        """What is on each image."""
        return [self._predict_one(image) for image in images]

    def _predict_one(self, image: RgbImage) -> Detections:
        boxes, scores = self.session.run(_OUTPUTS, np.ascontiguousarray(image))
        return Detections(boxes.astype(np.float64), scores)
