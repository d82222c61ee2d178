"""Tune and report: gathered by a job, shown in the model panel where figures open boxes, written as one
page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hitl_desktop.domain.edits import Changes
from hitl_desktop.formats.atomic import write_report
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.service.loop.steps import EXAMINING
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.project_jobs import in_project
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.files.reports import Reports
from hitl_desktop.ui.jobs.preparing import PREPARING
from hitl_desktop.ui.model.example_wall import CUT_SIDE
from hitl_desktop.ui.model.model_panel import ModelPanel
from hitl_desktop.ui.model.tune_pages import TunePages
from hitl_desktop.workflows.images.open_folder import paths_of
from hitl_desktop.workflows.quality.example_crops import cut_examples
from hitl_desktop.workflows.quality.report import Report, charted
from hitl_desktop.workflows.quality.report_page import report_and_page
from hitl_desktop.workflows.quality.tuning import Example, Tuning, tuning

_Measured = tuple[Tuning, Report, dict[int, str]]


class TuneActs:
    """Acts of whoever looks after the loop."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        canvas: Canvas,
        panel: ModelPanel,
        messages: Messages,
        reports: Reports,
    ) -> None:
        self._session, self._runner, self._canvas, self._panel = session, runner, canvas, panel
        self._messages, self._reports = messages, reports
        self.pages: TunePages | None = None
        self._measuring: Job | None = None
        self._cutting: Job | None = None
        self._is_stale = True
        self._is_shown = False
        session.opened.connect(self._forget)
        session.changed.connect(self._on_changed)
        session.leaving.connect(self._hide_box)

    def show(self) -> None:
        """Show what was measured; measure it first if that was not done, or before the last head."""
        if self.pages is not None:
            self._panel.show_page(self.pages.page(self._panel.tabs.currentIndex() - 1))
        project = self._session.project
        if (
            project is None
            or not self._is_stale
            or (self._measuring is not None and not self._measuring.is_cancelled)
        ):
            return
        if self.pages is None:
            self._panel.show_words(tr("Being measured."))
        self._is_stale = False
        self._measuring = self._session.jobs.start(
            EXAMINING,
            tr("Measuring the loop"),
            _measure,
            on_success=self._show,
            on_failure=self._on_not_measured,
            on_cancelled=partial(self._on_not_measured, None),
        )

    def _show(self, measured: _Measured) -> None:
        self._measuring = None
        now = self.pages
        self.pages = TunePages(*measured, self._panel, now.chosen if now else None)
        if now is not None:
            now.deleteLater()
        self.pages.example_chosen.connect(self._show_example)
        self.pages.crops_asked.connect(self._cut)
        self.pages.page_asked.connect(self._show_page)
        if self._panel.is_tuning:
            self.show()

    def _show_page(self, number: int) -> None:
        self._panel.tabs.setCurrentIndex(number + 1)

    def _cut(self, examples: Sequence[Example]) -> None:
        """Load the crops of these boxes; the ones asked for before are cancelled."""
        if self._cutting is not None:
            self._cutting.abandon()
        pages = self.pages
        self._cutting = self._session.jobs.start(
            PREPARING,
            tr("Cutting out boxes"),
            lambda project, progress: cut_examples(project, examples, CUT_SIDE, progress),
            on_success=lambda crops: pages.show_crops(crops) if pages is self.pages and pages else None,
            quiet=True,
        )

    def _on_not_measured(self, error: BaseException | None) -> None:
        self._measuring, self._is_stale = None, True
        if self.pages is None:
            self._panel.show_words(tr("Measuring failed. Model > Tune tries again."))
        if error is not None:
            self._messages.error(error)

    def _on_changed(self, changes: Changes) -> None:
        if changes.head:
            self._is_stale = True
            if self._panel.is_tuning:
                self.show()

    def _forget(self) -> None:
        self.pages, self._measuring, self._is_stale = None, None, True
        self._panel.show_words("")
        if self._panel.is_tuning:
            self.show()

    def _hide_box(self) -> None:
        if self._is_shown:
            self._is_shown = False
            self._canvas.show_suggestion(None)

    def _show_example(self, example: Example) -> None:
        if self._session.image is None or self._session.image.id != example.image_id:
            self._session.walk.go_to(example.image_id)
        self._canvas.show_suggestion(example.bbox, tr("this one"))
        self._is_shown = True

    def write(self) -> None:
        """Write the report, as a page and as JSON beside it."""
        project = self._session.project
        if project is not None:
            path, suggestion = project.path, project.path.with_name(f"{project.path.stem}-report.html")
            self._reports.save(
                suggestion, lambda stem, progress: in_project(path, partial(_written, stem))(progress)
            )


def _measure(project: Project, progress: Progress) -> _Measured:
    tuned = tuning(project, progress)
    return tuned, charted(project, tuned), paths_of(project)


def _written(stem: Path, project: Project, progress: Progress) -> Path:
    data, page = report_and_page(project, progress)
    return write_report(stem, page, data)
