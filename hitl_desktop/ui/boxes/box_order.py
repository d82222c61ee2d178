"""The boxes of an image by category, and in which order: groups of rows, as values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.translation import tr

Box = Annotation | Proposal
_Key = tuple[float, ...]


class BoxOrder(StrEnum):
    """By what the boxes are sorted: their groups, and the own boxes and the suggestions of each."""

    CATEGORY = "category"
    SURE = "sure"
    DOUBTFUL = "doubtful"
    LARGE = "large"
    SMALL = "small"
    PLACE = "place"


ORDER_WORDS: Final = MappingProxyType(
    {
        BoxOrder.CATEGORY: tr("Category"),
        BoxOrder.SURE: tr("Highest score first"),
        BoxOrder.DOUBTFUL: tr("Lowest score first"),
        BoxOrder.LARGE: tr("Largest first"),
        BoxOrder.SMALL: tr("Smallest first"),
        BoxOrder.PLACE: tr("Position: top to bottom"),
    }
)


@dataclass(frozen=True, slots=True)
class BoxGroup:
    """The boxes of one category: own ones, then suggestions; those of hints have no category."""

    category_id: int | None
    name: str
    own: int
    boxes: Sequence[Box]

    @property
    def others(self) -> int:
        """How many suggestions, or hints, it has."""
        return len(self.boxes) - self.own

    @property
    def count_words(self) -> str:
        """How many boxes there are."""
        if self.category_id is None or not self.others:
            return str(self.others or self.own)
        if not self.own:
            return tr("{n} suggested", n=self.others)
        return tr("{own} + {n} suggested", own=self.own, n=self.others)


def _score(box: Box) -> float:
    """That of a suggestion; what a person decided has none that matters."""
    return box.score if isinstance(box, Proposal) else math.nan


_KEYS: Final[MappingProxyType[BoxOrder, Callable[[Box], _Key]]] = MappingProxyType(
    {
        BoxOrder.SURE: lambda box: (-_score(box),) if isinstance(box, Proposal) else (math.inf,),
        BoxOrder.DOUBTFUL: lambda box: (_score(box),) if isinstance(box, Proposal) else (math.inf,),
        BoxOrder.LARGE: lambda box: (-box.bbox.area,),
        BoxOrder.SMALL: lambda box: (box.bbox.area,),
        BoxOrder.PLACE: lambda box: (box.bbox.y, box.bbox.x),
    }
)


def grouped(boxes: Sequence[Box], name_of: Callable[[int | None], str], order: BoxOrder) -> list[BoxGroup]:
    """The groups of these boxes, of which own ones come before suggestions.

    Groups are in the order of their best box; by category those of suggestions without one come last.
    """
    found: dict[int | None, tuple[list[Box], list[Box]]] = {}
    for box in boxes:
        parts = found.setdefault(box.category_id, ([], []))
        parts[isinstance(box, Proposal)].append(box)
    key = _KEYS.get(order)
    if key is None:
        groups = sorted(found.items(), key=lambda item: (item[0] is None, item[0] or 0))
    else:
        for parts in found.values():
            for part in parts:
                part.sort(key=key)
        groups = sorted(found.items(), key=lambda item: min(key(part[0]) for part in item[1] if part))
    return [BoxGroup(i, name_of(i), len(own), [*own, *others]) for i, (own, others) in groups]
