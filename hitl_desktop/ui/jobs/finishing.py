"""Closing waits for files that are being written."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QProgressBar, QVBoxLayout, QWidget

from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.translation import tr
from hitl_desktop.ui.widgets.once import once


class FinishingDialog(QDialog):
    """Shows what is being written and closes when that is done."""

    def __init__(self, runner: JobRunner, parent: QWidget) -> None:
        super().__init__(parent)
        self._runner, self._seen = runner, list[Job]()
        self.setWindowTitle(tr("Finishing before closing"))
        self.titles = QLabel()
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setAccessibleName(tr("Finishing"))
        buttons = QDialogButtonBox()
        buttons.addButton(tr("Keep HITL Desktop open"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.titles, bar, buttons):
            layout.addWidget(widget)
        runner.changed.connect(self._update)
        self.finished.connect(self._on_finished)
        self._update()

    def _on_finished(self, _result: int) -> None:
        self._runner.changed.disconnect(self._update)

    def _update(self) -> None:
        jobs = self._runner.to_finish
        self._seen += [job for job in jobs if job not in self._seen]
        self.titles.setText("\n".join(job.title for job in jobs))
        if not jobs:
            self.done(not any(job.error for job in self._seen))


def finish_files(runner: JobRunner, parent: QWidget) -> bool:
    """Wait for the files on their way; False if one failed or the person would rather not close."""
    if not runner.to_finish:
        return True
    with once(FinishingDialog(runner, parent)) as dialog:
        return bool(dialog.exec())
