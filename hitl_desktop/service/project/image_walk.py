"""From image to image: the order of asking, what a job changed, and which proposals are on the screen."""

from __future__ import annotations

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
_FEW = 200
MANY = 5_000
"""More images than this are listed by a job: to read them takes a fortieth of a second, and more."""


class ImageWalk:
    """Opens and closes projects, and shows one image after another."""

    def __init__(self, open_project: OpenProject) -> None:
        self._open = open_project
        self._covered: int | None = None

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
        self._open.project = project
        self._open.jobs.use(project.path)
        self._open.views.use(project)
        self._open.saving.begin(project.db)
        self._open.read_names()
        self._open.category_id = next(iter(self._open.known.offered), None)
        self._open.limits.read(project, self._open.default_threshold)
        decided = project.decisions.decided_order()
        self._open.image_list.begin(decided)
        last = project.meta.get_id(_LAST_IMAGE)
        if not self.reload_queue():
            last = last or project.images.first_id()
            self._open.image_list.order.take(
                ReviewOrder([i for i in decided if i != last] + ([last] if last else []))
            )
            self._open.image_list.stand_at(last)
        elif last not in self._open.image_list.statuses:
            order = self._open.image_list.order
            last = order.next_of(self._open.image_list.undecided) or next(iter(order.ids), None)
        self._open.opened.emit()
        self.go_to(last)

    def close(self) -> None:
        """Close the project, if any."""
        self._open.leaving.emit()
        self._open.saving.end()
        if self._open.project is not None:
            try:
                with self._open.project.db.transaction():
                    self._open.project.meta.set(
                        _LAST_IMAGE, self._open.image.id if self._open.image else self._covered
                    )
                    for key, text in self._open.remembered.items():
                        self._open.project.meta.set(key, text)
            except HitlError as error:  # where work went on is no loss
                self._open.messages.error(error)
            self._open.project.close()
        self._open.jobs.use(None)
        self._open.views.use(None)
        self._open.remembered = {}
        self._open.project = self._open.current.record = self._open.known.scorer = None
        self.read_image()
        self._open.image_list.begin()
        self._open.is_stepping, self._covered = False, None

    @property
    def again(self) -> QueueReason:
        """Why the image at hand, a decided one, is to be looked at again; nothing if it is not."""
        return self._open.image_list.again(self._open.at_hand)

    def reload_queue(self) -> bool:
        """Read the active ranking; of very many images a job does it, False, and `take_listing` follows."""
        if self._open.project is None:
            return True
        if self._open.project.images.last_id() > MANY:
            self._open.listing_wanted.emit(self._open.image_list.ask())
            return False
        self._open.image_list.take(list_queue(self._open.project))
        return True

    def take_listing(self, number: int, read: tuple[Listing, ReviewOrder]) -> None:
        """What a job has read and put in order; nothing if it was asked anew since."""
        if self._open.project is None or not self._open.image_list.take_read(number, read):
            return
        self._open.changed.emit(Changes(images=True, queue=True))
        if self._open.image is None and not self.is_covered:
            self.go_to(self._open.image_list.order.next_of(self._open.image_list.undecided))

    def apply_changes(self, changes: Changes) -> None:
        """Take in what a job changed and tell the views; proposals on screen stay, only missing ones
        appear."""
        if self._open.project is None:
            return
        if changes.head or changes.categories:
            self._open.read_names()
        if (changes.images or changes.queue) and not self.reload_queue():
            changes = replace(changes, images=False, queue=False)  # they come with the listing
            self._open.current.record = (
                self._open.project.images.get(self._open.image.id) if self._open.image else None
            )
        elif self._open.image is not None and changes.images:
            self._open.current.record = self._open.project.images.get(self._open.image.id)
        if self._open.image is not None:
            if self._open.image.id in changes.annotations_of or self.are_called_otherwise():
                self.read_image()
                self._open.boxes_changed.emit()
            self.load_missing_proposals()
        self._open.changed.emit(changes)

    def take_in(self, changes: Changes) -> None:
        """Show what an act on the whole project changed."""
        self._open.read_names()
        if self._open.category_id not in self._open.known.offered:
            self._open.category_id = next(iter(self._open.known.offered), None)
        if changes.queue and (len(changes.annotations_of) > _FEW or not changes.annotations_of):
            self.reload_queue()
        elif changes.queue and self._open.project is not None:
            for image_id in changes.annotations_of:
                if (record := self._open.project.images.get(image_id)) is not None:
                    self._open.image_list.set_status(image_id, record.status)
        if self._open.image is not None:
            self.read_again(self._open.image.id)
            is_new = changes.categories and not self._open.visible_proposals
            if changes.head or is_new or self.are_called_otherwise():  # else what is on the screen stays
                self.score_again()
        self._open.changed.emit(changes)
        self._open.category_changed.emit()
        self._open.boxes_changed.emit()

    def are_called_otherwise(self) -> bool:
        """Whether a proposal on the screen has a category that is no longer offered, or is called otherwise
        now."""
        own = (p for p in self._open.proposals if p.category_id is not None)
        return any(self._open.known.offered.get(p.category_id or 0) != p.name for p in own)

    def load_missing_proposals(self) -> None:
        """Show the first proposals of the image at hand as soon as there are some.

        Once there is something on the screen it stays as it is: newer proposals wait for `take_better`.
        """
        image = self._open.image
        if self._open.project is None or image is None or image.state is not ImageState.UNDECIDED:
            return
        if self._open.known.scorer is None:
            self._open.read_names()
        fresh = proposals_of(self._open.project, image, self._open.known.scorer)
        if any(self._open.current.shown(self._open.thresholds)) or (
            self._open.proposals and self._open.current.is_answered
        ):
            was_waiting = self.is_better_ready
            self._open.current.offer(fresh, self._open.thresholds)
            if self.is_better_ready != was_waiting:
                self._open.better_changed.emit(self.is_better_ready)
            return
        self.use_proposals(fresh)
        if any(self._open.current.shown(self._open.thresholds)):
            self._open.boxes_changed.emit()

    @property
    def is_better_ready(self) -> bool:
        """Whether newer proposals wait for `take_better`."""
        return bool(self._open.current.better)

    def take_better(self) -> None:
        """Show the newer proposals for the image at hand."""
        if not self._open.current.better:
            self._open.messages.show(tr("There are no newer suggestions for this image."))
            return
        self.use_proposals(self._open.current.better)
        self._open.boxes_changed.emit()

    def use_proposals(self, proposals: list[Proposal]) -> None:
        """Show these proposals from now on."""
        was_waiting = self.is_better_ready
        self._open.current.use(proposals, self._open.known.scorer)
        if was_waiting:
            self._open.better_changed.emit(False)

    def score_again(self) -> None:
        """Score the proposals of the image at hand by the names and the head of this moment."""
        if self._open.project is not None and self._open.image is not None:
            self.use_proposals(proposals_of(self._open.project, self._open.image, self._open.known.scorer))

    def go_to(self, image_id: int | None) -> None:
        """Show an image."""
        self._open.leaving.emit()
        self._open.limits.use_measured()
        self._open.current.record = (
            self._open.project.images.get(image_id) if self._open.project and image_id is not None else None
        )
        self._open.image_list.stand_at(self._open.at_hand)
        self.read_image()
        self._open.image_changed.emit()

    def read_image(self) -> None:
        """Read the boxes and proposals of the image at hand."""
        was_waiting = self.is_better_ready
        self._open.current.read(self._open.project, self._open.known.scorer)
        if was_waiting:
            self._open.better_changed.emit(False)

    def read_again(self, image_id: int) -> None:
        """Read state and annotations again; the proposals stay as they were scored when the image came up."""
        if self._open.project is not None:
            self._open.current.read_again(self._open.project, image_id)
            if self._open.image is not None:
                self._open.image_list.set_status(image_id, self._open.image.status)

    def cover(self, image_id: int) -> None:
        """Put the image at hand away, if it is this one, while it is looked at without its labels.

        `uncover` ends that, and so does covering another one.
        """
        if self._covered != image_id:
            self.uncover()
        if self._open.at_hand == image_id:
            self._open.leaving.emit()
            self._covered, self._open.current.record = image_id, None  # its place in the order stays
            self.read_image()
            self._open.image_changed.emit()

    @property
    def is_covered(self) -> bool:
        """Whether the image at hand was put away for a while."""
        return self._covered is not None and self._open.image is None

    def uncover(self) -> None:
        """Show what was covered, unless hands went elsewhere."""
        covered, self._covered = self._covered, None
        if covered is not None and self._open.image is None and self._open.project is not None:
            self.go_to(covered)

    def next(self) -> None:
        """Show the next image that is to be decided."""
        following = self._open.image_list.following()
        if following is None:
            self._open.boxes_changed.emit()
            self._open.messages.show(self._open.image_list.why_none_follows())
        elif self._open.image_list.is_blind(following):
            self._open.boxes_changed.emit()
            self._open.blind_wanted.emit(following)
        else:
            self.go_to(following)

    def previous(self) -> None:
        """Show the image before this one."""
        before = self._open.image_list.walk.step(-1)
        if before is not None:
            self.go_to(before)

    def try_mapping(self, mapping: Mapping[str, int] | None) -> None:
        """Show proposals as if the detector's classes were mapped to these categories; None as it is kept."""
        if self._open.project is not None and self._open.image is not None:
            self._open.known.scorer = load_scorer(self._open.project, mapping=mapping)
            self.score_again()
            self._open.boxes_changed.emit()

    def tag_hints(self) -> list[tuple[Tag, float]]:
        """Tags that the image probably has, and how likely."""
        if self._open.project is None or self._open.image is None:
            return []
        return proposed_tags(self._open.project, self._open.image, load_tag_head(self._open.project))
