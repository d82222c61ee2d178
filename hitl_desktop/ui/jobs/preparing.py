"""What is asked for opens at once, with its progress, while a job reads what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QProgressBar, QVBoxLayout, QWidget

from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import Job
from hitl_desktop.service.project.project_jobs import ProjectJobs, in_project
from hitl_desktop.store.project import Project

PREPARING = "preparing"
"""The lane of what a person waits for; it has nothing else in it."""
_Result = TypeVar("_Result")


class PreparingDialog(QDialog):
    """A progress bar that may be cancelled."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(360)
        self.words = QLabel(f"{title}...")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.words, self.bar, buttons):
            layout.addWidget(widget)

    def show_progress(self, job: Job) -> None:
        """Show how far the job is."""
        self.bar.setRange(0, job.total)
        self.bar.setValue(job.done)


def prepare(
    jobs: ProjectJobs,
    window: QWidget,
    title: str,
    function: Callable[[Project, Progress], _Result],
    on_ready: Callable[[_Result], object],
    *,
    lane: str = PREPARING,
) -> None:
    """Open a dialog at once and run the job that reads what is to be shown; `on_ready` shows it.

    The dialog has the keyboard until then, so that nothing comes up while somebody types elsewhere.
    Cancelled, nothing is shown.
    """
    if jobs.path is None:
        return
    dialog, show = PreparingDialog(title, window), jobs.if_still_open(on_ready)

    def end() -> None:
        dialog.blockSignals(True)
        dialog.close()
        dialog.deleteLater()

    def ready(result: _Result) -> None:
        end()
        show(result)

    def failed(error: BaseException) -> None:
        end()
        jobs.runner.on_failure(title, error)

    job = jobs.runner.start(
        lane, title, in_project(jobs.path, function), on_success=ready, on_failure=failed, on_cancelled=end,
        on_progress=dialog.show_progress, quiet=True,
    )  # fmt: skip
    dialog.rejected.connect(job.abandon)
    dialog.open()
