"""Verdicts on proposals that teach nothing: how good the model is on images it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hitl_desktop.domain.geometry import BBox


class Judgement(StrEnum):
    """What a proposal is, or what has none."""

    CORRECT = "correct"
    CATEGORY = "category"
    PLACE = "place"
    FALSE = "false"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class JudgedBox:
    """A proposal as it was shown, and the verdict of a person on it.

    What was missed has no box and no score. `true_category_id` is what it really is, where a person gave it:
    that of a wrong category or of something missed.
    """

    judgement: Judgement
    category_id: int | None = None
    name: str = ""
    bbox: BBox | None = None
    score: float = 0.0
    true_category_id: int | None = None


@dataclass(frozen=True, slots=True)
class Validated:
    """All verdicts on one image, of which head (None: the detector alone), and the active seconds they
    took."""

    image_id: int
    head_id: int | None
    seconds: float
    boxes: tuple[JudgedBox, ...]
    id: int = 0
    at: str = ""
    is_promoted: bool = False

    @property
    def errors(self) -> int:
        """How much was wrong."""
        return sum(box.judgement is not Judgement.CORRECT for box in self.boxes)
