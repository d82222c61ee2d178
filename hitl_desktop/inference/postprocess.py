"""What detector families share after their outputs are decoded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.errors import ModelError
from hitl_desktop.translation import tr

SCORE_FLOOR = 0.05
MOST_BOXES = 100
"""How many pairs of box and class are kept an image, as COCO counts them; a box with two classes is one
box."""
_ROUNDING = 0.01


def check_probabilities(scores: NDArray[np.float32], name: str) -> None:
    """Refuse scores that are not from 0 to 1, but for rounding in half precision.

    Raises:
        ModelError: they are something else, logits for example.
    """
    lowest, highest = float(scores.min(initial=0)), float(scores.max(initial=0))
    if not (lowest >= -_ROUNDING and highest <= 1 + _ROUNDING):
        raise ModelError(
            tr(
                "{name} gave scores from {lowest:.3g} to {highest:.3g}, which are not probabilities.",
                name=name,
                lowest=lowest,
                highest=highest,
            ),
            hint=tr(
                "Export it with its last activation (sigmoid or softmax), or check the family in its card."
            ),
        )


def class_wise_nms(
    boxes: Boxes, class_scores: NDArray[np.float32], floor: float, iou: float, *, most: int = 100
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The best pairs of box and class, as indices into `boxes` [N, 4] and into the classes, best first.

    Every class of a box from `floor` up competes with the same class of other boxes, as in the COCO
    evaluations of the detectors' authors.
    """
    import cv2  # noqa: PLC0415 - heavy: the window opens without it

    rows, classes = np.nonzero(class_scores >= floor)
    if rows.size == 0:
        return rows, classes
    kept = cv2.dnn.NMSBoxesBatched(
        boxes[rows].tolist(), class_scores[rows, classes].tolist(), classes.tolist(), floor, iou, 1.0, 0
    )
    order = np.asarray(kept, dtype=np.intp).ravel()
    order = order[np.argsort(-class_scores[rows[order], classes[order]], kind="stable")][:most]
    return rows[order], classes[order]
