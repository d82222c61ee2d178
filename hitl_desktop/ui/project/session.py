"""The open project on the GUI thread: the picture at hand, and what hands do to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from operator import is_
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import Attribute
from hitl_desktop.domain.categories import Category, Tag, hotkeys
from hitl_desktop.domain.edits import Changes, Edit
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import hints_beside, open_ones, shown, shown_to_people, with_category
from hitl_desktop.domain.queues import QueueReason
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError, ProjectBusyError, ProjectError
from hitl_desktop.settings import Settings
from hitl_desktop.store.project import Project
from hitl_desktop.texts import skip_text
from hitl_desktop.ui.project.picture_list import PictureList
from hitl_desktop.ui.project.review_order import ReviewOrder
from hitl_desktop.ui.project.saving import Saving
from hitl_desktop.ui.widgets.messages import Messages
from hitl_desktop.ui.widgets.theme import UNNAMED_COLOUR, choose_colours
from hitl_desktop.workflows.annotation import annotate, categories
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import Scorer, load_scorer
from hitl_desktop.workflows.prediction.tags import load_tag_head, proposed_tags
from hitl_desktop.workflows.quality.threshold_advice import StartThreshold
from hitl_desktop.workflows.queue.listing import Listing, list_queue
from hitl_desktop.workflows.training.versions import fall_back

IDLE_SECONDS = 30.0
THRESHOLD_STEP = 0.05
_THRESHOLD, _OWN_THRESHOLDS = "display_threshold", "category_thresholds"
_MEASURED = "measured_threshold"
_LAST_IMAGE = "last_image"
_FEW = 200
MANY = 5_000
"""More pictures than this are listed by a job: to read them takes a fortieth of a second, and more."""


class _RolledBackError(Exception):
    """Ends a transaction that is not to be."""


class Session(QObject):
    """One project, one picture, the boxes on it; every act is in the file when its method returns.

    Signals:
        opened: another project is open, or none.
        leaving: another picture, or none, is about to be at hand; what is typed for this one is to be kept now.
        image_changed: another picture is at hand.
        boxes_changed: its annotations or proposals are others now, or shown otherwise.
        changed: a `Changes` that views may care about.
        category_changed: the current category is another one.
        decided: a picture was decided, or a decided one was corrected.
        done_elsewhere: an undo or redo changed another picture, (its id, what was done).
        listing_wanted: a job is to read the queue under this number, for `take_listing`.
        step_wanted: a job is to undo, or redo (True), an entry of the journal that is too long to wait for, for
            `take_step`.
        blind_wanted: it is the turn of a decided picture that is to be labelled once more (its id).
        better_changed: newer suggestions for the picture at hand are ready (True) for `take_better`, or no longer.
        receipt: what a decision did, in a sentence; undo takes it back.
        hints_named: hints of the detector were given a category (its id).
    """

    opened = Signal()
    leaving = Signal()
    image_changed = Signal()
    boxes_changed = Signal()
    changed = Signal(object)
    category_changed = Signal()
    decided = Signal()
    done_elsewhere = Signal(int, str)
    listing_wanted = Signal(int)
    step_wanted = Signal(int, bool)
    blind_wanted = Signal(int)
    better_changed = Signal(bool)
    receipt = Signal(str)
    hints_named = Signal(int)

    def __init__(self, settings: Settings, messages: Messages) -> None:
        super().__init__()
        self.settings, self.messages = settings, messages
        self.project: Project | None = None
        self.image: ImageRecord | None = None
        self.annotations: list[Annotation] = []
        self.proposals: list[Proposal] = []
        self.rejected: set[int] = set()
        self._better: list[Proposal] = []
        self._named_by: int | None = None
        self._category_of: dict[int, tuple[int | None, int]] = {}
        self.category_id: int | None = None
        self.threshold = settings.number("display_threshold")
        self.own_thresholds: dict[int, float] = {}
        self.has_chosen_threshold = False
        self._threshold_next: StartThreshold | None = None
        self.pictures = PictureList()
        self._covered: int | None = None
        self._is_stepping = False
        self._naming: Scorer | None = None
        self._shown: tuple[tuple[object, ...], tuple[list[Proposal], list[Proposal]]] | None = None
        self._remembered: dict[str, str] = {}
        self.saving = Saving(messages)
        self.categories: list[Category] = []
        self.unnamed_id: int | None = None
        self.offered: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.attributes: list[Attribute] = []
        self.hotkeys: dict[int, str] = {}
        self._since = time.monotonic()
        self._active_seconds = 0.0

    # the project

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
        self.saving.begin(project.db)
        self._read_names()
        self.category_id = next(iter(self.offered), None)
        chosen, measured = project.meta.get(_THRESHOLD), project.meta.get(_MEASURED)
        self.has_chosen_threshold, self._threshold_next = bool(chosen), None
        self.threshold = float(chosen or measured or self.settings.number("display_threshold"))
        own: dict[str, float] = json.loads(project.meta.get(_OWN_THRESHOLDS) or "{}")
        self.own_thresholds = {int(i): score for i, score in own.items()}
        decided = project.decisions.decided_order()
        self.pictures.begin(decided)
        last = project.meta.get_id(_LAST_IMAGE)
        if not self.reload_queue():
            last = last or project.images.first_id()
            self.pictures.order.take(ReviewOrder([i for i in decided if i != last] + ([last] if last else [])))
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
        self._remembered, self._category_of = {}, {}
        self.project = self.image = self._naming = None
        self._read_boxes()
        self.pictures.begin()
        self._is_stepping, self._covered = False, None

    @property
    def scorer(self) -> Scorer | None:
        """How boxes get their names now; None before the first pre-labelling."""
        return self._naming

    def _read_names(self) -> None:
        """Categories or the head changed."""
        if self.project is not None:
            self.categories = self.project.categories.all()
            self.names = {c.id: c.name for c in self.categories}
            self.attributes = self.project.attributes.all()
            self.unnamed_id = self.project.categories.unnamed_id()
            self.offered = {c.id: c.name for c in self.categories if not c.retired}
            self.hotkeys = hotkeys([c for c in self.categories if not c.retired])
            colours = {c.id: c.colour for c in self.categories if c.colour}
            choose_colours(colours | ({self.unnamed_id: UNNAMED_COLOUR} if self.unnamed_id is not None else {}))
            self._naming = load_scorer(self.project)
            if self.category_id is not None and self.category_id not in self.offered:
                self.set_category(next(iter(self.offered), None))

    @property
    def is_open(self) -> bool:
        """Whether there is a project."""
        return self.project is not None

    @property
    def again(self) -> QueueReason:
        """Why the picture at hand, a decided one, is to be looked at again; nothing if it is not."""
        return self.pictures.again(self.at_hand)

    @property
    def at_hand(self) -> int | None:
        """The id of the picture at hand; also for jobs to read."""
        image = self.image
        return image.id if image is not None else None

    def remember(self, key: str, text: str) -> None:
        """Keep how the project is looked at, to be recalled when it is opened again."""
        self._remembered[key] = text

    def recall(self, key: str) -> str:
        """What was kept; empty if nothing was."""
        return self.project.meta.get(key) or "" if self.project else ""

    def path_of(self, image: ImageRecord) -> Path | None:
        """Where a picture lies."""
        return self.project.path_of(image) if self.project else None

    def reload_queue(self) -> bool:
        """Read the active ranking; of very many pictures a job does it, False, and `take_listing` follows."""
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
        """Take in what a job changed and tell the views; proposals on screen stay, only missing ones appear."""
        if self.project is None:
            return
        if changes.head or changes.categories:
            self._read_names()
        if (changes.images or changes.queue) and not self.reload_queue():
            changes = replace(changes, images=False, queue=False)  # they come with the listing
            self.image = self.project.images.get(self.image.id) if self.image else None
        if self.image is not None:
            if changes.images:
                self.image = self.project.images.get(self.image.id)
            if self.image is not None and (self.image.id in changes.annotations_of or self._are_called_otherwise()):
                self._read_boxes()
                self.boxes_changed.emit()
            self.load_missing_proposals()
        self.changed.emit(changes)

    def _are_called_otherwise(self) -> bool:
        """Whether a proposal on the screen has a category that is no longer offered, or is called otherwise now."""
        own = (p for p in self.proposals if p.category_id is not None)
        return any(self.offered.get(p.category_id or 0) != p.name for p in own)

    def load_missing_proposals(self) -> None:
        """Show the first proposals of the picture at hand as soon as there are some.

        Once there is something on the screen it stays as it is: newer proposals wait for `take_better`.
        """
        image = self.image
        if self.project is None or image is None or image.state is not ImageState.UNDECIDED:
            return
        if self._naming is None:
            self._read_names()
        fresh = proposals_of(self.project, image, self._naming)
        visible, hints = self._visible(self.proposals)
        if visible or hints or (self.proposals and (self.annotations or self.rejected)):
            self._offer_better(fresh, visible)
            return
        self._use_proposals(fresh)
        if any(self._visible(fresh)):
            self.boxes_changed.emit()

    def _offer_better(self, fresh: list[Proposal], visible: Sequence[Proposal]) -> None:
        """Newer proposals wait, if a person would see a difference."""
        is_same = _seen_as(self._visible(fresh)[0]) == _seen_as(visible)
        was_waiting, self._better = self.is_better_ready, [] if is_same else fresh
        if self.is_better_ready != was_waiting:
            self.better_changed.emit(self.is_better_ready)

    @property
    def is_better_ready(self) -> bool:
        """Whether newer proposals wait for `take_better`."""
        return bool(self._better)

    def take_better(self) -> None:
        """Show the newer proposals for the picture at hand."""
        if not self._better:
            self.messages.say("There are no newer suggestions for this picture.")
            return
        self._use_proposals(self._better)
        self.boxes_changed.emit()

    def _use_proposals(self, proposals: list[Proposal]) -> None:
        self.proposals = proposals
        self._named_by = self._naming.head_id if self._naming is not None else None
        if self._better:
            self._better = []
            self.better_changed.emit(False)

    # the picture at hand

    def go_to(self, image_id: int | None) -> None:
        """Show a picture."""
        self.leaving.emit()
        self._use_measured_threshold()
        self.image = self.project.images.get(image_id) if self.project and image_id is not None else None
        self.pictures.stand_at(self.at_hand)
        self._active_seconds, self._since = 0.0, time.monotonic()
        self._read_boxes()
        self.image_changed.emit()

    def cover(self, image_id: int) -> None:
        """Put the picture at hand away, if it is this one, while it is looked at without its labels.

        `uncover` ends that, and so does covering another one.
        """
        if self._covered != image_id:
            self.uncover()
        if self.at_hand == image_id:
            self.leaving.emit()
            self._covered, self.image = image_id, None  # its place in the order stays
            self._read_boxes()
            self.image_changed.emit()

    @property
    def is_covered(self) -> bool:
        """Whether the picture at hand was put away for a while."""
        return self._covered is not None and self.image is None

    def uncover(self) -> None:
        """Show what was covered, unless hands went elsewhere."""
        covered, self._covered = self._covered, None
        if covered is not None and self.image is None and self.project is not None:
            self.go_to(covered)

    def _read_boxes(self) -> None:
        if self.project is None or self.image is None:
            self.annotations, self.rejected = [], set()
            self._use_proposals([])
            return
        self.annotations = self.project.annotations.of_image(self.image.id)
        self.rejected = self.project.predictions.rejected_of(self.image.id)
        self._use_proposals(proposals_of(self.project, self.image, self._naming))

    def next(self) -> None:
        """Show the next picture that is to be decided."""
        following = self.pictures.following()
        if following is None:
            self.boxes_changed.emit()
            self.messages.say(self.pictures.why_none_follows())
        elif self.pictures.is_blind(following):
            self.boxes_changed.emit()
            self.blind_wanted.emit(following)
        else:
            self.go_to(following)

    def previous(self) -> None:
        """Show the picture before this one."""
        before = self.pictures.walk.step(-1)
        if before is not None:
            self.go_to(before)

    @property
    def visible_proposals(self) -> list[Proposal]:
        """Proposals that are shown: sure enough, unanswered, not on a box that is there already."""
        return self._visible(self.proposals)[0]

    @property
    def visible_hints(self) -> list[Proposal]:
        """Boxes of the detector's classes that are no categories of the project, where no proposal lies."""
        return self._visible(self.proposals)[1]

    def _visible(self, proposals: Sequence[Proposal]) -> tuple[list[Proposal], list[Proposal]]:
        """The proposals and the hints that are shown of these."""
        if self.image is None or self.image.state is ImageState.DECIDED:
            return [], []
        inputs = (proposals, self.annotations, self.rejected, self.threshold, self.own_thresholds)
        if self._shown is None or not all(map(is_, inputs, self._shown[0])):  # none of them changes in itself
            unanswered = open_ones(proposals, self.annotations, self.rejected)
            visible = shown_to_people(unanswered, self.thresholds)
            self._shown = inputs, (visible, hints_beside(unanswered, visible, self.thresholds))
        return self._shown[1]

    @property
    def thresholds(self) -> Thresholds:
        """From which score on proposals are shown."""
        return Thresholds(self.threshold, self.own_thresholds)

    def set_own_thresholds(self, own: Mapping[int, float]) -> None:
        """Show proposals of these categories from scores of their own."""
        self.own_thresholds = dict(own)
        self._keep_in_project(_OWN_THRESHOLDS, json.dumps(self.own_thresholds))
        self.boxes_changed.emit()

    def set_threshold(self, value: float) -> None:
        """Show proposals from this score up, but those of categories with scores of their own."""
        self.has_chosen_threshold = True
        self.threshold = round(min(max(value, 0.05), 0.95), 2)
        self._keep_in_project(_THRESHOLD, f"{self.threshold:.2f}")
        others = "Others are" if self.own_thresholds else "Proposals are"
        own = f"{counted(len(self.own_thresholds), 'category')} with thresholds of their own stay. "
        self.messages.say(
            f"{own if self.own_thresholds else ''}{others} shown from a score of {self.threshold:.2f} up."
        )
        self.boxes_changed.emit()

    def start_at_threshold(self, measured: StartThreshold) -> None:
        """Show proposals from a measured score up, from the next picture on, unless a person chose one."""
        if not self.has_chosen_threshold:
            self._threshold_next = measured

    def _use_measured_threshold(self) -> None:
        measured, self._threshold_next = self._threshold_next, None
        if measured is not None and not self.has_chosen_threshold and measured.threshold != self.threshold:
            self.threshold = measured.threshold
            self._keep_in_project(_MEASURED, f"{measured.threshold:.2f}")
            self.messages.say(
                f"Suggestions are shown from {measured.threshold:.2f} up now, which saves most time: measured on "
                f"{counted(measured.boxes, 'box')} before they were used for training. [ and ] change it."
            )

    def _keep_in_project(self, key: str, text: str) -> None:
        if self.project is None:
            return
        if self._is_stepping:  # a job has the file: nobody waits for that because of a slider
            self.remember(key, text)
            return
        try:
            with self.project.db.at_once():
                self.project.meta.set(key, text)
            self._remembered.pop(key, None)
        except HitlError as error:  # it holds, and is written when the project is closed
            self.remember(key, text)
            if not isinstance(error, ProjectBusyError):
                self.messages.error(error)

    def keep(self, key: str, value: str | float) -> None:
        """Keep a setting; where that cannot be, it holds until the program ends."""
        try:
            self.settings.set(key, value)
        except HitlError as error:
            self.messages.error(error)

    def try_mapping(self, mapping: Mapping[str, int] | None) -> None:
        """Show proposals as if the detector's classes stood for these categories; None as it is kept."""
        if self.project is not None and self.image is not None:
            self._naming = load_scorer(self.project, mapping=mapping)
            self._use_proposals(proposals_of(self.project, self.image, self._naming))
            self.boxes_changed.emit()

    # categories

    def set_category(self, category_id: int | None) -> None:
        """Make a category the one of the next boxes."""
        if category_id != self.category_id:
            self.category_id = category_id
            self.category_changed.emit()

    def add_category(self, name: str) -> int | None:
        """The id of a category by name, added when new; it becomes the current one."""
        if self.project is None or self._has_to_wait():
            return None
        try:
            category, changes = categories.add(self.project, name)
        except HitlError as error:
            self.messages.error(error)
            return None
        self.saving.written()
        before = self.category_id
        self._read_names()
        if changes.categories:
            self._use_from_act(category.id, before, None)
        else:
            self.set_category(category.id)
        self.changed.emit(Changes(categories=True))
        self.load_missing_proposals()
        return category.id

    def manage(self, act: Callable[[Project], Changes]) -> bool:
        """Do something to the project itself, such as to one of its categories."""
        if self.project is None or self._has_to_wait():
            return False
        try:
            changes = act(self.project)
        except HitlError as error:
            self.messages.error(error)
            return False
        self.saving.written()
        if changes != Changes():
            self._take_in(changes)
        return True

    def _take_in(self, changes: Changes) -> None:
        """Show what an act on the whole project changed."""
        self._read_names()
        if self.category_id not in self.offered:
            self.category_id = next(iter(self.offered), None)
        if changes.queue and (len(changes.annotations_of) > _FEW or not changes.annotations_of):
            self.reload_queue()
        elif changes.queue and self.project is not None:
            for image_id in changes.annotations_of:
                if (record := self.project.images.get(image_id)) is not None:
                    self.pictures.set_status(image_id, record.status)
        if self.image is not None:
            self._read_image(self.image.id)
            is_new = changes.categories and not self.visible_proposals
            if changes.head or is_new or self._are_called_otherwise():  # else what is on the screen stays
                self._use_proposals(proposals_of(self.project, self.image, self._naming) if self.project else [])
        self.changed.emit(changes)
        self.category_changed.emit()
        self.boxes_changed.emit()

    # acts

    def _act(self, act: Callable[[Project, ImageRecord], Changes], *, leaves: bool = False) -> bool:
        """Do something to the picture at hand; if it cannot be saved, the stored truth is shown and one message.

        An act that `leaves` the picture does not show it once more.
        """
        if self.project is None or self.image is None or self._has_to_wait():
            return False
        if self.saving.is_waiting:
            self.messages.say(
                "The act that waited is saved now. Do this one again."
                if self.saving.retry()
                else "An act still waits for the disk, so this one was not begun. Make room; it is tried by itself."
            )
            return False
        self._touch()
        self.messages.say("")
        image_id, before = self.image.id, (self.image.state, self.annotations)
        try:
            changes = act(self.project, self.image)
        except ProjectError as error:
            self.saving.keep(partial(self._do_kept, act, image_id), error)
            self._show_as_if(act, image_id)
            return False
        except HitlError as error:  # nothing that could be done later
            self.messages.error(error)
            self._read_image(image_id)
            self.boxes_changed.emit()
            return False
        self.saving.written()
        if changes.categories:
            self._read_names()
        self._read_image(image_id)
        if leaves:
            self.pictures.pass_over(image_id)
        else:
            self.boxes_changed.emit()
        self.changed.emit(changes)
        if self.image and self.image.state is ImageState.DECIDED and before != (self.image.state, self.annotations):
            self.decided.emit()
        return True

    def _do_kept(self, act: Callable[[Project, ImageRecord], Changes], image_id: int) -> None:
        """Do what waited for the disk, wherever the hands are now."""
        image = self.project.images.get(image_id) if self.project else None
        if self.project is None or image is None:
            return
        changes = act(self.project, image)
        self._read_names()
        if self.image is not None and self.image.id == image_id:
            self._read_image(image_id)
            self.boxes_changed.emit()
        elif (after := self.project.images.get(image_id)) is not None:
            self.pictures.set_status(image_id, after.status)
        self.changed.emit(changes)
        self.messages.say(f"Saved now: what waited for the disk, on {image.path}.")
        if changes.queue:
            self.decided.emit()

    def _show_as_if(self, act: Callable[[Project, ImageRecord], Changes], image_id: int) -> None:
        """Show the boxes as the act would leave them: done and rolled back, which needs no room on the disk."""
        self._read_image(image_id)
        if self.project is not None and self.image is not None:
            db = self.project.db
            with suppress(_RolledBackError, ProjectError), db.at_once(), db.transaction():
                act(self.project, self.image)
                self.annotations = self.project.annotations.of_image(image_id)
                self.rejected = self.project.predictions.rejected_of(image_id)
                raise _RolledBackError
        self.boxes_changed.emit()

    def _read_image(self, image_id: int) -> None:
        """Read state and annotations again; the proposals stay as they were named when the picture came up."""
        if self.project is None:
            return
        self.image = self.project.images.get(image_id)
        if self.image is not None:
            self.pictures.set_status(image_id, self.image.status)
            self.annotations = self.project.annotations.of_image(image_id)
            self.rejected = self.project.predictions.rejected_of(image_id)

    def _touch(self) -> None:
        """Count active time; pauses over half a minute count as half a minute."""
        now = time.monotonic()
        self._active_seconds += min(now - self._since, IDLE_SECONDS)
        self._since = now

    def draw(self, boxes: Sequence[tuple[BBox, int]], label: str = "Draw box") -> bool:
        """Add boxes, each with its category."""
        return self._act(lambda project, image: annotate.draw(project, image.id, boxes, label))

    def draw_unnamed(self, bbox: BBox) -> bool:
        """Add a box that waits for its category."""

        was_decided = self.image is not None and self.image.state is ImageState.DECIDED
        if not self._act(lambda project, image: annotate.draw_unnamed(project, image.id, bbox)):
            return False
        if was_decided:
            self.messages.say("This picture is to do again until its new box has a category.")
        return True

    def revise(self, revisions: Sequence[Revision], *, goes_on: bool = False) -> bool:
        """Accept, move, resize, re-class boxes, as one step; what `goes_on` belongs to the step before."""
        return self._act(lambda project, _: annotate.revise(project, revisions, goes_on=goes_on))

    def remove(self, boxes: Sequence[Annotation | Proposal]) -> bool:
        """Delete annotations and reject proposals, as one step."""
        if not self._act(lambda project, _: annotate.remove(project, boxes)):
            return False
        ids = {box.prediction_id for box in boxes if isinstance(box, Proposal)}
        if not ids <= self.rejected:  # a job replaced them since they were shown: what is in their place is rejected
            self.proposals = [p for p in self.proposals if p.prediction_id not in ids]
            self.boxes_changed.emit()
        return True

    def name_boxes(self, boxes: Sequence[Annotation | Proposal], name: str, *, for_next: bool = True) -> bool:
        """Give boxes the category of this name, which the next boxes have, too, unless it is not `for_next`.

        A new one is undone with them.
        """
        before, act = self.category_id, self._latest_act()
        if not self._act(lambda project, _: annotate.name_boxes(project, boxes, name)):
            return False
        category = self.project.categories.find(name) if self.project is not None else None
        if category is not None and for_next:
            self._use_from_act(category.id, before, act)
            self._tell_hints(boxes, category.id)
        elif not for_next:
            self.set_category(before if before in self.offered else None)
        self.load_missing_proposals()
        return True

    def _tell_hints(self, boxes: Sequence[Annotation | Proposal], category_id: int) -> None:
        if any(isinstance(box, Proposal) and box.category_id is None for box in boxes):
            self.hints_named.emit(category_id)

    def tag_hints(self) -> list[tuple[Tag, float]]:
        """Tags that the picture probably has, and how likely."""
        if self.project is None or self.image is None:
            return []
        return proposed_tags(self.project, self.image, load_tag_head(self.project))

    def set_tags(self, names: Sequence[str]) -> bool:
        """Replace the tags of the picture."""

        def act(project: Project, image: ImageRecord) -> Changes:
            return annotate.set_tags(project, image.id, [project.tags.ensure(name).id for name in names])

        return self._act(act)

    def accept_picture(self) -> None:
        """Accept every proposal shown, call the picture done, show the next one."""
        if self.annotations or self.visible_proposals or self.image is None or self.image.reason:
            self._decide(empty=False)
        elif self.visible_hints:
            self.messages.say(
                "The dotted boxes are hints without a category, which A does not accept. Select them (Ctrl+A) and "
                "press a digit to label them; E marks the picture as empty."
            )
        else:
            hidden = len(shown(with_category(self.proposals), 0.0))
            limit = "their thresholds" if self.own_thresholds else f"{self.threshold:.2f}"
            more = f" (those below {limit}: {hidden}; [ shows more)" if hidden else ""
            self.messages.say(
                f"No box is shown{more}, so there is nothing to accept. E says that the picture is empty."
            )

    def mark_empty(self) -> None:
        """Nothing here: the picture is done without boxes."""
        self._decide(empty=True)

    def _decide(self, *, empty: bool) -> None:
        # What is on the screen now: the act may have to wait for the disk while the hands go on to another picture.
        self._touch()
        shown_now, candidates, present = self.visible_proposals, self.proposals, len(self.annotations)
        how = annotate.How(self._named_by, self.thresholds, self._active_seconds)

        def act(project: Project, image: ImageRecord) -> Changes:
            if empty:
                return annotate.mark_empty(project, image.id, candidates, how)
            return annotate.decide(project, image.id, shown_now, candidates, how)

        if self.image is not None and self.image.reason:
            self.messages.say("This picture cannot be read, so it cannot be decided.")
        elif self._act(act, leaves=True):
            self.next()
            self.receipt.emit(_receipt(len(shown_now), present, empty=empty))

    def skip(self, reason: str = "") -> None:
        """Cannot tell: put the picture aside, show the next one."""
        self._touch()
        seconds = self._active_seconds

        def act(project: Project, image: ImageRecord) -> Changes:
            return annotate.skip(project, image.id, seconds=seconds, reason=reason)

        if self._act(act, leaves=True):
            self.next()
            self.receipt.emit(f"Skipped: {skip_text(reason)}." if reason else "Skipped.")

    def undo(self) -> None:
        """Take the latest act back, on whatever picture it was."""
        self._step(redo=False)

    def redo(self) -> None:
        """Do again what was undone last."""
        self._step(redo=True)

    def _step(self, *, redo: bool) -> None:
        if self.project is None or self._has_to_wait():
            return
        if self.saving.is_waiting and not redo:
            self.saving.drop()
            self.saving.written()
            if self.image is not None:
                self._read_image(self.image.id)
            self.boxes_changed.emit()
            self.messages.say("Undid: the act that waited for the disk.")
            return
        entry, _ = self.project.journal.next_act(undone=redo)
        try:
            entry_id = annotate.long_step(self.project, redo=redo)
            if entry_id is not None:
                self._is_stepping = True
                self.step_wanted.emit(entry_id, redo)
                return
            edit, changes = annotate.redo(self.project) if redo else self._undo(self.project)
        except HitlError as error:
            self.saving.failed(error)
            self.boxes_changed.emit()
            return
        self.saving.written()
        self._show_step(edit, changes, redo=redo)
        if entry in self._category_of:
            category_id = self._category_of[entry][int(redo)]
            if category_id is None or category_id in self.offered:
                self.set_category(category_id)

    @staticmethod
    def _undo(project: Project) -> tuple[Edit | None, Changes]:
        """Undo the latest act; if it was a decision, use no head any longer that learned from it."""
        with project.db.transaction():
            edit, changes = annotate.undo(project)
            fell_back = fall_back(project, changes.learn_from - project.images.decided_of(changes.learn_from))
        return edit, changes | Changes(head=fell_back)

    def relabel(self, boxes: Sequence[Annotation | Proposal], category_id: int) -> bool:
        """Give boxes a category, which the next boxes have, too; undo brings the category before back."""
        before, act = self.category_id, self._latest_act()
        if not self.revise([Revision(box, category_id=category_id) for box in boxes]):
            return False
        self._use_from_act(category_id, before, act)
        self._tell_hints(boxes, category_id)
        return True

    def _latest_act(self) -> int | None:
        return self.project.journal.next_act(undone=False)[0] if self.project is not None else None

    def _use_from_act(self, category_id: int, before: int | None, act_before: int | None) -> None:
        """Make the category that an act gave to boxes the one of the next boxes, until the act is undone."""
        self.set_category(category_id)
        act = self._latest_act()
        if act is not None and act != act_before:  # else the boxes had it, and nothing was done
            self._category_of[act] = (before, category_id)

    def take_step(self, step: tuple[Edit | None, Changes] | None, *, redo: bool) -> None:
        """What a job has undone or redone; None where it is to be seen what became of it."""
        self._is_stepping = False
        if step is None:
            self._take_in(Changes(queue=True))
        else:
            self.saving.written()
            self._show_step(*step, redo=redo)

    def _has_to_wait(self) -> bool:
        """Whether a job is still undoing or redoing; who then acts is told so."""
        if self._is_stepping:
            self.messages.say("Very much is being undone or redone. Do this when that has ended.")
        return self._is_stepping

    def _show_step(self, edit: Edit | None, changes: Changes, *, redo: bool) -> None:
        done = "Did again" if redo else "Undid"
        if changes.head or changes.categories:
            self._read_names()
        if edit is None or self.project is None:
            self.messages.say(f"There is nothing to {'redo' if redo else 'undo'}.")
            return
        if changes.go_to is None:
            self._take_in(changes)
            self.messages.say(f"{done}: {edit.label}.")
            return
        there = self.project.images.get(changes.go_to)
        elsewhere = self.image is None or changes.go_to != self.image.id
        where = f" on {there.path}" if elsewhere and there else ""
        if there is not None:
            self.pictures.set_status(there.id, there.status)
        if self.image is not None and (changes.head or self._are_called_otherwise()):
            self._use_proposals(proposals_of(self.project, self.image, self._naming))
            self.boxes_changed.emit()
        if not elsewhere:
            self._read_image(changes.go_to)
            self.boxes_changed.emit()
        elif changes.queue:  # of a decision: it went on to another picture by itself, so it comes back by itself
            self.go_to(changes.go_to)
            where = f"{where}, which is shown now"
        else:
            self.done_elsewhere.emit(changes.go_to, f"{done}: {edit.label}{where}.")
        self.messages.say(f"{done}: {edit.label}{where}.")
        self.changed.emit(changes)


def _seen_as(proposals: Sequence[Proposal]) -> set[tuple[str, int, int, int, int]]:
    """What a person can tell apart of proposals."""
    return {(p.name, round(p.bbox.x), round(p.bbox.y), round(p.bbox.w), round(p.bbox.h)) for p in proposals}


def _receipt(suggested: int, present: int, *, empty: bool) -> str:
    """What a decision did."""
    if not empty:
        accepted = f"{suggested} accepted, " if suggested else ""
        return f"Done: {accepted}{counted(suggested + present, 'box')} in all."
    gone = [f"{counted(suggested, 'suggestion')} rejected"] if suggested else []
    gone += [f"{counted(present, 'box')} removed"] if present else []
    return f"Marked as empty: {', '.join(gone)}." if gone else "Marked as empty."
