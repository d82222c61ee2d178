"""Data sets in and out: what is asked before, and what is said after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from hitl_desktop.domain.dataset import ImportOptions, ImportResult
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted, sentences
from hitl_desktop.errors import WouldReplaceError
from hitl_desktop.formats.registry import FORMATS
from hitl_desktop.memory import free_gradually
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import FILES, JobRunner
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.project_jobs import in_project
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.texts import ISSUE_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.questions.export_question import ExportChoice
from hitl_desktop.ui.questions.import_question import ImportLook
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.ui.widgets.drawn_boxes import NamedBox
from hitl_desktop.workflows.exchange.export_dataset import (
    DEFAULT_OPTIONS,
    ExportOptions,
    ExportSummary,
    export_dataset,
    in_words,
)
from hitl_desktop.workflows.exchange.export_selection import TO_DO_TOO
from hitl_desktop.workflows.exchange.import_dataset import ImportSummary
from hitl_desktop.workflows.exchange.import_preview import preview
from hitl_desktop.workflows.exchange.import_suggestions import take_in
from hitl_desktop.workflows.queue.filtering import FILTER_KEY


def _read(project: Project, file: Path) -> tuple[ImportResult, ImportLook]:
    """A data set, and what is shown of it before it comes in."""
    found = preview(project, file)
    images = tuple((pixels, tuple(NamedBox(*box) for box in boxes)) for pixels, boxes in found.images)
    return found.result, ImportLook(found.format, found.reason, images, found.categories, found.is_labelled)


def _take_in(
    held: list[ImportResult], options: ImportOptions, file: Path, project: Project, progress: Progress
) -> ImportSummary:
    """Import a data set and free it bit by bit; it comes in a list so that nobody else holds on to it."""
    result = held.pop()
    summary = take_in(project, result, options, file=file, progress=progress)
    records: list[object] = [*result.dataset.annotations, *result.dataset.images]
    del result
    free_gradually(records)
    return summary


class ExchangeActs(QObject):
    """Imports and exports data sets."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        learning: Learning,
        messages: Messages,
        warning: Banner,
        banner: Banner,
        ask: Ask,
    ) -> None:
        super().__init__()
        self._session, self._runner, self._learning = session, runner, learning
        self._messages, self._warning, self.banner, self.ask = messages, warning, banner, ask
        self._replace: Callable[[], None] | None = None
        banner.offered.connect(self._replace_it)

    def import_file(self) -> None:
        """Ask for a file, read it, ask what only a person can know, and take it in."""
        self._import(self.ask.dataset_to_import)

    def import_folder(self) -> None:
        """The same with a folder."""
        self._import(self.ask.folder_to_import)

    def _import(self, ask: Callable[[Path], Path | None]) -> None:
        project = self._session.project
        file = ask(project.path.parent) if project is not None else None
        if project is not None and file is not None:
            done = partial(self._on_read, project.path, file)
            job = in_project(project.path, lambda opened, _: _read(opened, file))
            self._runner.start(FILES, tr("Reading the file"), job, on_success=done)

    def _on_read(self, path: Path, file: Path, read: tuple[ImportResult, ImportLook]) -> None:
        result, look = read
        options = self.ask.confirm_import(result, look)
        if options is not None:
            self._runner.start(
                FILES,
                tr("Importing"),
                in_project(path, partial(_take_in, [result], options, file)),
                on_success=partial(self._on_imported, path),
                on_cancelled=partial(self._on_not_imported, path),
            )

    def _on_not_imported(self, path: Path) -> None:
        """It was cancelled: the project is as it was, and what was shown on the way is read again."""
        if self._session.project is not None and self._session.project.path == path:
            self._session.walk.apply_changes(Changes(images=True, categories=True, queue=True))
        self._messages.show(tr("The import was cancelled; nothing came in."))

    def _on_imported(self, path: Path, summary: ImportSummary) -> None:
        self._warning.dismiss()
        here = self._session.project is not None and self._session.project.path == path
        if here:
            self._session.walk.apply_changes(summary.changes)
            self._session.walk.go_to(self._session.image.id if self._session.image else None)
        text = tr("Imported: {words}.", words=summary.words)
        self._messages.show(text)
        if here:
            self._learning.learn()
        if summary.issues:
            kinds = "\n".join(f"{ISSUE_TEXT[kind]}: {count}" for kind, count in summary.faults().items())
            details = "\n".join(f"{issue.where}: {issue.problem}" for issue in summary.issues)
            self.ask.tell(tr("Import"), f"{text}\n\n{kinds}", details)

    def export_file(self, options: ExportOptions = DEFAULT_OPTIONS) -> None:
        """Ask where to, and write the file."""
        project = self._session.project
        if project is None:
            return
        file = self.ask.where_to_export(project.path.with_name(f"{project.path.stem}-coco.json"))
        if file is not None:
            self._export(project.path, file, ExportChoice("coco", options))

    def export_all(self) -> None:
        """The same with images that are to do and skipped ones."""
        self.export_file(ExportOptions(selection=TO_DO_TOO))

    def export_as(self) -> None:
        """Ask for the format and the rest, then where to, and write it."""
        project = self._session.project
        titles = {name: each.title for name, each in FORMATS.items() if each.write is not None}
        if project is None:
            return
        views = self._session.views
        choice = self.ask.how_to_export(titles, list(views.tags().values()), list(views.sets()))
        if choice is None:
            return
        if choice.options.selection.filtered:
            self._session.keep_remembered(FILTER_KEY)
        name = f"{project.path.stem}-{choice.format}{FORMATS[choice.format].suffix}"
        file = self.ask.where_to_write(project.path.with_name(name), titles[choice.format])
        if file is not None:
            self._export(project.path, file, choice)

    def _export(self, path: Path, file: Path, choice: ExportChoice, *, force: bool = False) -> None:
        self.banner.hide()

        def write(project: Project, progress: Progress) -> ExportSummary:
            return export_dataset(
                project,
                file,
                format_name=choice.format,
                force=force,
                options=choice.options,
                progress=progress,
            )

        job = in_project(path, write)
        again = partial(self._export, path, file, choice, force=True)
        self._runner.start(
            FILES,
            tr("Exporting"),
            job,
            on_success=self._on_exported,
            on_failure=partial(self._on_not_exported, again),
        )

    def _on_not_exported(self, again: Callable[[], None], error: BaseException) -> None:
        if isinstance(error, WouldReplaceError):
            self._replace = again
            self.banner.show_text(error.message, tr("Replace it"))
        else:
            self._runner.on_failure(tr("Exporting"), error)

    def _replace_it(self) -> None:
        if self._replace is not None:
            self._replace()

    def _on_exported(self, summary: ExportSummary) -> None:
        self._warning.dismiss()
        left = [tr("{n} to do", n=summary.undecided)] if summary.undecided else []
        left += [tr("{n} skipped", n=summary.skipped)] if summary.skipped else []
        left += [tr("{n} unreadable", n=summary.unreadable)] if summary.unreadable else []
        self._messages.show(
            sentences(
                tr(
                    "Exported: {boxes} on {images}, to {path}.",
                    boxes=counted(summary.annotations, "box"),
                    images=counted(summary.images, "image"),
                    path=summary.path,
                ),
                tr("Left out: {left}.", left=", ".join(left)) if left else "",
                *in_words(summary),
            )
        )
