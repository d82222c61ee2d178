"""What can be done when the file of the image at hand was deleted, moved or written over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.words import sentences
from hitl_desktop.paths import is_in_data_dir
from hitl_desktop.service.jobs import FILES, JobRunner
from hitl_desktop.service.loop.intake import Intake
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.images.file_watch import FileState, FileWatch
from hitl_desktop.ui.images.folder_watch import FolderWatch
from hitl_desktop.ui.images.image_loader import ImageLoader, Loaded
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.workflows.images.find_missing import FoundImages, find_missing
from hitl_desktop.workflows.images.open_folder import Scan
from hitl_desktop.workflows.images.relink import relink, reread

_REVIEWER = "reviewer"
_TOLD = "place_told"


class FileActs(QObject):
    """Says what became of the file, and offers to read it again or to find it elsewhere."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        intake: Intake,
        loader: ImageLoader,
        banner: Banner,
        ask: Ask,
    ) -> None:
        super().__init__()
        self._session, self._runner, self._intake = session, runner, intake
        self._loader, self._banner, self.ask = loader, banner, ask
        self.watch, self.folder_watch = FileWatch(self), FolderWatch(self)
        intake.listed.connect(self.folder_watch.watch)
        intake.scanned.connect(self._look_again)
        self.folder_watch.changed.connect(intake.take_in_changes)
        session.opened.connect(self._stop_watching)
        self.watch.changed.connect(self._show)
        session.image_changed.connect(self._follow)
        loader.loaded.connect(self._on_loaded)
        banner.offered.connect(self._take_offer)
        session.opened.connect(self._tell_place)

    def _look_again(self, scan: Scan) -> None:
        if scan.is_unfinished:
            self.folder_watch.look_again()

    def _stop_watching(self) -> None:
        self.folder_watch.watch(())

    def _tell_place(self) -> None:
        """Mention once that a project is not kept beside its images."""
        project = self._session.project
        if project is None or not is_in_data_dir(project.path) or self._session.recall(_TOLD):
            return
        self._session.remember(_TOLD, "yes")
        self._session.messages.show(
            tr(
                "The folder of these images cannot be written to, so the project is kept in {file}.",
                file=project.path,
            )
        )

    def _follow(self) -> None:
        image = self._session.image
        self.watch.watch(self._session.path_of(image) if image else None)
        self._show()

    def _on_loaded(self, image_id: int, loaded: Loaded) -> None:
        if self._session.image is not None and self._session.image.id == image_id:
            self.watch.shown(loaded.stamp)

    def _show(self) -> None:
        image = self._session.image
        if image is None or self.watch.state is FileState.SAME:
            self._banner.dismiss()
        elif self.watch.state is FileState.GONE:
            self._banner.show_text(
                tr(
                    "{path} is gone from the disk. Its boxes are kept; put it back, or say where it is now.",
                    path=image.path,
                ),
                tr("Find it..."),
            )
        else:
            self._banner.show_text(
                tr(
                    "{path} was changed on the disk. Its boxes are kept; read it again and "
                    "check that they fit.",
                    path=image.path,
                ),
                tr("Read it again"),
            )

    def _take_offer(self) -> None:
        if self.watch.state is FileState.GONE:
            self.relink()
        else:
            self.reread()

    def add_folder(self) -> None:
        """Add another folder of images to the project."""
        if (folder := self.ask.folder()) is not None:
            self._intake.add_folder(folder)

    def refresh(self) -> None:
        """Look for new images in the folders, and read the one at hand again."""
        self._intake.refresh_folders(is_asked=True)
        self.reread(is_told=False)

    def reread(self, *, is_told: bool = True) -> None:
        """Read the image at hand from the disk once more; unless `is_told`, only another size is
        mentioned."""
        project, image = self._session.project, self._session.image
        if project is not None and image is not None:
            boxes = self._session.views.annotations(image.id)
            words = tr("Read again: {path}.", path=image.path) if is_told else ""
            self._session.jobs.start(
                FILES,
                tr("Reading the image again"),
                lambda p, _: reread(p, image.id),
                on_success=partial(self._on_read, image, boxes, words),
            )

    def relink(self) -> None:
        """Say where the file of the image at hand is now."""
        project, image = self._session.project, self._session.image
        file = self.ask.image(project.path_of(image)) if project is not None and image is not None else None
        if project is not None and image is not None and file is not None:
            boxes = self._session.views.annotations(image.id)
            self._session.jobs.start(
                FILES,
                tr("Finding the image"),
                lambda p, _: relink(p, image.id, file),
                on_success=partial(self._on_read, image, boxes, tr("Found: {file}.", file=file)),
            )

    def ask_name(self) -> None:
        """Ask who decides from now on, for the exports of this project."""
        name = self.ask.text(
            tr("Your name"), tr("Name of the reviewer, for exports:"), self._session.recall(_REVIEWER) or ""
        )
        if name is not None:
            self._session.remember(_REVIEWER, name.strip())
            self._session.keep_remembered(_REVIEWER)

    def find_missing(self) -> None:
        """Look below a folder for all images whose files are gone."""
        project = self._session.project
        folder = self.ask.folder() if project is not None else None
        if folder is not None:
            self._session.jobs.start(
                FILES,
                tr("Finding missing images"),
                lambda p, progress: find_missing(p, folder, progress),
                on_success=self._on_found,
            )

    def _on_found(self, found: FoundImages) -> None:
        self._session.messages.show(found.words)
        self._session.walk.apply_changes(found.changes)
        if self._session.image is not None:
            self._loader.forget(self._session.image.id)
            self._session.walk.go_to(self._session.image.id)
        self._intake.refresh_folders()

    def _on_read(
        self, before: ImageRecord, boxes: Sequence[Annotation], words: str, changes: Changes
    ) -> None:
        session, image_id = self._session, before.id
        if session.project is None:
            return
        self._loader.forget(image_id)
        now = session.views.image(image_id)
        was, is_now = _size(before), _size(now)
        if 0 not in {*was, *is_now} and was != is_now:
            sizes = tr("It was {before} and is {now}.", before=_by(was), now=_by(is_now))
            words = sentences(words, sizes, _boxes_text(boxes, session.views.annotations(image_id)))
        session.walk.apply_changes(changes)
        if session.image is not None and session.image.id == image_id:
            session.walk.go_to(image_id)
        if words:
            session.messages.show(words.lstrip())
        self._intake.prelabel_if_automatic()


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"


def _boxes_text(before: Sequence[Annotation], now: Sequence[Annotation]) -> str:
    """What became of the boxes of an image that has another size now."""
    if not before:
        return ""
    if now != before:
        return tr("Check its boxes: they moved with it, which Ctrl+Z takes back.")
    return tr("Check its boxes: nobody can tell where they lie now, so the image is to do again.")


def _size(image: ImageRecord | None) -> tuple[int, int]:
    return (image.width or 0, image.height or 0) if image is not None else (0, 0)
