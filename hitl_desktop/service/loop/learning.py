"""Learning from decisions: train, compare and activate a version, rank the queue, look ahead at what comes
next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from hitl_desktop.domain.edits import Changes
from hitl_desktop.progress import Progress
from hitl_desktop.service.events import Event
from hitl_desktop.service.jobs import Job
from hitl_desktop.service.loop.steps import IS_TRAINING, LEARNING, READING, LearningStep
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.quality.threshold_advice import StartThreshold, gather, start_threshold
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.queue.relabelling import SHARE
from hitl_desktop.workflows.training.detection_head import TrainingCache, find_ahead
from hitl_desktop.workflows.training.late_categories import LateCategories, find_late_categories
from hitl_desktop.workflows.training.train import (
    Candidate,
    TrainingResult,
    activate,
    is_due,
    train_candidate,
)
from hitl_desktop.workflows.training.versions import use_version

_Result = TypeVar("_Result")
_MOST_NEW = 10
"""Images that are new to a version are taken in ten at a time: each takes most of a second beside
pre-labelling."""
_IMAGES_AHEAD = 60
_IMAGES_FURTHER = 500
"""Proposals of the detection head are stored ahead for so many images only: each takes 70 KB."""
_RELABEL_EVERY = round(1 / SHARE)


class Learning:
    """Trains and ranks in the background, one step after another; with `automatic` off, it trains only when
    it is asked to.

    Attributes:
        unlearned: Images that were decided, corrected or undone since the latest training began.
        found_late: Decided images probably hold a category that was added later.
    """

    def __init__(self, session: Session, *, automatic: bool = True) -> None:
        self._session, self._jobs, self._runner = session, session.jobs, session.jobs.runner
        self._automatic = automatic
        self.found_late = Event[[LateCategories]]()
        self._forget()
        session.decided.connect(self._on_decided)
        session.changed.connect(self._on_changed)

    def _forget(self) -> None:
        self._queued: dict[Job, LearningStep] = {}
        self.unlearned = set[int]()
        self._cache = TrainingCache()
        self._suggested_resolution = self._again = False
        self._relabelling_due_at = 0

    def start(self) -> None:
        """Learn in a project that was just opened."""
        self._forget()
        project = self._session.project
        if project is None:
            return
        self.unlearned = not_learned_yet(project)
        if not self._automatic:
            return
        if project.heads.active_id() is None and (self.unlearned or project.heads.latest(1)):
            self.learn()  # what was decided, perhaps with a program that learned in another way
        else:
            self.learn_if_due()

    def _enter(
        self,
        step: LearningStep,
        title: str,
        function: Callable[[Project, Progress], _Result],
        on_success: Callable[[_Result], object],
        *,
        on_stopped: Callable[[], object] | None = None,
        on_progress: Callable[[Job], object] | None = None,
        gives_way: bool = True,
    ) -> None:
        """Queue the job of a step; `on_stopped` is called if it fails or is cancelled."""
        job: Job | None = None

        def end() -> None:
            if job is not None:
                self._queued.pop(job, None)

        def succeeded(result: _Result) -> None:
            if step is LearningStep.TRAINING and job is not None and job.is_cancelled:
                cancelled()  # it was stopped too late to end early; its candidate is not to be used all the same
                return
            end()
            on_success(result)

        def cancelled() -> None:
            end()
            if on_stopped is not None:
                on_stopped()

        def failed(error: BaseException) -> None:
            self._session.messages.error(error)
            cancelled()

        job = self._jobs.start(
            LEARNING, title, function, on_success=succeeded, on_failure=failed, on_cancelled=cancelled,
            on_progress=on_progress, gives_way=gives_way,
        )  # fmt: skip
        if job is not None:
            self._queued[job] = step

    @property
    def step(self) -> LearningStep:
        """What is going on now."""
        return next(iter(self._going_on), LearningStep.RESTING)

    @property
    def _going_on(self) -> list[LearningStep]:
        return [step for job, step in self._queued.items() if not job.is_cancelled]

    # training

    @property
    def is_training(self) -> bool:
        """Whether a version is being trained or made active."""
        return not IS_TRAINING.isdisjoint(self._going_on)

    def learn(self) -> None:
        """Train a version now, or once more after the one that is being trained; what can be done later gives
        way."""
        if self._session.project is None or self.is_training:
            self._again = self._session.project is not None
            return
        self._again = False
        self._runner.make_way(LEARNING)
        learning, self.unlearned = self.unlearned, set()
        cache = self._cache
        self._enter(
            LearningStep.TRAINING,
            tr("Learning"),
            lambda p, progress: train_candidate(p, progress, threads=1, most_new=_MOST_NEW, cache=cache),
            partial(self._activate, learning),
            on_stopped=partial(self._on_not_learned, learning),
        )

    def _activate(self, learning: set[int], candidate: Candidate) -> None:
        if LearningStep.SWITCHING in self._going_on:  # the version that somebody chose is not to be replaced
            self._on_not_learned(learning)
            return
        self._runner.make_way(LEARNING)  # what is ranked now is out of date soon
        self._enter(
            LearningStep.ACTIVATING,
            tr("Ranking with the new version"),
            lambda p, progress: activate(p, candidate, progress),
            self._on_learned,
            on_stopped=partial(self._on_not_learned, learning),
        )

    def _on_not_learned(self, image_ids: set[int]) -> None:
        self.unlearned |= image_ids
        self._again = False  # they are learned with the next decision

    def _on_learned(self, result: TrainingResult) -> None:
        show = self._session.messages.show
        if result.waits:
            show(tr("The new version is not used yet: {waits}.", waits=result.waits))
        elif result.small and not self._suggested_resolution:
            self._suggested_resolution = True
            show(
                tr(
                    "Many boxes are small at this input resolution. Model > Small-object mode may find "
                    "more of them."
                )
            )
        elif result.finds_as_before:
            show(
                tr(
                    "Some training images are unavailable, so the detection head was not "
                    "updated. Reconnect their folder."
                )
            )
        self._session.walk.apply_changes(result.changes)
        self._measure_threshold()
        self._learn_on(result.left)
        self._prepare_ahead()

    def _learn_on(self, left: int = 0) -> None:
        """Learn what is left, or what came meanwhile."""
        if left or self._again:
            self.learn()
        else:
            self.learn_if_due()

    def learn_if_due(self) -> None:
        """Learn if there is enough to be learned, or anything to be forgotten."""
        project = self._session.project
        if (
            project is None
            or not self._automatic
            or not self.unlearned
            or self._session.image_list.is_listing
        ):
            return
        withdrawn = self.unlearned - project.images.decided_of(self.unlearned)
        to_forget = withdrawn & project.heads.trained_image_ids() if withdrawn else withdrawn
        if not self.is_training:
            self.unlearned -= withdrawn - to_forget  # no version was trained on them
        if to_forget or is_due(len(self.unlearned), self._session.image_list.count("decided")):
            self.learn()

    def _on_decided(self) -> None:
        decided = self._session.image_list.count("decided")
        if decided % _RELABEL_EVERY == 0 and decided > self._relabelling_due_at:
            self._relabelling_due_at = decided
            self._session.messages.show(
                tr("One more image is due for blind relabelling: Model > Consistency check.")
            )

    def _on_changed(self, changes: Changes) -> None:
        self.unlearned |= changes.learn_from
        if changes.head and changes.learn_from and self._automatic:  # an older version is used since an undo
            self.learn()
        elif changes.head and changes.categories:  # detector classes were mapped to other categories
            self.rank()
        elif changes.learn_from or changes.images:
            self.learn_if_due()

    def _measure_threshold(self) -> None:
        """Let suggestions start at the score that was measured to be best, until a person chooses one."""
        if not self._session.limits.is_chosen:
            self._jobs.start(
                READING,
                tr("Measuring the threshold"),
                lambda p, _: start_threshold(gather(p)),
                on_success=self._on_threshold,
                quiet=True,
            )

    def _on_threshold(self, measured: StartThreshold | None) -> None:
        if measured is not None:
            self._session.limits.start_at(measured)

    # versions

    def use_version(self, head_id: int, *, hold: bool) -> None:
        """Make a version of the head the active one."""
        if self._session.project is not None:
            self._runner.make_way(LEARNING)
            self._enter(
                LearningStep.SWITCHING,
                tr("Using version {head_id}", head_id=head_id),
                lambda p, progress: use_version(p, head_id, progress, hold=hold),
                lambda _: self._on_used(head_id),
                on_stopped=self._go_on,
                gives_way=False,
            )

    def _on_used(self, head_id: int) -> None:
        self._session.messages.show(tr("Version {head_id} is used from the next image on.", head_id=head_id))
        self._session.walk.apply_changes(Changes(head=True, queue=True))
        self._go_on()

    def _go_on(self) -> None:
        self._learn_on()
        self._prepare_ahead()

    # ranking and looking ahead

    def rank(self) -> None:
        """Put the queue in order."""
        self._enter(
            LearningStep.RANKING,
            tr("Ranking the queue"),
            lambda p, progress: refresh_queue(p, load_scorer(p), progress),
            lambda _: self._on_ranked(),
        )

    def _on_ranked(self) -> None:
        self._session.walk.apply_changes(Changes(queue=True))
        self._prepare_ahead()

    def _prepare_ahead(self) -> None:
        """Run the heads on the images that come next, and compute the vectors with which boxes are named."""
        if self._session.project is None or self._runner.busy(LEARNING):
            return
        self._enter(
            LearningStep.PREPARING_AHEAD,
            tr("Preparing the next images"),
            partial(self._find_ahead, _IMAGES_AHEAD),
            self._on_prepared,
            on_progress=lambda _: self._session.walk.load_missing_proposals(),
        )
        self._jobs.start(
            LEARNING,
            tr("Searching images that are done for new categories"),
            lambda p, progress: find_late_categories(p, progress, threads=1),
            on_success=self._on_searched,
            quiet=True,
            gives_way=True,
        )

    def _find_ahead(self, most: int, project: Project, progress: Progress) -> int:
        """For a job: the image on the screen is the first, and what is shown of it stays until it is asked
        for."""
        return find_ahead(project, progress, threads=1, most=most, at_hand=lambda: self._session.at_hand)

    def _on_prepared(self, computed: int) -> None:
        project = self._session.project
        if project is None or project.heads.active_id() is None:
            return
        if computed:
            self.rank()
        elif not self._runner.busy(LEARNING):
            self._enter(
                LearningStep.PREPARING_FURTHER,
                tr("Searching the remaining images"),
                partial(self._find_ahead, _IMAGES_FURTHER),
                lambda found: self.rank() if found else None,
            )

    def _on_searched(self, late: LateCategories) -> None:
        if late.images:
            self.found_late.emit(late)


def not_learned_yet(project: Project) -> set[int]:
    """Images that were decided since the latest version was trained."""
    latest = project.heads.latest(1)
    return project.decisions.images_since(latest[0].summary.last_decision if latest else 0)
