"""From image to image: the order of asking, what a job changed, and which proposals are on the screen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from hitl_desktop.domain.categories import Tag
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.queues import QueueReason
from hitl_desktop.errors import HitlError
from hitl_desktop.service.project.open_project import OpenProject
from hitl_desktop.service.project.review_order import ReviewOrder
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.prediction.tags import load_tag_head, proposed_tags
from hitl_desktop.workflows.queue.listing import Listing, list_queue

_LAST_IMAGE = "last_image"
MANY = 5_000
"""More images than this are listed by a job: to read them takes a fortieth of a second, and more."""


class ImageWalk(OpenProject):
    """Opens and closes projects, and shows one image after another."""

    def use(self, project: Project) -> None:
        """Work on a project; the one before is closed.

        Raises:
            HitlError: the project cannot be read; the one before stays open.
        """
        try:
            load_scorer(project)
        except HitlError:
            project.close()
            raise
        self.close()
        self.project = project
        self.jobs.use(project.path)
        self.views.use(project)
        self.saving.begin(project.db)
        self.read_names()
        self.category_id = next(iter(self.known.offered), None)
        self.limits.read(project, self._default_threshold)
        decided = project.decisions.decided_order()
        self.pictures.begin(decided)
        last = project.meta.get_id(_LAST_IMAGE)
        if not self.reload_queue():
            last = last or project.images.first_id()
            self.pictures.order.take(
                ReviewOrder([i for i in decided if i != last] + ([last] if last else []))
            )
            self.pictures.stand_at(last)
        elif last not in self.pictures.statuses:
            order = self.pictures.order
            last = order.next_of(self.pictures.undecided) or next(iter(order.ids), None)
        self.opened.emit()
        self.go_to(last)

    def close(self) -> None:
        """Close the project, if any."""
        self.leaving.emit()
        self.saving.end()
        if self.project is not None:
            try:
                with self.project.db.transaction():
                    self.project.meta.set(_LAST_IMAGE, self.image.id if self.image else self._covered)
                    for key, text in self._remembered.items():
                        self.project.meta.set(key, text)
            except HitlError as error:  # where work went on is no loss
                self.messages.error(error)
            self.project.close()
        self.jobs.use(None)
        self.views.use(None)
        self._remembered = {}
        self.project = self.current.record = self.known.scorer = None
        self._read_image()
        self.pictures.begin()
        self.is_stepping, self._covered = False, None

    @property
    def again(self) -> QueueReason:
        """Why the image at hand, a decided one, is to be looked at again; nothing if it is not."""
        return self.pictures.again(self.at_hand)

    def reload_queue(self) -> bool:
        """Read the active ranking; of very many images a job does it, False, and `take_listing` follows."""
        if self.project is None:
            return True
        if self.project.images.last_id() > MANY:
            self.listing_wanted.emit(self.pictures.ask())
            return False
        self.pictures.take(list_queue(self.project))
        return True

    def take_listing(self, number: int, read: tuple[Listing, ReviewOrder]) -> None:
        """What a job has read and put in order; nothing if it was asked anew since."""
        if self.project is None or not self.pictures.take_read(number, read):
            return
        self.changed.emit(Changes(images=True, queue=True))
        if self.image is None and not self.is_covered:
            self.go_to(self.pictures.order.next_of(self.pictures.undecided))

    def apply_changes(self, changes: Changes) -> None:
        """Take in what a job changed and tell the views; proposals on screen stay, only missing ones
        appear."""
        if self.project is None:
            return
        if changes.head or changes.categories:
            self.read_names()
        if (changes.images or changes.queue) and not self.reload_queue():
            changes = replace(changes, images=False, queue=False)  # they come with the listing
            self.current.record = self.project.images.get(self.image.id) if self.image else None
        elif self.image is not None and changes.images:
            self.current.record = self.project.images.get(self.image.id)
        if self.image is not None:
            if self.image.id in changes.annotations_of or self.are_called_otherwise():
                self._read_image()
                self.boxes_changed.emit()
            self.load_missing_proposals()
        self.changed.emit(changes)

    def are_called_otherwise(self) -> bool:
        """Whether a proposal on the screen has a category that is no longer offered, or is called otherwise
        now."""
        own = (p for p in self.proposals if p.category_id is not None)
        return any(self.known.offered.get(p.category_id or 0) != p.name for p in own)

    def load_missing_proposals(self) -> None:
        """Show the first proposals of the image at hand as soon as there are some.

        Once there is something on the screen it stays as it is: newer proposals wait for `take_better`.
        """
        image = self.image
        if self.project is None or image is None or image.state is not ImageState.UNDECIDED:
            return
        if self.known.scorer is None:
            self.read_names()
        fresh = proposals_of(self.project, image, self.known.scorer)
        if any(self.current.shown(self.thresholds)) or (self.proposals and self.current.is_answered):
            was_waiting = self.is_better_ready
            self.current.offer(fresh, self.thresholds)
            if self.is_better_ready != was_waiting:
                self.better_changed.emit(self.is_better_ready)
            return
        self.use_proposals(fresh)
        if any(self.current.shown(self.thresholds)):
            self.boxes_changed.emit()

    @property
    def is_better_ready(self) -> bool:
        """Whether newer proposals wait for `take_better`."""
        return bool(self.current.better)

    def take_better(self) -> None:
        """Show the newer proposals for the image at hand."""
        if not self.current.better:
            self.messages.show(tr("There are no newer suggestions for this image."))
            return
        self.use_proposals(self.current.better)
        self.boxes_changed.emit()

    def use_proposals(self, proposals: list[Proposal]) -> None:
        """Show these proposals from now on."""
        was_waiting = self.is_better_ready
        self.current.use(proposals, self.known.scorer)
        if was_waiting:
            self.better_changed.emit(False)

    def score_again(self) -> None:
        """Score the proposals of the image at hand by the names and the head of this moment."""
        if self.project is not None and self.image is not None:
            self.use_proposals(proposals_of(self.project, self.image, self.known.scorer))

    def go_to(self, image_id: int | None) -> None:
        """Show an image."""
        self.leaving.emit()
        self.limits.use_measured()
        self.current.record = (
            self.project.images.get(image_id) if self.project and image_id is not None else None
        )
        self.pictures.stand_at(self.at_hand)
        self._active_seconds, self._since = 0.0, time.monotonic()
        self._read_image()
        self.image_changed.emit()

    def _read_image(self) -> None:
        was_waiting = self.is_better_ready
        self.current.read(self.project, self.known.scorer)
        if was_waiting:
            self.better_changed.emit(False)

    def cover(self, image_id: int) -> None:
        """Put the image at hand away, if it is this one, while it is looked at without its labels.

        `uncover` ends that, and so does covering another one.
        """
        if self._covered != image_id:
            self.uncover()
        if self.at_hand == image_id:
            self.leaving.emit()
            self._covered, self.current.record = image_id, None  # its place in the order stays
            self._read_image()
            self.image_changed.emit()

    @property
    def is_covered(self) -> bool:
        """Whether the image at hand was put away for a while."""
        return self._covered is not None and self.image is None

    def uncover(self) -> None:
        """Show what was covered, unless hands went elsewhere."""
        covered, self._covered = self._covered, None
        if covered is not None and self.image is None and self.project is not None:
            self.go_to(covered)

    def next(self) -> None:
        """Show the next image that is to be decided."""
        following = self.pictures.following()
        if following is None:
            self.boxes_changed.emit()
            self.messages.show(self.pictures.why_none_follows())
        elif self.pictures.is_blind(following):
            self.boxes_changed.emit()
            self.blind_wanted.emit(following)
        else:
            self.go_to(following)

    def previous(self) -> None:
        """Show the image before this one."""
        before = self.pictures.walk.step(-1)
        if before is not None:
            self.go_to(before)

    def try_mapping(self, mapping: Mapping[str, int] | None) -> None:
        """Show proposals as if the detector's classes were mapped to these categories; None as it is kept."""
        if self.project is not None and self.image is not None:
            self.known.scorer = load_scorer(self.project, mapping=mapping)
            self.score_again()
            self.boxes_changed.emit()

    def tag_hints(self) -> list[tuple[Tag, float]]:
        """Tags that the image probably has, and how likely."""
        if self.project is None or self.image is None:
            return []
        return proposed_tags(self.project, self.image, load_tag_head(self.project))
