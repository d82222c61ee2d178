"""The pictures of a project in the order of the queue, and the state of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.queues import WORDS
from hitl_desktop.store.project import Project


class CountedQueue(NamedTuple):
    """A queue: its words, the filter that shows it, and how many pictures it has."""

    words: str
    shows: QueueFilter
    pictures: int


def list_queues(project: Project) -> list[CountedQueue]:
    """All queues by reason, then what is suspected of decided pictures, and the sets of edge cases."""
    counts = project.queue.counts()
    return [
        *(CountedQueue(words, QueueFilter(queue=int(why)), counts.get(why, 0)) for why, words in WORDS.items()),
        CountedQueue("sure but wrong: labels", QueueFilter(suspected=True), project.queue.count_suspected()),
        *(
            CountedQueue(f"edge cases: {name}", QueueFilter(image_set=name), len(members))
            for name, members in project.sets.all().items()
        ),
    ]


@dataclass(slots=True)
class Listing:
    """Undecided pictures in their order, the status of every picture, the pictures by status, and how many there are
    in each queue (a filter each, with its words)."""

    ranked: list[int] = field(default_factory=list)
    statuses: dict[int, str] = field(default_factory=dict)
    by_status: dict[str, set[int]] = field(default_factory=dict)
    queues: list[CountedQueue] = field(default_factory=list)

    def set_status(self, image_id: int, status: str) -> None:
        """Keep count without counting anew: a project may hold a million pictures."""
        before = self.statuses.get(image_id)
        if before is not None:
            self.by_status[before].discard(image_id)
        self.statuses[image_id] = status
        self.by_status.setdefault(status, set()).add(image_id)


def list_queue(project: Project) -> Listing:
    """Read all of them; two seconds for a million."""
    listing = Listing(project.queue.ids(), project.images.statuses(), queues=list_queues(project))
    for image_id, status in listing.statuses.items():
        listing.by_status.setdefault(status, set()).add(image_id)
    return listing
