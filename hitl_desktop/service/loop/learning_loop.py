"""The learning loop: train when enough was decided, rank, look ahead at what comes next, measure the
threshold."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hitl_desktop.domain.edits import Changes
from hitl_desktop.progress import Progress
from hitl_desktop.service.events import Event
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.service.loop.lanes import LEARNING, READING, in_project
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.quality.threshold_advice import StartThreshold, gather, start_threshold
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.queue.relabelling import SHARE
from hitl_desktop.workflows.training.detection_head import TrainingCache, find_ahead
from hitl_desktop.workflows.training.late_categories import LateCategories, find_late_categories
from hitl_desktop.workflows.training.train import TrainingResult, is_due, train_heads
from hitl_desktop.workflows.training.versions import use_version

_LEARN = "Learning"
_AT_ONCE = 10
"""So many new pictures a learning takes in, most of a second each beside pre-labelling; others are for the
next."""
_LOOK_AHEAD = 60
_LOOK_AGAIN_EVERY = round(1 / SHARE)
_LOOK_AT_REST = 500
"""Of more pictures what heads find is not stored in advance: boxes and vectors of one take 70 KB."""


class LearningLoop(LongActs):
    """Learns from decisions in the background; with `automatic` off, only when it is asked for.

    Attributes:
        found_late: decided images that probably hold a category that was added later, a `LateCategories`.
    """

    def __init__(self, session: Session, runner: JobRunner, *, automatic: bool = True) -> None:
        super().__init__(session, runner)
        self.found_late = Event[[LateCategories]]()
        self._automatic = automatic
        self._taught = TrainingCache()
        self._said_small = self._learn_again = False
        self._said_due = 0
        session.decided.connect(self._on_decided)
        session.changed.connect(self._on_changed)

    def rank(self) -> None:
        """Put the queue in order."""
        project = self._session.project
        if project is not None:
            job = in_project(project.path, lambda p, progress: refresh_queue(p, load_scorer(p), progress))
            self._runner.start(
                LEARNING, "Ranking the queue", job, on_success=lambda _: self._on_ranked(), gives_way=True
            )

    def _on_ranked(self) -> None:
        self._session.apply_changes(Changes(queue=True))
        self._prepare()

    def _prepare(self) -> None:
        """Let the head look at the pictures that come next, and compute the vectors with which it names
        boxes."""
        project = self._session.project
        if project is None or self._runner.busy(LEARNING):
            return
        job = in_project(project.path, partial(self._look, _LOOK_AHEAD))
        self._runner.start(
            LEARNING,
            "Preparing the next pictures",
            job,
            on_progress=self._on_looking_ahead,
            on_success=self._on_prepared,
            gives_way=True,
        )
        back = in_project(project.path, lambda p, progress: find_late_categories(p, progress, threads=1))
        told = partial(self._on_looked_back, project)
        self._runner.start(
            LEARNING,
            "Searching decided pictures for new categories",
            back,
            on_success=told,
            quiet=True,
            gives_way=True,
        )

    def _on_looked_back(self, project: Project, overlooked: LateCategories) -> None:
        if overlooked.images and self._session.project is project:
            self.found_late.emit(overlooked)

    def _look(self, most: int, project: Project, progress: Progress) -> int:
        """For a job: it asks as it goes on which picture is on the screen, and leaves that as it is."""
        return find_ahead(project, progress, threads=1, most=most, at_hand=lambda: self._session.at_hand)

    def _on_looking_ahead(self, _job: Job) -> None:
        self._session.load_missing_proposals()

    def _on_prepared(self, computed: int) -> None:
        if self._session.project is None or self._session.project.heads.active_id() is None:
            return
        if computed:
            self.rank()
        else:
            self._look_at_rest()

    def _look_at_rest(self) -> None:
        """What comes next is done: go on with what comes later, until there is something better to do."""
        project = self._session.project
        if project is not None and not self._runner.busy(LEARNING):
            job = in_project(project.path, partial(self._look, _LOOK_AT_REST))
            self._runner.start(
                LEARNING,
                "Searching the remaining pictures",
                job,
                on_success=lambda n: self.rank() if n else None,
                gives_way=True,
            )

    def _on_decided(self) -> None:
        decided = self._session.pictures.count("decided")
        if decided % _LOOK_AGAIN_EVERY == 0 and decided > self._said_due:
            self._said_due = decided
            self._session.messages.say(
                "One more picture is due to be labelled again, blind: Model > Label again."
            )

    def _on_changed(self, changes: Changes) -> None:
        self.unlearned |= changes.learn_from
        if changes.head and changes.learn_from and self._automatic:  # an older head is used since an undo
            self.learn()
        elif changes.head and changes.categories:  # other classes of the detector stand for categories now
            self.rank()
        elif changes.learn_from or changes.images:  # those that are listed now
            self._learn_if_due()

    @property
    def _is_learning(self) -> bool:
        return any(job.title == _LEARN and not job.is_cancelled for job in self._runner.jobs)

    def _learn_if_due(self) -> None:
        """Learn if there is enough to be learned, or anything to be forgotten."""
        project = self._session.project
        if project is None or not self._automatic or not self.unlearned or self._session.pictures.is_listing:
            return
        withdrawn = self.unlearned - project.images.decided_of(self.unlearned)
        to_forget = withdrawn & project.heads.taught() if withdrawn else withdrawn
        if not self._is_learning:
            self.unlearned -= withdrawn - to_forget  # no head knows them
        if to_forget or is_due(len(self.unlearned), self._session.pictures.count("decided")):
            self.learn()

    def learn(self) -> None:
        """Fit a new head now, or once more after the one that is being fitted; what only prepares gives
        way."""
        project = self._session.project
        if project is None or self._is_learning:
            self._learn_again = project is not None
            return
        self._learn_again = False
        self._runner.make_way(LEARNING)
        learning, self.unlearned = self.unlearned, set()
        taught = self._taught
        job = in_project(
            project.path,
            lambda p, progress: train_heads(p, progress, threads=1, most_new=_AT_ONCE, taught=taught),
        )
        self._runner.start(
            LEARNING,
            _LEARN,
            job,
            on_success=self._on_learned,
            on_failure=partial(self._on_not_learned, project.path, learning),
            on_cancelled=partial(self._on_not_learned, project.path, learning),
            gives_way=True,
        )

    def _on_not_learned(self, path: Path, pictures: set[int], error: BaseException | None = None) -> None:
        if error is not None:
            self._session.messages.error(error)
        if self._session.project is not None and self._session.project.path == path:
            self.unlearned |= pictures

    def use_version(self, head_id: int, *, hold: bool) -> None:
        """Make a version of the head the active one."""
        project = self._session.project
        if project is not None:
            self._runner.make_way(LEARNING)
            job = in_project(project.path, lambda p, progress: use_version(p, head_id, progress, hold=hold))
            self._runner.start(
                LEARNING, f"Using version {head_id}", job, on_success=lambda _: self._on_used(head_id),
                on_failure=self._on_not_used, on_cancelled=self._on_not_used,
            )  # fmt: skip

    def _on_not_used(self, error: BaseException | None = None) -> None:
        if error is not None:
            self._session.messages.error(error)
        self._learn_on()
        self._prepare()

    def _on_used(self, head_id: int) -> None:
        self._session.messages.say(f"Version {head_id} of the head is used from the next picture on.")
        self._session.apply_changes(Changes(head=True, queue=True))
        self._learn_on()
        self._prepare()

    def _learn_on(self, left: int = 0) -> None:
        """Learn what is left, or what came meanwhile."""
        if left or self._learn_again:
            self.learn()
        else:
            self._learn_if_due()

    def _on_learned(self, result: TrainingResult) -> None:
        if result.waits:
            self._session.messages.say(f"The new version of the head waits: {result.waits}.")
        elif result.small and not self._said_small:
            self._said_small = True
            self._session.messages.say(
                "Many boxes are small at this input resolution. Model > Look closer may find more of them."
            )
        elif result.finds_as_before:
            self._session.messages.say(
                "Some training pictures are unavailable, so the detection head was not updated. Reconnect their folder."
            )
        self._session.apply_changes(result.changes)
        self._measure_threshold()
        self._learn_on(result.left)
        self._prepare()

    def _measure_threshold(self) -> None:
        """Let suggestions start at the score that was measured to be best, until a person chooses one."""
        project = self._session.project
        if project is not None and not self._session.limits.is_chosen:
            job = in_project(project.path, lambda p, _: start_threshold(gather(p)))
            take = partial(self._on_threshold, project)
            self._runner.start(READING, "Measuring the threshold", job, on_success=take, quiet=True)

    def _on_threshold(self, project: Project, measured: StartThreshold | None) -> None:
        if measured is not None and self._session.project is project:
            self._session.limits.start_at(measured)
