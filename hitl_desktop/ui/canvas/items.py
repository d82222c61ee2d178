"""What the canvas shows: boxes with a key, and what lies under a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hitl_desktop.domain.geometry import BBox, Handle, handle_at


class Kind(Enum):
    """Ground truth is solid, a proposal dashed."""

    TRUTH = "annotation"
    PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True)
class BoxKey:
    """An annotation or a prediction, by id."""

    kind: Kind
    id: int


@dataclass(frozen=True, slots=True)
class BoxItem:
    """A box to paint: `colour` is the index of its category's colour, `doubt` orders `Tab`."""

    key: BoxKey
    bbox: BBox
    label: str
    colour: int
    doubt: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """What lies under a point: a handle of the selected box, or a box."""

    item: BoxItem
    handle: Handle | None = None


def hit(items: Sequence[BoxItem], selected: BoxItem | None, x: float, y: float, tolerance: float) -> Hit | None:
    """What a press at a picture point would take: the selected box first, then the smallest box around the point.

    A point within `tolerance` of a box's edge counts as inside, so thin boxes can be taken.
    """
    if selected is not None:
        handle = handle_at(selected.bbox, x, y, tolerance)
        if handle is not None:
            return Hit(selected, handle)
        if selected.bbox.contains(x, y):
            return Hit(selected)
    around = [item for item in items if _near(item.bbox, x, y, tolerance)]
    return Hit(min(around, key=lambda item: item.bbox.area)) if around else None


def _near(box: BBox, x: float, y: float, tolerance: float) -> bool:
    return box.x - tolerance <= x <= box.right + tolerance and box.y - tolerance <= y <= box.bottom + tolerance


def in_order_of_doubt(items: Sequence[BoxItem]) -> list[BoxItem]:
    """Boxes as `Tab` visits them: most doubtful first, ground truth last, then from top left."""
    return sorted(items, key=lambda i: (i.key.kind is Kind.TRUTH, -i.doubt, i.bbox.y, i.bbox.x))
