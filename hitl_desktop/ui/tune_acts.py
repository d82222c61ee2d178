"""Tune and report: gathered by a job, shown in a dialog whose figures open boxes, written as one page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from hitl_desktop.formats.atomic import write_report
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.background import EXAMINING, FILES, in_project
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.dialogs.ask import Ask
from hitl_desktop.ui.head_acts import HeadActs
from hitl_desktop.ui.jobs import JobRunner
from hitl_desktop.ui.messages import Messages
from hitl_desktop.ui.session import Session
from hitl_desktop.workflows.report import report
from hitl_desktop.workflows.report_page import to_html
from hitl_desktop.workflows.tune import Spot, Tuning, tuning

_Told = tuple[Tuning, dict[int, str]]


class TuneActs:
    """Acts of whoever looks after the loop."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        canvas: Canvas,
        head_acts: HeadActs,
        messages: Messages,
        ask: Ask,
        window: QWidget,
    ) -> None:
        self._session, self._runner, self._canvas, self._head_acts = session, runner, canvas, head_acts
        self._messages, self.ask, self._window = messages, ask, window
        self.dialog: QWidget | None = None
        session.opened.connect(self.close)
        session.image_changed.connect(lambda: canvas.show_suggestion(None) if self.dialog is not None else None)

    def show(self) -> None:
        """Gather what was measured, and show it."""
        project = self._session.project
        if project is not None:
            shows = partial(self._show, project.path)
            self._runner.start(EXAMINING, "Measuring the loop", in_project(project.path, _told), on_success=shows)

    def _show(self, path: Path, told: _Told) -> None:
        from hitl_desktop.ui.dialogs.tune import TuneDialog  # noqa: PLC0415 - plots are heavy

        if self._session.project is None or self._session.project.path != path:
            return
        self.close()
        dialog = TuneDialog(*told, self._window)
        dialog.looked_at.connect(self._look_at)
        dialog.reliability_asked.connect(self._head_acts.show_reliability)
        dialog.report_asked.connect(self.write)
        dialog.finished.connect(self.close)
        self.dialog = dialog
        dialog.show()

    def _look_at(self, spot: Spot) -> None:
        if self._session.image is None or self._session.image.id != spot.image_id:
            self._session.go_to(spot.image_id)
        self._canvas.show_suggestion(spot.bbox, "this one")

    def write(self) -> None:
        """Write the report, as a page and as JSON beside it."""
        project = self._session.project
        folder = self.ask.folder() if project is not None else None
        if project is not None and folder is not None:
            stem = folder / f"{project.path.stem}-report"
            job = in_project(project.path, partial(_written, stem))
            self._runner.start(FILES, "Writing the report", job, on_success=self._on_written)

    def _on_written(self, stem: Path) -> None:
        self._messages.say(f"Written: {stem}.html and {stem.name}.json.")

    def close(self, _result: int = 0) -> None:
        """Put the dialog away."""
        if self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.close()
            dialog.deleteLater()
            self._canvas.show_suggestion(None)


def _told(project: Project, progress: Progress) -> _Told:
    return tuning(project, progress), {image.id: image.path for image in project.images.all()}


def _written(stem: Path, project: Project, progress: Progress) -> Path:
    told = report(project, progress)
    return write_report(stem, to_html(told), told)
