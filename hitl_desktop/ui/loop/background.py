"""What goes on behind the window: listing, reading, pre-labelling, learning, each as a job."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from hitl_desktop.domain.edits import Changes, Edit
from hitl_desktop.domain.queue_filter import QueueFilter
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.inference.session import PROVIDER
from hitl_desktop.learning.classification_head import warm_up
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.jobs.runner import FILES, Job, JobRunner
from hitl_desktop.ui.project.review_order import ReviewOrder, arranged
from hitl_desktop.ui.project.session import Session
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.detection.prelabel import PrelabelResult, prelabel
from hitl_desktop.workflows.images.open_folder import Listed, Scan, add_folder, list_folders, scan
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.quality.threshold_advice import StartThreshold, gather, start_threshold
from hitl_desktop.workflows.queue.filtering import filter_queue
from hitl_desktop.workflows.queue.listing import Listing, list_queue
from hitl_desktop.workflows.queue.rank import refresh_queue
from hitl_desktop.workflows.queue.relabelling import SHARE
from hitl_desktop.workflows.training.detection_head import TrainingCache, find_ahead
from hitl_desktop.workflows.training.late_categories import LateCategories, find_late_categories
from hitl_desktop.workflows.training.train import TrainingResult, is_due, train_heads
from hitl_desktop.workflows.training.versions import fall_back, use_version

_LISTING = "listing"
READING, DETECTING, LEARNING, EXAMINING = "reading", "detecting", "learning", "examining"
_LEARN = "Learning"
_Result = TypeVar("_Result")
RANK_EVERY = 200
_AT_ONCE = 10
"""So many new pictures a learning takes in, most of a second each beside pre-labelling; others are for the next."""
_LOOK_AHEAD = 60
_LOOK_AGAIN_EVERY = round(1 / SHARE)
_LOOK_AT_REST = 500
"""Of more pictures what heads find is not stored in advance: boxes and vectors of one take 70 KB."""


def in_project(path: Path, function: Callable[[Project, Progress], Any]) -> Callable[[Progress], Any]:
    """The function as a job: with a project connection of its own thread."""

    def job(progress: Progress) -> Any:
        with Project.open(path, background=True) as project:
            return function(project, progress)

    return job


def _get_ready() -> None:
    """Import what takes a while before somebody waits for it."""
    warm_up()
    importlib.import_module("pyqtgraph")


def _step_over(project: Project, act: int, progress: Progress, *, redo: bool) -> tuple[Edit | None, Changes]:
    """Undo or redo a long act; after undoing decisions no head is used that learned from them."""
    edit, changes = edits.step_over(project, act, progress, redo=redo)
    withdrawn = changes.learn_from - project.images.decided_of(changes.learn_from)
    return edit, changes | Changes(head=not redo and fall_back(project, withdrawn))


class Background(QObject):
    """Keeps the loop going: new pictures are read and pre-labelled, decisions are learned, the queue follows.

    With `automatic` off, each of these waits until it is asked for.

    Signals:
        detected: (how many pictures the detector is done with in this run, whether these are all).
        found_late: decided pictures that probably hold a category that was added later, an `LateCategories`.
    """

    detected = Signal(int, bool)
    found_late = Signal(object)

    def __init__(self, session: Session, runner: JobRunner, *, automatic: bool = True) -> None:
        super().__init__()
        self._session, self._runner, self._automatic = session, runner, automatic
        self.unlearned: set[int] = set()
        """Pictures that were decided, corrected or undone since the last head began to learn."""
        self._ranked_at, self._taught = 0, TrainingCache()
        self._look_again = self._said_small = self._learn_again = False
        self._said_due = 0
        self._filtering: Job | None = None
        self._changing: Job | None = None
        self._number = 0
        self.speed = ""
        session.opened.connect(self._start)
        session.decided.connect(self._on_decided)
        session.changed.connect(self._on_changed)
        session.listing_wanted.connect(self._list)
        session.step_wanted.connect(self._step)

    def stop(self) -> None:
        """Ask what goes on by itself to stop; files on their way in or out are finished."""
        self._runner.cancel(READING, DETECTING, LEARNING, EXAMINING)

    def _list(self, number: int) -> None:
        project = self._session.project
        if project is not None:
            front = self._session.pictures.order.front

            def read(p: Project, _: Progress) -> tuple[Listing, ReviewOrder]:
                listing = list_queue(p)
                return listing, arranged(front, listing.ranked, listing.statuses, listing.again)

            job = in_project(project.path, read)
            take = partial(self._session.take_listing, number)
            self._runner.start(_LISTING, "Listing the queue", job, on_success=take, quiet=True)

    # acts on very many pictures

    def change_many(
        self, title: str, act: Callable[[Project, Progress, int], _Result], on_done: Callable[[_Result], None]
    ) -> None:
        """Do an act in portions, as a job, under a number that is reserved now, since that is when it was asked for.

        `on_done` is called if the project is still open. Undo stops what goes on, see `undo`.
        """
        project = self._session.project
        if project is not None:
            try:
                number, path = project.journal.reserve(), project.path
            except HitlError as error:
                self._session.messages.error(error)
                return
            job = in_project(path, lambda p, progress: act(p, progress, number))
            done, failed = partial(self._on_changed_many, path, on_done), partial(self._on_not_changed, path)
            self._number = number
            self._changing = self._runner.start(FILES, title, job, on_success=done, on_failure=failed)

    def _is_open(self, path: Path) -> bool:
        return self._session.project is not None and self._session.project.path == path

    def _on_changed_many(self, path: Path, on_done: Callable[[_Result], None], result: _Result) -> None:
        if self._is_open(path):
            on_done(result)

    def _on_not_changed(self, path: Path, error: BaseException) -> None:
        if self._is_open(path):  # some portions may be done
            self._session.apply_changes(Changes(images=True, queue=True, categories=True))
        self._session.messages.error(error)

    def undo(self) -> None:
        """Take the latest act back; one that is still going on is stopped first."""
        project, job = self._session.project, self._changing
        if project is not None and job is not None and job in self._runner.to_finish and not job.is_cancelled:
            latest = project.journal.next_act(undone=False)[0]
            if latest is None or latest <= self._number:
                job.cancel()
                self._session.messages.say(f"Stopping: {job.title}. Ctrl+Z again undoes what was done so far.")
                return
        self._session.undo()

    def _step(self, act: int, redo: bool) -> None:
        project, others = self._session.project, self._runner.to_finish
        if project is None:
            return
        if others:
            self._session.take_step(None, redo=redo)
            self._session.messages.say(f"{others[0].title}: wait until this is done, then try again.")
            return
        not_done = partial(self._on_not_stepped, project, redo)
        self._runner.start(
            FILES,
            "Redoing" if redo else "Undoing",
            in_project(project.path, lambda p, progress: _step_over(p, act, progress, redo=redo)),
            on_success=partial(self._on_stepped, project, redo),
            on_failure=not_done,
            on_cancelled=not_done,
        )

    def _on_stepped(self, project: Project, redo: bool, step: tuple[Edit | None, Changes] | None) -> None:
        if self._session.project is project:
            self._session.take_step(step, redo=redo)

    def _on_not_stepped(self, project: Project, redo: bool, error: BaseException | None = None) -> None:
        if self._session.project is project:
            self.unlearned |= self._not_learned_yet(project)
        self._on_stepped(project, redo, None)
        if error is not None:
            self._session.messages.error(error)

    def filter_queue(self, wanted: QueueFilter, asked: Sequence[int], take: Callable[[ReviewOrder], None]) -> None:
        """Find the pictures that pass a filter, of very many."""
        project = self._session.project
        if project is not None:
            job = in_project(project.path, lambda p, _: ReviewOrder(filter_queue(p, wanted, asked)))
            if self._filtering is not None:
                self._filtering.abandon()  # another letter was typed
            self._filtering = self._runner.start(_LISTING, "Filtering the queue", job, on_success=take, quiet=True)

    # reading and pre-labelling

    def _start(self) -> None:
        project = self._session.project
        self._runner.abandon(READING, DETECTING, LEARNING, EXAMINING)  # what is of another project
        self.unlearned, self._ranked_at, self._said_due, self._taught = set(), 0, 0, TrainingCache()
        self._look_again = self._said_small = self._learn_again = False
        if project is None:
            return
        self.unlearned = self._not_learned_yet(project)
        if not self._automatic:
            return
        self.refresh_folders()
        self._runner.start(LEARNING, "Getting ready", lambda _: _get_ready(), quiet=True)
        if project.heads.active_id() is None and (self.unlearned or project.heads.latest(1)):
            self.learn()  # what was decided, perhaps with a program that learned in another way
        else:
            self._learn_if_due()

    @staticmethod
    def _not_learned_yet(project: Project) -> set[int]:
        latest = project.heads.latest(1)
        return project.decisions.images_since(latest[0].summary.last_decision if latest else 0)

    def refresh_folders(self, *, is_asked: bool = False) -> None:
        """List the folders again and read what is new; whoever `is_asked` for it is told what that was."""
        project = self._session.project
        if project is None:
            return
        folders = [project.folder_path(folder_id) for folder_id in project.images.folders()]
        for folder in (folder for folder in folders if not folder.is_dir()):
            self._session.messages.warn(
                f"The folder {folder} is gone. Reconnect its drive or put it back; the project and its boxes are safe."
            )
        self._runner.start(
            READING,
            "Listing pictures",
            in_project(project.path, list_folders),
            on_success=partial(self._on_refreshed, is_asked),
        )

    def _on_refreshed(self, is_asked: bool, listed: Listed) -> None:
        told = [f"{counted(len(listed.added), 'new picture')}."] if is_asked else []
        if listed.passed_over:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(listed.passed_over.items()))
            told.append(f"Left out, for they cannot be read or are no pictures of the folder: {kinds}.")
        if told:
            self._session.messages.say(" ".join(told))
        self._on_listed()

    def add_folder(self, folder: Path) -> None:
        """Add another folder of pictures."""
        project = self._session.project
        if project is not None:
            job = in_project(project.path, lambda p, progress: add_folder(p, folder, progress))
            self._runner.start(READING, f"Adding {folder.name}", job, on_success=lambda _: self._on_listed())

    def _on_listed(self) -> None:
        session = self._session
        session.apply_changes(Changes(images=True, queue=True))
        if session.image is None and not session.is_covered:
            session.go_to(session.pictures.order.next_of(session.pictures.undecided))
        if self._automatic:
            self.prelabel()
        if session.project is not None:
            self._runner.start(
                READING,
                "Reading pictures",
                in_project(session.project.path, partial(scan, workers=1)),
                on_success=self._on_scanned,
            )

    def _on_scanned(self, scan: Scan) -> None:
        self._session.apply_changes(Changes(images=True, queue=True, annotations_of=frozenset(scan.ids)))
        if scan.changed:
            path, what = next(iter(scan.changed.items()))
            also = f" So did {counted(len(scan.changed) - 1, 'other file')}." if len(scan.changed) > 1 else ""
            self._session.messages.say(f"{path} changed on the disk: {what}{also}")
            self.look_again()

    def prelabel(self) -> None:
        """Let the project's detector work on the pictures that lack its proposals, the nearest first."""
        session = self._session
        if session.project is None:
            return
        if self._runner.busy(DETECTING):
            self._look_again = True  # at what was added since it began
            return
        self._look_again = False
        nearest = session.image.id if session.image else None
        self._runner.start(
            DETECTING,
            "Pre-labelling",
            in_project(
                session.project.path,
                lambda p, progress: prelabel(p, progress, nearest=nearest, threads=1, decoders=1),
            ),
            on_progress=self._on_prelabelling,
            on_success=self._on_prelabelled,
            on_failure=self._on_not_prelabelled,
        )

    def _on_prelabelling(self, job: Job) -> None:
        if job.is_cancelled:  # it is about a project that was left
            return
        self._session.load_missing_proposals()
        self.detected.emit(job.done, False)
        if job.done - self._ranked_at >= RANK_EVERY and not self._runner.busy(LEARNING):
            self._ranked_at = job.done
            self.rank()

    def _on_prelabelled(self, result: PrelabelResult) -> None:
        self._ranked_at = 0
        if result.done:
            self.speed = f"{PROVIDER}, {1000 / result.images_per_s:.0f} ms a picture"
        self._session.apply_changes(result.changes)
        self.detected.emit(result.done, True)
        tell = self._session.messages.warn if result.not_done else self._session.messages.say
        for remark in result.remarks:
            tell(remark)
        self.rank()
        if self._look_again:
            self.prelabel()

    def _on_not_prelabelled(self, error: BaseException) -> None:
        self._session.messages.error(error)
        self._session.load_missing_proposals()
        self.rank()  # by what is there: learning goes on

    def look_again(self) -> None:
        """A picture was read anew: what detectors have not seen of it is theirs to look at."""
        if self._automatic:
            self.prelabel()

    # learning

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
        """Let the head look at the pictures that come next, and compute the vectors with which it names boxes."""
        project = self._session.project
        if project is None or self._runner.busy(LEARNING):
            return
        job = in_project(project.path, partial(self._look, _LOOK_AHEAD))
        self._runner.start(
            LEARNING, "Looking ahead", job, on_progress=self._on_looking_ahead, on_success=self._on_prepared,
            gives_way=True,
        )  # fmt: skip
        back = in_project(project.path, lambda p, progress: find_late_categories(p, progress, threads=1))
        told = partial(self._on_looked_back, project)
        self._runner.start(LEARNING, "Looking back", back, on_success=told, quiet=True, gives_way=True)

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
                LEARNING, "Looking at the rest", job, on_success=lambda n: self.rank() if n else None, gives_way=True
            )

    def _on_decided(self) -> None:
        decided = self._session.pictures.count("decided")
        if decided % _LOOK_AGAIN_EVERY == 0 and decided > self._said_due:
            self._said_due = decided
            self._session.messages.say("One more picture is due to be labelled again, blind: Model, Once more.")

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
        """Fit a new head now, or once more after the one that is being fitted; what only prepares gives way."""
        project = self._session.project
        if project is None or self._is_learning:
            self._learn_again = project is not None
            return
        self._learn_again = False
        self._runner.make_way(LEARNING)
        learning, self.unlearned = self.unlearned, set()
        taught = self._taught
        job = in_project(
            project.path, lambda p, progress: train_heads(p, progress, threads=1, most_new=_AT_ONCE, taught=taught)
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
            self._session.messages.say("Many boxes are small for the head. Model > Look closer may find more of them.")
        elif result.finds_as_before:
            self._session.messages.say(
                "Pictures that were taught are away, so the head finds as it did before. Reconnect their folder."
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
