"""What goes on by itself: new images are listed, read and pre-labelled; decisions are learned; the queue
follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted
from hitl_desktop.inference.session import PROVIDER
from hitl_desktop.progress import Progress
from hitl_desktop.service.events import Event
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.service.loop.lanes import DETECTING, EXAMINING, LEARNING, READING, in_project
from hitl_desktop.service.loop.learning_loop import LearningLoop
from hitl_desktop.service.project.session import Session
from hitl_desktop.workflows.detection.prelabel import PrelabelResult, prelabel
from hitl_desktop.workflows.images.open_folder import Listed, Scan, add_folder, list_folders, scan
from hitl_desktop.workflows.training.detection_head import TrainingCache

RANK_EVERY = 200


class Background(LearningLoop):
    """Keeps the loop going; with `automatic` off, each part of it waits until it is asked for.

    Attributes:
        detected: (how many images the detector is done with in this run, whether these are all).
    """

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        *,
        automatic: bool = True,
        libraries: Sequence[Callable[[], object]] = (),
    ) -> None:
        super().__init__(session, runner, automatic=automatic)
        self.detected = Event[[int, bool]]()
        self._libraries = libraries
        self._ranked_at = 0
        self._look_again = False
        self.speed = ""
        session.opened.connect(self._start)

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
        self._runner.start(LEARNING, "Loading libraries", self._load_libraries, quiet=True)
        if project.heads.active_id() is None and (self.unlearned or project.heads.latest(1)):
            self.learn()  # what was decided, perhaps with a program that learned in another way
        else:
            self._learn_if_due()

    def _load_libraries(self, _: Progress) -> None:
        """Import what takes a while before somebody waits for it."""
        for load in self._libraries:
            load()

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
