"""The NanoDet family: per stride, class scores and distributions of the four side distances
(RangiLyu/nanodet)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.model_card import ModelCard
from hitl_desktop.inference.postprocess import MOST_BOXES, SCORE_FLOOR, check_probabilities, class_wise_nms
from hitl_desktop.inference.preprocess import check_input, prepare
from hitl_desktop.inference.session import FloatArray, Session
from hitl_desktop.translation import tr


class NanoDet:
    """Boxes by generalised focal loss: each side distance is the mean of a softmax over bins (Li et al.
    2020)."""

    def __init__(self, card: ModelCard, session: Session) -> None:
        self.card = card
        self.session = session
        self._scores = [f"cls_pred_stride_{s}" for s in card.decode.strides]
        self._sides = [f"dis_pred_stride_{s}" for s in card.decode.strides]
        missing = set(self._scores + self._sides) - set(session.output_names)
        if missing:
            raise ModelError(
                tr(
                    "{name} lacks the NanoDet outputs {missing}.",
                    name=card.file.name,
                    missing=", ".join(sorted(missing)),
                ),
                hint=tr("Check the family in its card."),
            )
        check_input(card, session)
        declared = session.output_shapes[self._scores[0]]
        columns = declared[-1] if declared else None  # unknown until it runs
        if isinstance(columns, int) and columns != len(card.classes):
            raise ModelError(
                tr(
                    "{name} scores {columns} classes, but its card names {classes}.",
                    name=card.file.name,
                    columns=columns,
                    classes=len(card.classes),
                ),
                hint=tr("Correct the classes in the card."),
            )
        self._centres = [_cell_centres(card.input.size, stride) for stride in card.decode.strides]

    def predict(self, images: Sequence[RgbImage]) -> list[Detections]:
        """What is on each image."""
        return [self._predict_one(image) for image in images]

    def feature_maps(self, image: RgbImage) -> list[FloatArray]:
        """The feature tensors named in the card, [channels, height, width] each, finest stride first."""
        batch, _ = prepare(image, self.card.input)
        return [output[0] for output in self.session.run(self.card.decode.features, batch[None])]

    def _check_shapes(self, outputs: Sequence[FloatArray]) -> None:
        classes, levels = len(self.card.classes), len(self._centres)
        for number, (output, name) in enumerate(zip(outputs, self._scores + self._sides, strict=True)):
            cells = len(self._centres[number % levels])
            columns = output.shape[-1] if output.ndim else 0
            fits = columns == classes if number < levels else columns >= 8 and columns % 4 == 0
            if not fits or output.shape != (1, cells, columns):
                wanted = f"[1, {cells}, {classes if number < levels else '4 x bins'}]"
                raise ModelError(
                    tr(
                        "{name} gives {name_2} as {shape}; its card asks for {wanted}.",
                        name=self.session.name,
                        name_2=name,
                        shape=list(output.shape),
                        wanted=wanted,
                    ),
                    hint=tr("Correct the size, the strides and the classes in the card."),
                )

    def _predict_one(self, image: RgbImage) -> Detections:
        batch, placement = prepare(image, self.card.input)
        outputs = self.session.run(self._scores + self._sides, batch[None])
        levels = len(self._scores)
        self._check_shapes(outputs)
        scores = [output[0] for output in outputs[:levels]]
        check_probabilities(np.concatenate(scores), self.card.name)
        corners: list[Boxes] = []
        kept_scores: list[FloatArray] = []
        for level, stride in enumerate(self.card.decode.strides):
            cells = np.flatnonzero(scores[level].max(axis=1) >= SCORE_FLOOR)
            sides = _expected_distances(outputs[levels + level][0][cells]) * stride
            centres = self._centres[level][cells]
            corners.append(np.concatenate([centres - sides[:, :2], centres + sides[:, 2:]], axis=1))
            kept_scores.append(scores[level][cells])
        class_scores = np.concatenate(kept_scores)
        boxes = placement.to_image(np.concatenate(corners), image.shape[1], image.shape[0])
        visible = np.flatnonzero((boxes[:, 2] >= 1) & (boxes[:, 3] >= 1))
        boxes, class_scores = boxes[visible], class_scores[visible]
        kept, _ = class_wise_nms(boxes, class_scores, SCORE_FLOOR, self.card.decode.nms_iou, most=MOST_BOXES)
        kept = np.array(list(dict.fromkeys(kept.tolist())), dtype=np.intp)
        kept = kept[np.argsort(-class_scores[kept].max(axis=1, initial=0), kind="stable")]
        return Detections(boxes[kept], class_scores[kept])


def _cell_centres(size: tuple[int, int], stride: int) -> Boxes:
    """[cells, 2] centres (x, y) of a stride's cells, row by row."""
    columns, rows = np.meshgrid(np.arange(-(-size[0] // stride)), np.arange(-(-size[1] // stride)))
    return (np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64) + 0.5) * stride


def _expected_distances(distributions: FloatArray) -> Boxes:
    """[N, 4] mean left, top, right, bottom distances, in strides, of [N, 4 * bins] logits."""
    logits = distributions.reshape(len(distributions), 4, distributions.shape[1] // 4).astype(np.float64)
    weights = np.exp(logits - logits.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    return np.asarray(weights @ np.arange(logits.shape[2]), dtype=np.float64)
