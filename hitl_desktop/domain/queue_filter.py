"""Which images a list shows, and in what order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from hitl_desktop.domain.comparison import BoxKind, BoxSize, Finding
from hitl_desktop.domain.queues import OF_DECIDED


class QueueOrder(StrEnum):
    """Orders of images."""

    ASKED = "asked"
    NAME = "name"
    BOXES = "boxes"
    PIXELS = "pixels"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What an image must have to be listed: all of what is not empty.

    `status` is a state or "unreadable", `text` a part of name or reason without regard to case, `queue` (a
    `QueueReason`) and `score` (this or more) as it was ranked, `image_set` a set of edge cases it is in.

    `category_id` and `size` are those of the boxes that are counted (`more_than`, `fewer_than`) and of those
    that `finding` is about; where neither is asked, of one of its boxes.
    """

    status: str = ""
    text: str = ""
    category_id: int | None = None
    tag_id: int | None = None
    queue: int = 0
    image_set: str = ""
    score: float = 0.0
    order: QueueOrder = QueueOrder.ASKED
    size: BoxSize | None = None
    more_than: int | None = None
    fewer_than: int | None = None
    finding: Finding | None = None

    @property
    def counts_boxes(self) -> bool:
        """Whether the number of its boxes matters."""
        return self.more_than is not None or self.fewer_than is not None

    @property
    def kind(self) -> BoxKind:
        """The boxes that it is about."""
        return BoxKind(self.category_id, self.size)

    @property
    def is_plain(self) -> bool:
        """Whether everything passes, in the order of asking."""
        return self == QueueFilter()

    @property
    def narrows(self) -> bool:
        """Whether something may not pass."""
        return replace(self, order=QueueOrder.ASKED) != QueueFilter()

    @property
    def is_about_done_ones(self) -> bool:
        """Whether decided images are what it is for: boxes and tags are mostly on those."""
        if self.status:
            return self.status != "undecided"
        about_boxes = self.category_id or self.size or self.counts_boxes or self.finding
        return bool(about_boxes or self.tag_id or self.image_set or self.queue & OF_DECIDED)
