"""The pictures of a project in the order of the queue, and the state of each."""

from __future__ import annotations

from dataclasses import dataclass, field

from hitl_desktop.store.project import Project


@dataclass(slots=True)
class Listing:
    """Undecided pictures in their order, the status of every picture, and the pictures by status."""

    ranked: list[int] = field(default_factory=list)
    statuses: dict[int, str] = field(default_factory=dict)
    by_status: dict[str, set[int]] = field(default_factory=dict)

    def set_status(self, image_id: int, status: str) -> None:
        """Keep count without counting anew: a project may hold a million pictures."""
        before = self.statuses.get(image_id)
        if before is not None:
            self.by_status[before].discard(image_id)
        self.statuses[image_id] = status
        self.by_status.setdefault(status, set()).add(image_id)


def list_queue(project: Project) -> Listing:
    """Read all of them; two seconds for a million."""
    listing = Listing(project.queue.ids(), project.images.statuses())
    for image_id, status in listing.statuses.items():
        listing.by_status.setdefault(status, set()).add(image_id)
    return listing
