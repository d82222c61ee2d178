"""A project: one SQLite file and the image folders it refers to."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import ProjectError
from hitl_desktop.store import file_lock
from hitl_desktop.store.annotations import Annotations
from hitl_desktop.store.attributes import Attributes
from hitl_desktop.store.audits import Audits
from hitl_desktop.store.bulk_accepts import BulkAccepts
from hitl_desktop.store.categories import Categories, Tags
from hitl_desktop.store.class_maps import ClassMaps
from hitl_desktop.store.database import Database
from hitl_desktop.store.decisions import Decisions
from hitl_desktop.store.edge_case_sets import EdgeCaseSets
from hitl_desktop.store.embeddings import Embeddings
from hitl_desktop.store.extras import Extras
from hitl_desktop.store.heads import Heads
from hitl_desktop.store.image_files import ImageFiles
from hitl_desktop.store.images import Images
from hitl_desktop.store.imports import Imports
from hitl_desktop.store.journal import Journal
from hitl_desktop.store.label_issues import LabelIssues
from hitl_desktop.store.meta import Meta
from hitl_desktop.store.migrations import migrate
from hitl_desktop.store.models import Models
from hitl_desktop.store.predictions import Predictions
from hitl_desktop.store.queue import Queue
from hitl_desktop.store.reannotations import Reannotations
from hitl_desktop.store.validations import Validations
from hitl_desktop.translation import tr

SUFFIX = ".hitl"


class Project:
    """An open project file, for the thread that opened it; a repository for each kind of thing in it."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.path = db.path
        self.meta = Meta(db)
        self.images = Images(db)
        self.files = ImageFiles(db)
        self.categories = Categories(db)
        self.tags = Tags(db)
        self.annotations = Annotations(db)
        self.attributes = Attributes(db)
        self.extras = Extras(db)
        self.models = Models(db)
        self.class_maps = ClassMaps(db)
        self.predictions = Predictions(db)
        self.embeddings = Embeddings(db)
        self.heads = Heads(db)
        self.decisions = Decisions(db)
        self.sets = EdgeCaseSets(db)
        self.label_issues = LabelIssues(db)
        self.audits = Audits(db)
        self.validations = Validations(db)
        self.reannotations = Reannotations(db)
        self.bulk_accepts = BulkAccepts(db)
        self.imports = Imports(db)
        self.queue = Queue(db)
        self.journal = Journal(db)
        self._closed = False

    @classmethod
    def create(cls, path: Path) -> Project:
        """A new, empty project.

        Raises:
            ProjectError: the file exists, or its folder cannot be written.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links that the user chose
        if path.exists():
            raise ProjectError(
                tr("{path} exists already.", path=path), hint=tr("Open it, or choose another name.")
            )
        if not path.parent.is_dir():
            raise ProjectError(
                tr("The folder {parent} does not exist.", parent=path.parent),
                hint=tr("Create it first, or choose another place."),
            )
        part = path.with_name(f".{path.name}.part")
        try:
            for leftover in (
                part,
                *_logs(part),
                *_logs(path),
            ):  # SQLite would take an old log for the new file's
                leftover.unlink(missing_ok=True)
            db = Database(part)
            try:
                migrate(db, is_new=True)
            finally:
                db.close()
            part.rename(path)  # whole or not at all, whenever the process may end
        except (OSError, ProjectError) as error:
            raise ProjectError(
                tr("{path} cannot be created.", path=path), hint=tr("Choose a folder that you may write to.")
            ) from error
        with ExitStack() as on_failure:
            file_lock.hold(path)
            on_failure.callback(file_lock.release, path)
            project = cls(Database(path))
            on_failure.pop_all()
        return project

    @classmethod
    def open(cls, path: Path, *, background: bool = False) -> Project:
        """Open an existing project; `background` for connections of jobs.

        Raises:
            ProjectError: it is missing, not a project, of a newer version, damaged, not writable, or open
                elsewhere.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100
        _check_file(path)
        with ExitStack() as on_failure:
            is_first = file_lock.hold(path)
            on_failure.callback(file_lock.release, path)
            db = Database(path, background=background)
            on_failure.callback(db.close)
            migrate(db, is_new=False)
            project = cls(db)
            if is_first:
                project.take_back_unfinished_import()
            on_failure.pop_all()
        return project

    def take_back_unfinished_import(self) -> None:
        """Leave the project as it was before an import that was cancelled, or whose process was killed."""
        self.imports.take_back_unfinished(self.journal)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        if not self._closed:
            self._closed = True
            self.db.close()
            file_lock.release(self.path)

    def add_folder(self, folder: Path, *, listed: bool = True) -> int:
        """The id of an image folder, noted relative to the project file; `listed` if all its images belong
        here."""
        return self.files.add_folder(self._relative(folder), listed=listed)

    def move_folder(self, folder_id: int, folder: Path) -> None:
        """Note where an image folder lies now."""
        self.files.move_folder(folder_id, self._relative(folder))

    def _relative(self, folder: Path) -> str:
        absolute = os.path.abspath(folder)  # noqa: PTH100
        try:
            return Path(os.path.relpath(absolute, self.path.parent)).as_posix()
        except ValueError:  # another drive on Windows
            return Path(absolute).as_posix()

    def place_of(self, file: Path) -> tuple[int, str] | None:
        """The image folder a file lies in, and its path there; None outside of all of them."""
        for folder_id in self.files.folders():
            if file.is_relative_to(self.folder_path(folder_id)):
                return folder_id, file.relative_to(self.folder_path(folder_id)).as_posix()
        return None

    def folder_path(self, folder_id: int) -> Path:
        """Where an image folder lies now."""
        return Path(os.path.normpath(self.path.parent / self.files.folders()[folder_id]))

    def absent_folders(self) -> set[int]:
        """Ids of image folders that are not there now, such as those on a drive that is not connected."""
        return {folder_id for folder_id in self.files.folders() if not self.folder_path(folder_id).is_dir()}

    def path_of(self, image: ImageRecord) -> Path:
        """Where an image lies now."""
        return self.folder_path(image.folder_id) / image.path


def _logs(path: Path) -> tuple[Path, ...]:
    """What SQLite keeps beside a file that is open, or was when its process was killed."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _check_file(path: Path) -> None:
    """Refuse what cannot be a project before SQLite touches it.

    By its looks only: whoever opens and closes the file itself drops all of SQLite's locks that this process
    holds on it (https://www.sqlite.org/howtocorrupt.html, 2.2), and another process then deletes the log
    under an open window.
    """
    if not path.is_file():
        raise ProjectError(
            tr("There is no project at {path}.", path=path),
            hint=tr("Check the name, or open a folder of images to start one."),
        )
    if path.stat().st_size == 0:
        raise ProjectError(
            tr("{path} is empty, not a HITL project.", path=path),
            hint=tr("Open another file, or delete it and start anew."),
        )
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise ProjectError(
            tr("{path} cannot be written.", path=path),
            hint=tr("Copy the project to a place you own and open the copy."),
        )
