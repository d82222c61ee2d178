"""The images of a project in the order of the queue, and the state of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.queues import REASON_OF, QueueReason
from hitl_desktop.store.project import Project
from hitl_desktop.texts import REASON_TEXT
from hitl_desktop.translation import tr

_WAITS = ImageState.UNDECIDED.value


class CountedQueue(NamedTuple):
    """A queue: its words, the filter that shows it, and how many images it has."""

    words: str
    shows: QueueFilter
    pictures: int


@dataclass(slots=True)
class Listing:
    """The images to be looked at in their order, the status of each, and how many are in each queue.

    `again` are decided images in that order, and why; `due` those to be labelled once more.
    """

    ranked: list[int] = field(default_factory=list)
    again: dict[int, QueueReason] = field(default_factory=dict[int, QueueReason])
    due: set[int] = field(default_factory=set[int])
    statuses: dict[int, str] = field(default_factory=dict)
    by_status: dict[str, set[int]] = field(default_factory=dict)
    counts: dict[QueueReason, int] = field(default_factory=dict[QueueReason, int])
    flags: dict[int, int] = field(default_factory=dict[int, int])
    sets: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    @property
    def queues(self) -> list[CountedQueue]:
        """All queues by reason, then the sets of edge cases, each with how many images are in it now."""
        return [
            *(
                CountedQueue(REASON_TEXT[reason], QueueFilter(queue=int(why)), self.counts.get(why, 0))
                for why, reason in REASON_OF.items()
            ),
            *(
                CountedQueue(tr("edge cases: {name}", name=name), QueueFilter(image_set=name), len(members))
                for name, members in self.sets.items()
            ),
        ]

    def set_status(self, image_id: int, status: str) -> None:
        """Keep count without counting anew: a project may hold a million images."""
        before = self.statuses.get(image_id)
        if before == status:
            return
        self.pass_over(image_id)
        if before is not None:
            self.by_status[before].discard(image_id)
        self.statuses[image_id] = status
        self.by_status.setdefault(status, set()).add(image_id)
        if (change := (status == _WAITS) - (before == _WAITS)) != 0:
            in_set = any(image_id in members for members in self.sets.values())
            flags = QueueReason(self.flags.get(image_id, int(QueueReason.UNSEEN)))
            edge = QueueReason.EDGE if in_set and flags else QueueReason.NOTHING
            for why in flags & ~QueueReason.EDGE | edge:
                self.counts[why] = self.counts.get(why, 0) + change

    def __contains__(self, image_id: object) -> bool:
        """Whether an image is still to be looked at."""
        return image_id in self.by_status.get(_WAITS, ()) or image_id in self.again

    def pass_over(self, image_id: int) -> None:
        """A decided image that was to be looked at again was, or is not to be now."""
        why = self.again.pop(image_id, QueueReason.AGAIN if image_id in self.due else None)
        self.due.discard(image_id)
        if why is not None:
            self.counts[why] = max(self.counts.get(why, 0) - 1, 0)


def list_queue(project: Project) -> Listing:
    """Read all of them; two seconds for a million."""
    ranked, again = project.queue.walk()
    listing = Listing(
        ranked,
        again,
        project.queue.due(),
        project.images.statuses(),
        counts=project.queue.counts(),
        flags=project.queue.flags(),
        sets=project.sets.all(),
    )
    for image_id, status in listing.statuses.items():
        listing.by_status.setdefault(status, set()).add(image_id)
    return listing
