"""The images of the open project as hands go through them: their order, their states, and what is next."""

from __future__ import annotations

from collections.abc import Container, Sequence, Set

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import QueueReason
from hitl_desktop.domain.words import sentences
from hitl_desktop.service.project.review_order import ReviewOrder, arranged
from hitl_desktop.translation import tr
from hitl_desktop.workflows.queue.listing import CountedQueue, Listing


class ImageList:
    """What was listed last, kept true by what hands do since, and the walk through it.

    Attributes:
        order: All images; those before the current one keep their place.
        revision: Counts how often the images were listed anew; views of an earlier revision are out of
            date.
        is_listing: Whether a job is reading the images, for `take_read`.
    """

    def __init__(self) -> None:
        self._times_asked = self.revision = 0
        self.begin()

    def begin(self, visited: Sequence[int] = ()) -> None:
        """Forget all but these images, the last of which is the current one."""
        self.order = ReviewOrder(visited, visited[-1] if visited else None)
        self.is_listing = False
        self._listing = Listing()
        self._times_asked += 1
        self.revision += 1
        self._since_asked: dict[int, str] = {}
        self._view: ReviewOrder | None = None
        self._decided_too = False

    # what was listed

    def __contains__(self, image_id: object) -> bool:
        """Whether an image is still to be looked at."""
        return image_id in self._listing

    def count(self, status: str) -> int:
        """How many images have this status."""
        return len(self._listing.by_status.get(status, ()))

    @property
    def undecided(self) -> Set[int]:
        """Images still to be decided."""
        return self._listing.by_status.get(ImageState.UNDECIDED.value, set())

    @property
    def statuses(self) -> dict[int, str]:
        """The status of every image by id."""
        return self._listing.statuses

    @property
    def queues(self) -> list[CountedQueue]:
        """The queues by reason, each with how many images are in it now."""
        return self._listing.queues

    def again(self, image_id: int | None) -> QueueReason:
        """Why a decided image is to be looked at again; nothing if it is not."""
        return (
            self._listing.again.get(image_id, QueueReason.NOTHING)
            if image_id is not None
            else QueueReason.NOTHING
        )

    def set_status(self, image_id: int, status: str) -> None:
        """An image has this status now, also in what a job may just be reading."""
        self._listing.set_status(image_id, status)
        self._since_asked[image_id] = status

    def pass_over(self, image_id: int) -> None:
        """A decided image is not to be looked at again now."""
        self._listing.pass_over(image_id)

    # listing anew

    def ask(self) -> int:
        """A job is to list the images; the number under which `take_read` takes what it read."""
        self._times_asked += 1
        self._since_asked, self.is_listing = {}, True
        return self._times_asked

    def take(self, listing: Listing, order: ReviewOrder | None = None) -> None:
        """Take in what was listed now; images before and at the current one keep their place."""
        self._times_asked += 1
        self.revision += 1
        self.is_listing = False
        self._listing = listing
        front = arranged(self.order.front, (), (), listing.again).ids
        if order is not None and order.ids[: len(front)] == front:
            self.order.take(order)
        else:
            self.order.rerank(listing.ranked, listing.statuses, listing.again)

    def stop_listing(self, number: int) -> None:
        """The job under this number failed; what was listed before stays."""
        if number == self._times_asked:
            self.is_listing = False

    def take_read(self, number: int, read: tuple[Listing, ReviewOrder]) -> bool:
        """Take in what a job has listed, with what hands did meanwhile; not (False) if it was asked anew
        since."""
        if number != self._times_asked:
            return False
        listing, order = read
        for image_id, status in self._since_asked.items():
            listing.set_status(image_id, status)
        self.take(listing, order)
        return True

    # going through them

    def stand_at(self, image_id: int | None) -> None:
        """Another image is the current one."""
        for order in (self.order, self._view):
            if order is not None:
                order.current = image_id

    def restrict(self, view: ReviewOrder | None, *, decided_too: bool = False) -> None:
        """Go through these images only, in this order, as the queue shows them; None goes through all."""
        self._view, self._decided_too = view, decided_too
        if view is not None:
            view.current = self.order.current

    @property
    def walk(self) -> ReviewOrder:
        """The order in which hands go through the images: as they are listed, while the one at hand is
        listed."""
        return self._view if self._view is not None and self._view.position >= 0 else self.order

    def following(self) -> int | None:
        """The next image to be looked at, if any is left."""
        wanted: Container[int] = self.statuses if self._decided_too else self._listing
        if self._view is not None and self.walk is self.order:
            wanted = {i for i in self._view.ids if i in wanted}
        return self.walk.next_of(wanted)

    def is_blind(self, image_id: int) -> bool:
        """Whether an image is to be labelled once more: in its turn, or where nothing else is listed."""
        listed = self._view if self._decided_too and self._view is not None else None
        return image_id in self._listing.due and (listed is None or self._listing.due.issuperset(listed.ids))

    def why_none_follows(self) -> str:
        """The message where there is no next image."""
        if self.is_listing:
            return tr("The images are still being listed.")
        if self._view is not None and self.undecided:
            return tr("Nothing is left to do in this filter of the queue.")
        if self.undecided:
            return tr("This is the last image to do.")
        skipped, unreadable = self.count("skipped"), self.count("unreadable")
        if not self.statuses:
            return tr("This project has no images yet. Add a folder.")
        return sentences(
            tr("Nothing is left to do.") if skipped or unreadable else tr("Every image is done."),
            tr("Skipped: {n}.", n=skipped) if skipped else "",
            tr("Unreadable: {n}.", n=unreadable) if unreadable else "",
            tr("Export the labels, or add a folder."),
        )
