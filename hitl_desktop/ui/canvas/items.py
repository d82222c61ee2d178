"""What the canvas shows: boxes with a key, and what lies under a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hitl_desktop.domain.comparison import Outcome
from hitl_desktop.domain.geometry import BBox, Handle


class Kind(StrEnum):
    """Ground truth is solid, a proposal dashed, a hint without a category dotted.

    A suggestion that is compared with labels can be selected by key, and not be taken by the pointer.
    """

    TRUTH = "annotation"
    PROPOSAL = "proposal"
    HINT = "hint"
    COMPARED = "compared"


class BoxKey(NamedTuple):
    """An annotation or a prediction, by id."""

    kind: Kind
    id: int


class BoxItem(NamedTuple):
    """A box to paint: `colour` is the index of its category's colour, `doubt` orders `Tab`.

    `tip` is shown while the pointer rests on it; `is_open` is an annotation that waits for its category.
    `name` and `score` are for screen readers, where `label` has more than the name, or nothing. `outcome` is
    what became of it where labels are compared with suggestions.
    """

    key: BoxKey
    bbox: BBox
    label: str
    colour: int
    doubt: float = 0.0
    tip: str = ""
    is_open: bool = False
    name: str = ""
    score: float | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """What lies under a point: a handle of the selected box, or a box."""

    item: BoxItem
    handle: Handle | None = None


def in_order_of_doubt(items: Sequence[BoxItem]) -> list[BoxItem]:
    """Boxes as `Tab` visits them: most doubtful first, ground truth last, then from top left.

    Where labels are compared with suggestions, what agrees comes last.
    """

    def place(item: BoxItem) -> tuple[bool, float, float, float]:
        is_last = item.key.kind is Kind.TRUTH if item.outcome is None else item.outcome is Outcome.MATCH
        return is_last, -item.doubt, item.bbox.y, item.bbox.x

    return sorted(items, key=place)
