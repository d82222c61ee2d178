"""A person beside themselves: a decided image, labelled once more without seeing the labels."""

from __future__ import annotations

from dataclasses import dataclass

from hitl_desktop.domain.geometry import BBox


@dataclass(frozen=True, slots=True)
class LabelledBox:
    """A box and its category."""

    category_id: int
    bbox: BBox


@dataclass(frozen=True, slots=True)
class Reannotation:
    """The labels of an image as they were, and as they were drawn again, in so many active seconds."""

    image_id: int
    before: tuple[LabelledBox, ...]
    again: tuple[LabelledBox, ...]
    seconds: float
    at: str = ""
