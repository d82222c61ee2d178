"""A detector of any family in the table: the image in, its outputs decoded, doubles removed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.families.outputs import Decoded, Size
from hitl_desktop.inference.family_table import FAMILIES
from hitl_desktop.inference.model_card import InputSpec, Layout, ModelCard
from hitl_desktop.inference.postprocess import MOST_BOXES, SCORE_FLOOR, class_wise_nms
from hitl_desktop.inference.preprocess import Placement, laid_out, prepare
from hitl_desktop.inference.session import Session
from hitl_desktop.translation import tr


class GraphDetector:
    """Runs a graph whose card gives its family and how its outputs are read."""

    def __init__(self, card: ModelCard, session: Session) -> None:
        missing = set(card.decode.outputs) - set(session.output_names)
        if missing or not card.decode.outputs:
            raise ModelError(
                tr(
                    "{name} lacks the outputs {missing} that its card names.",
                    name=card.file.name,
                    missing=", ".join(sorted(missing)) or tr("(none)"),
                ),
                hint=tr("Add the model again, so that its outputs are recognised anew."),
            )
        self.card, self.session = card, session
        self._decode = FAMILIES[card.family].decode

    def predict(self, images: Sequence[RgbImage]) -> list[Detections]:
        """What is on each image."""
        return [self._predict_one(image) for image in images]

    def _predict_one(self, image: RgbImage) -> Detections:
        batch, placement, size = as_batch(image, self.card.input)
        names = self.card.decode.outputs
        arrays = dict(zip(names, self.session.run(names, batch), strict=True))
        decoded = self._decode(arrays, self.card.decode, size)
        return detections(decoded, placement, image, self.card.decode.nms_iou)


def as_batch(image: RgbImage, spec: InputSpec) -> tuple[NDArray[np.float32], Placement, Size]:
    """One image as the graph takes it, where it lies in there, and the input's size."""
    batch, placement = prepare(image, spec, exact=False)
    size = (batch.shape[2], batch.shape[1])
    return laid_out(batch, spec.layout), placement, size


def detections(decoded: Decoded, placement: Placement, image: RgbImage, nms_iou: float) -> Detections:
    """Boxes in the image, each a rival only of those with the same best class, with the scores of all classes."""
    wanted = np.flatnonzero(decoded.scores.max(axis=1, initial=0) >= SCORE_FLOOR)
    boxes = placement.to_image(decoded.corners[wanted], image.shape[1], image.shape[0])
    scores = np.clip(decoded.scores[wanted], 0, 1)
    visible = np.flatnonzero((boxes[:, 2] >= 1) & (boxes[:, 3] >= 1))
    boxes, scores = boxes[visible], scores[visible]
    is_best = scores == scores.max(axis=1, keepdims=True, initial=0)
    rows, _ = class_wise_nms(boxes, np.where(is_best, scores, 0), SCORE_FLOOR, nms_iou, most=MOST_BOXES)
    kept = np.array(list(dict.fromkeys(rows.tolist())), dtype=np.intp)
    return Detections(boxes[kept], scores[kept])


def sized(spec: InputSpec, size: Size, layout: Layout, *, frees_size: bool) -> InputSpec:
    """What a family's networks take as a rule, for a graph of this size and layout."""
    fixed = (0, 0) if spec.resize == "multiple" else size
    return msgspec.structs.replace(spec, size=fixed, layout=layout, frees_size=frees_size)
