"""Boxes that people stand behind."""

from dataclasses import dataclass
from enum import StrEnum

from hitl_desktop.domain.attributes import Values
from hitl_desktop.domain.geometry import BBox


class Origin(StrEnum):
    """Where an annotation came from."""

    HUMAN = "human"
    MODEL = "model"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One box a person drew, corrected or accepted; `id` 0 until the store gave one."""

    id: int
    image_id: int
    category_id: int
    bbox: BBox
    origin: Origin = Origin.HUMAN
    proposed_by: str | None = None
    score: float | None = None
    edited: bool = False
    crowd: bool = False
    prediction_id: int | None = None
    attributes: Values = ()


@dataclass(frozen=True, slots=True)
class KeptBox:
    """Of an annotation: the other keys that a data set file had, and what it was when they fitted."""

    category_id: int
    bbox: BBox
    extra: bytes
