"""The open project on the main thread: its image at hand, names and thresholds, and whether what was done is
saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.errors import HitlError, ProjectBusyError
from hitl_desktop.service.events import Event, MainThread
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.current_image import CurrentImage
from hitl_desktop.service.project.display_thresholds import DisplayThresholds
from hitl_desktop.service.project.image_list import ImageList
from hitl_desktop.service.project.names import Names
from hitl_desktop.service.project.project_jobs import ProjectJobs
from hitl_desktop.service.project.saving import Saving
from hitl_desktop.service.project.views import Views
from hitl_desktop.settings import Settings
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr


class OpenProject:
    """What is open, and the events about it.

    Attributes:
        opened: another project is open, or none.
        leaving: another image, or none, is about to be at hand; what is typed for this one is to be kept
            now.
        image_changed: another image is at hand.
        boxes_changed: its annotations or proposals are others now, or shown otherwise.
        changed: a `Changes` that views may care about.
        names_changed: categories, attributes or the scorer were read again.
        category_changed: the current category is another one.
        decided: an image was decided, or a decided one was corrected.
        done_elsewhere: an undo or redo changed another image, (its id, what was done).
        listing_wanted: a job is to read the queue under this number, for `take_listing`.
        step_wanted: a job is to undo, or redo (True), an entry of the journal that takes too long here;
            `take_step` takes its result.
        blind_wanted: it is the turn of a decided image that is to be labelled once more (its id).
        better_changed: newer suggestions for the image at hand are ready (True) for `take_better`, or no
            longer.
        receipt: what a decision did, in a sentence; undo takes it back.
        hints_named: hints of the detector were given a category (its id).
    """

    def __init__(
        self, settings: Settings, messages: Messages, main_thread: MainThread, runner: JobRunner
    ) -> None:
        self.opened, self.leaving = Event[[]](), Event[[]]()
        self.image_changed, self.boxes_changed = Event[[]](), Event[[]]()
        self.category_changed, self.decided = Event[[]](), Event[[]]()
        self.changed = Event[[Changes]]()
        self.names_changed = Event[[]]()
        self.done_elsewhere = Event[[int, str]]()
        self.listing_wanted, self.blind_wanted = Event[[int]](), Event[[int]]()
        self.step_wanted = Event[[int, bool]]()
        self.better_changed = Event[[bool]]()
        self.receipt = Event[[str]]()
        self.hints_named = Event[[int]]()
        self.settings, self.messages = settings, messages
        self.project: Project | None = None
        self.jobs, self.views = ProjectJobs(runner), Views()
        self.current = CurrentImage()
        self.known = Names()
        self.limits = DisplayThresholds(self.default_threshold, self._keep_in_project, messages)
        self.image_list = ImageList()
        self.saving = Saving(messages, main_thread)
        self.category_id: int | None = None
        self.is_stepping = False
        self.remembered: dict[str, str] = {}

    @property
    def default_threshold(self) -> float:
        """From which score on proposals are shown in a project that keeps none."""
        return self.settings.number("display_threshold")

    @property
    def image(self) -> ImageRecord | None:
        """The image at hand."""
        return self.current.record

    @property
    def annotations(self) -> list[Annotation]:
        """The boxes of the image at hand."""
        return self.current.annotations

    @property
    def proposals(self) -> list[Proposal]:
        """All proposals on it, shown or not."""
        return self.current.proposals

    @property
    def thresholds(self) -> Thresholds:
        """From which score on proposals are shown."""
        return self.limits.value

    @property
    def visible_proposals(self) -> list[Proposal]:
        """Proposals that are shown: sure enough, unanswered, not on a box that is there already."""
        return self.current.shown(self.thresholds)[0]

    @property
    def visible_hints(self) -> list[Proposal]:
        """Hints: detector boxes of classes without a category, where no proposal lies."""
        return self.current.shown(self.thresholds)[1]

    @property
    def is_open(self) -> bool:
        """Whether there is a project."""
        return self.project is not None

    @property
    def at_hand(self) -> int | None:
        """The id of the image at hand; also for jobs to read."""
        image = self.current.record
        return image.id if image is not None else None

    def remember(self, key: str, text: str) -> None:
        """Keep how the project is looked at, to be recalled when it is opened again."""
        self.remembered[key] = text

    def keep_remembered(self, key: str) -> None:
        """Write what is kept under a key to the file now, for jobs that read it there."""
        if key in self.remembered:
            self._keep_in_project(key, self.remembered[key])

    def recall(self, key: str) -> str:
        """What was kept; empty if nothing was."""
        return self.project.meta.get(key) or "" if self.project else ""

    def path_of(self, image: ImageRecord) -> Path | None:
        """Where an image lies."""
        return self.project.path_of(image) if self.project else None

    def read_names(self) -> None:
        """Categories or the head changed."""
        if self.project is not None:
            self.known.read(self.project)
            self.names_changed.emit()
            if self.category_id is not None and self.category_id not in self.known.offered:
                self.set_category(next(iter(self.known.offered), None))

    def set_category(self, category_id: int | None) -> None:
        """Make a category the one of the next boxes."""
        if category_id != self.category_id:
            self.category_id = category_id
            self.category_changed.emit()

    def set_threshold(self, value: float) -> None:
        """Show proposals from this score up, but those of categories with scores of their own."""
        self.limits.set_general(value)
        self.boxes_changed.emit()

    def set_own_thresholds(self, own: Mapping[int, float]) -> None:
        """Show proposals of these categories from scores of their own."""
        self.limits.set_own(own)
        self.boxes_changed.emit()

    def has_to_wait(self) -> bool:
        """Whether a job is still undoing or redoing; then a new act is refused with a message."""
        if self.is_stepping:
            self.messages.show(
                tr("A large change is still being undone or redone. Try again when it has finished.")
            )
        return self.is_stepping

    def _keep_in_project(self, key: str, text: str) -> None:
        if self.project is None:
            return
        if self.is_stepping:  # a job has the file: a slider should not wait for it
            self.remember(key, text)
            return
        try:
            with self.project.db.at_once():
                self.project.meta.set(key, text)
            self.remembered.pop(key, None)
        except HitlError as error:  # it holds, and is written when the project is closed
            self.remember(key, text)
            if not isinstance(error, ProjectBusyError):
                self.messages.error(error)

    def keep(self, key: str, value: str | float) -> None:
        """Save a setting; if that fails, it applies until the program ends."""
        try:
            self.settings.set(key, value)
        except HitlError as error:
            self.messages.error(error)
