"""Boxes that were accepted at once, and the random sample of them that a person looks at."""

from __future__ import annotations

from dataclasses import dataclass

from hitl_desktop.domain.geometry import BBox


@dataclass(frozen=True, slots=True)
class SampledBox:
    """One box of the sample; `is_wrong` is None until a person examined it."""

    place: int
    image_id: int
    bbox: BBox
    is_wrong: bool | None = None


@dataclass(frozen=True, slots=True)
class BulkAccept:
    """All boxes of a category from a score up, accepted as one edit (`edit_id`): `boxes` on `images`."""

    id: int
    at: str
    name: str
    threshold: float
    boxes: int
    pictures: int
    edit_id: int
    sample: tuple[SampledBox, ...]

    @property
    def left(self) -> tuple[SampledBox, ...]:
        """Those not examined yet."""
        return tuple(s for s in self.sample if s.is_wrong is None)

    @property
    def wrong(self) -> int:
        """How many of the sample are wrong."""
        return sum(bool(s.is_wrong) for s in self.sample)
