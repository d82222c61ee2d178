"""Boxes that models propose; never ground truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import BBox, Boxes
from hitl_desktop.translation import tr

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detections:
    """What a detector found on one image: `bboxes` [N, 4] and all class `scores` [N, C] in 0..1, best
    first."""

    bboxes: Boxes
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """A stored box of a detector with its class scores [C], or of a head that finds objects, with none
    [0]."""

    id: int
    image_id: int
    bbox: BBox
    score: float
    class_scores: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A prediction as a person sees it, named by the detector or by the head.

    `probabilities` [K + 1] are the chances of each possible name, the last one that of "no object"; `raw` is
    the score before calibration, `head_id` the head that gave it, and `by_head` whether it had the box's
    vector.

    `category_id` is None where the project has no category for the box: it is a mere hint. `hint` is the
    detector's surest class that is no category, with its score; empty where there is none.
    """

    prediction_id: int
    image_id: int
    bbox: BBox
    name: str
    category_id: int | None
    score: float
    named_by: str
    probabilities: Vector
    raw: float = 0.0
    by_head: bool = False
    head_id: int | None = None
    detector_name: str = ""
    detector_score: float = 0.0
    proposed_by: str = ""
    hint: str = ""
    hint_score: float = 0.0

    @property
    def provenance(self) -> str:
        """Who proposed the box, and who named it if that was another one."""
        if self.proposed_by in ("", self.named_by):
            return self.named_by
        return tr("{proposed_by}, named by {named_by}", proposed_by=self.proposed_by, named_by=self.named_by)
