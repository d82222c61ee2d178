"""Data sets in and out: what is asked before, and what is said after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from hitl_desktop.domain.dataset import ImportResult
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import WouldReplaceError
from hitl_desktop.service.jobs import FILES, JobRunner
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.project_jobs import in_project
from hitl_desktop.service.project.session import Session
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.workflows.exchange.export_dataset import ExportSummary, export_dataset, in_words
from hitl_desktop.workflows.exchange.import_dataset import ImportSummary, import_dataset, read_dataset


class ExchangeActs(QObject):
    """Imports and exports COCO files."""

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
        project = self._session.project
        file = self.ask.dataset_to_import() if project is not None else None
        if project is not None and file is not None:
            done = partial(self._on_read, project.path, file)
            self._runner.start(FILES, "Reading the file", lambda _: read_dataset(file), on_success=done)

    def _on_read(self, path: Path, file: Path, result: ImportResult) -> None:
        options = self.ask.confirm_import(result)
        if options is not None:
            job = in_project(path, lambda p, _: import_dataset(p, result, options, file=file))
            self._runner.start(FILES, "Importing", job, on_success=partial(self._on_imported, path))

    def _on_imported(self, path: Path, summary: ImportSummary) -> None:
        self._warning.dismiss()
        here = self._session.project is not None and self._session.project.path == path
        if here:
            self._session.apply_changes(summary.changes)
            self._session.go_to(self._session.image.id if self._session.image else None)
        text = f"Imported: {summary.words}."
        if summary.issues:
            kinds = "\n".join(f"{kind}: {count}" for kind, count in summary.faults().items())
            details = "\n".join(f"{issue.where}: {issue.problem}" for issue in summary.issues)
            self.ask.tell("Import", f"{text}\n\n{kinds}", details)
        self._messages.say(text)
        if here:
            self._learning.learn()

    def export_file(self, *, all_images: bool = False) -> None:
        """Ask where to, and write the file."""
        project = self._session.project
        if project is None:
            return
        file = self.ask.where_to_export(project.path.with_name(f"{project.path.stem}-coco.json"))
        if file is not None:
            self._export(project.path, file, all_images=all_images)

    def _export(self, path: Path, file: Path, *, all_images: bool, force: bool = False) -> None:
        self.banner.hide()
        job = in_project(path, lambda p, _: export_dataset(p, file, all_images=all_images, force=force))
        again = partial(self._export, path, file, all_images=all_images, force=True)
        self._runner.start(
            FILES,
            "Exporting",
            job,
            on_success=self._on_exported,
            on_failure=partial(self._on_not_exported, again),
        )

    def _on_not_exported(self, again: Callable[[], None], error: BaseException) -> None:
        if isinstance(error, WouldReplaceError):
            self._replace = again
            self.banner.show_text(error.message, "Replace it")
        else:
            self._runner.on_failure("Exporting", error)

    def _replace_it(self) -> None:
        if self._replace is not None:
            self._replace()

    def _on_exported(self, summary: ExportSummary) -> None:
        self._warning.dismiss()
        left = [
            f"{count} {word}"
            for count, word in (
                (summary.undecided, "undecided"),
                (summary.skipped, "skipped"),
                (summary.unreadable, "unreadable"),
            )
            if count
        ]
        tail = f" Left out: {', '.join(left)}." if left else ""
        remarks = "".join(f" {remark}" for remark in in_words(summary))
        self._messages.say(
            f"Exported: {counted(summary.annotations, 'box')} on {counted(summary.images, 'picture')}, "
            f"to {summary.path}.{tail}{remarks}"
        )
