"""Where labels are probably wrong, according to heads not trained on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.translation import tr

ISSUE_FROM = 0.5
"""Images with a label issue from this score up are asked about again; the list holds weaker ones, too."""


class Kind(StrEnum):
    """What is probably wrong."""

    MISSED = "missed"
    CATEGORY = "category"
    PLACE = "place"


LIKELY_FROM: Final[Mapping[Kind, float]] = MappingProxyType(
    {Kind.MISSED: 0.8, Kind.CATEGORY: 0.9, Kind.PLACE: 0.7}
)
"""From these scores up one in three is an error. Measured on bccd, cards, aquarium, hemocytometer and
aerial-vehicles with 8 % (3 %) of their labels corrupted: categories 55 of 95 (40 of 80), places 27 of 41 (8 of
24), missing boxes 7 of 13 (1 of 10; without bccd, which lacks boxes itself). In the tenth below: 7 of 42, 6 of
44, 4 of 16."""


@dataclass(frozen=True, slots=True)
class LabelIssue:
    """One of them: the box as it is (None where one is missing) and its category, and what it rather should
    be.

    `score` is 0..1, higher for more doubt; it ranks, and is no probability.
    """

    image_id: int
    kind: Kind
    score: float
    bbox: BBox | None
    category_id: int | None
    suggested_bbox: BBox
    suggested_category_id: int
    id: int = 0

    @property
    def is_likely(self) -> bool:
        """Whether so many issues of this score or more are errors that a person wants to see them."""
        return self.score >= LIKELY_FROM[self.kind]

    def in_words(self, names: Mapping[int, str]) -> str:
        """What is suspected, for people."""
        name, other = (names.get(c or 0, "?") for c in (self.category_id, self.suggested_category_id))
        return {
            Kind.MISSED: tr("maybe missed: {other}", other=other),
            Kind.CATEGORY: tr("{name}: maybe {other}", name=name, other=other),
            Kind.PLACE: tr("{name}: maybe badly placed", name=name),
        }[self.kind]
