"""New images: folders are listed, files read, and the detector runs on what it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.inference import providers
from hitl_desktop.progress import Progress
from hitl_desktop.service.events import Event
from hitl_desktop.service.jobs import Job
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.loop.steps import DETECTING, LEARNING, READING, DetectionStep, IntakeStep
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr, trn
from hitl_desktop.workflows.detection.prelabel import PrelabelResult, prelabel
from hitl_desktop.workflows.images.open_folder import Listed, Scan, add_folder, list_folders, scan

RANK_EVERY = 200
_Result = TypeVar("_Result")


class Intake:
    """Lists, reads and pre-labels; with `automatic` off, listing and the detector wait until they are asked
    for.

    Attributes:
        listed: The folders that images were looked for in.
        scanned: What reading the files showed.
        detected: How many images the detector is done with in this run, and whether these are all.
        speed: What the detector runs on and how fast, once it has run.
        step: What is going on with files.
    """

    def __init__(self, session: Session, learning: Learning, *, automatic: bool = True) -> None:
        self._session, self._learning, self._automatic = session, learning, automatic
        self._jobs, self._runner = session.jobs, session.jobs.runner
        self.detected = Event[[int, bool]]()
        self.listed, self.scanned = Event[[tuple[str, ...]]](), Event[[Scan]]()
        self._forget()

    def _forget(self) -> None:
        self.step, self.speed = IntakeStep.RESTING, ""
        self._ranked_at, self._again = 0, False
        self._is_watched = self._looks_again = False

    def start(self) -> None:
        """Take in what is new in the folders of a project that was just opened."""
        self._forget()
        if self._automatic:
            self.refresh_folders()

    def refresh_folders(self, *, is_asked: bool = False) -> None:
        """List the folders again and read what is new; with `is_asked` a message lists what that was."""
        project = self._session.project
        if project is None:
            return
        folders = [project.folder_path(folder_id) for folder_id in project.files.folders()]
        for folder in (folder for folder in folders if not folder.is_dir()):
            self._session.messages.warn(
                tr(
                    "The folder {folder} is gone. Reconnect its drive or put it back; the "
                    "project and its boxes are safe.",
                    folder=folder,
                )
            )
        self._list(tr("Listing images"), list_folders, partial(self._on_refreshed, is_asked))

    def _on_refreshed(self, is_asked: bool, listed: Listed) -> None:
        is_watched, self._is_watched = self._is_watched, False
        is_told = is_asked or (is_watched and bool(listed.added))
        lines = [f"{counted(len(listed.added), 'new image')}."] if is_told else []
        if listed.gone:
            lines.append(
                trn(
                    "{n} image is gone from the folder; its boxes are kept.",
                    "{n} images are gone from the folder; their boxes are kept.",
                    listed.gone,
                )
            )
        if listed.passed_over and not is_watched:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(listed.passed_over.items()))
            lines.append(tr("Left out (unreadable, or not images of this folder): {kinds}.", kinds=kinds))
        if lines:
            self._session.messages.show(" ".join(lines))
        self.listed.emit(listed.folders)
        self._on_listed()

    def take_in_changes(self) -> None:
        """List the folders again, since files came or went there; once what goes on with files is done."""
        if not self._automatic or self._session.project is None:
            return
        self._looks_again = self.step is not IntakeStep.RESTING
        if not self._looks_again:
            self._is_watched = True
            self.refresh_folders()

    def add_folder(self, folder: Path) -> None:
        """Add another folder of images."""
        self._list(
            tr("Adding {name}", name=folder.name),
            lambda p, progress: add_folder(p, folder, progress),
            lambda _: self._on_listed(),
        )

    def _list(
        self,
        title: str,
        function: Callable[[Project, Progress], _Result],
        on_success: Callable[[_Result], object],
    ) -> None:
        self.step = IntakeStep.LISTING
        self._jobs.start(
            READING, title, function, on_success=on_success, on_failure=self._on_not_read,
            on_cancelled=self._rest,
        )  # fmt: skip

    def _rest(self) -> None:
        self.step = IntakeStep.RESTING

    def _on_not_read(self, error: BaseException) -> None:
        self._rest()
        self._session.messages.error(error)

    def _on_listed(self) -> None:
        session = self._session
        session.walk.apply_changes(Changes(images=True, queue=True))
        if session.image is None and not session.walk.is_covered:
            session.walk.go_to(session.image_list.order.next_of(session.image_list.undecided))
        self.prelabel_if_automatic()
        self.step = IntakeStep.SCANNING
        self._jobs.start(
            READING, tr("Reading images"), partial(scan, workers=1), on_success=self._on_scanned,
            on_failure=self._on_not_read, on_cancelled=self._rest,
        )  # fmt: skip

    def _on_scanned(self, scan: Scan) -> None:
        self._rest()
        self.scanned.emit(scan)
        self._session.walk.apply_changes(Changes(images=True, queue=True, annotations_of=frozenset(scan.ids)))
        if scan.changed:
            path, what = next(iter(scan.changed.items()))
            others = len(scan.changed) - 1
            self._session.messages.show(
                sentences(
                    tr("{path} changed on the disk: {what}", path=path, what=what),
                    tr("So did {files}.", files=counted(others, "other file")) if others else "",
                )
            )
            self.prelabel_if_automatic()
        if self._looks_again:
            self.take_in_changes()

    def prelabel_if_automatic(self) -> None:
        """Run the detector on what it has not seen, such as a file that was read anew."""
        if self._automatic:
            self.prelabel()

    def prelabel(self, *, model: str | None = None) -> None:
        """Run the project's detector on the images that lack its proposals, the nearest first.

        With a `model`, a name or a file, that one becomes the project's own.
        """
        session = self._session
        if session.project is None:
            return
        if self._runner.busy(DETECTING) and model is not None:
            self._runner.abandon(DETECTING)  # the detector that ran is not wanted any longer
        elif self._runner.busy(DETECTING):
            self._again = True  # for what was added since it began
            return
        self._again = False
        nearest = session.at_hand
        self._jobs.start(
            DETECTING,
            tr("Pre-labelling"),
            lambda p, progress: prelabel(p, progress, model=model, nearest=nearest, threads=1, decoders=1),
            on_progress=self._on_prelabelling,
            on_success=self._on_prelabelled,
            on_failure=self._on_not_prelabelled,
            on_cancelled=self._on_prelabelling_cancelled,
        )

    @property
    def detection(self) -> DetectionStep:
        """Whether the detector is running."""
        busy = self._runner.busy(DETECTING)
        return DetectionStep.PRELABELLING if busy else DetectionStep.RESTING

    def _on_prelabelling_cancelled(self) -> None:
        self._ranked_at = 0
        self._learning.rank()  # by what is there

    def _on_prelabelling(self, job: Job) -> None:
        if job.is_cancelled:
            return
        self._session.walk.load_missing_proposals()
        self.detected.emit(job.done, False)
        if job.done - self._ranked_at >= RANK_EVERY and not self._runner.busy(LEARNING):
            self._ranked_at = job.done
            self._learning.rank()

    def _on_prelabelled(self, result: PrelabelResult) -> None:
        self._ranked_at = 0
        if result.done:
            self.speed = tr(
                "{provider}, {images_per_s:.0f} ms an image",
                provider=providers.chosen(),
                images_per_s=1000 / result.images_per_s,
            )
        self._session.walk.apply_changes(result.changes)
        self.detected.emit(result.done, True)
        show = self._session.messages.warn if result.not_done else self._session.messages.show
        for remark in result.remarks:
            show(remark)
        self._learning.rank()
        if self._again:
            self.prelabel()

    def _on_not_prelabelled(self, error: BaseException) -> None:
        self._ranked_at = 0
        self._session.messages.error(error)
        self._session.walk.load_missing_proposals()
        self._learning.rank()  # by what is there: learning goes on
