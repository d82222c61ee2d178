"""Reports are saved where a person wants them, and may be opened at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import FILES, JobRunner
from hitl_desktop.service.messages import Messages
from hitl_desktop.translation import tr
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.ui.widgets.banner import Banner


class Reports:
    """Asks where to save a report, writes it as a page with its data as JSON beside it, and offers to open
    it."""

    def __init__(self, runner: JobRunner, banner: Banner, messages: Messages, ask: Ask) -> None:
        self._runner, self._banner, self._messages, self.ask = runner, banner, messages, ask
        self._page: Path | None = None
        banner.offered.connect(self._open)

    def save(self, suggestion: Path, write: Callable[[Path, Progress], Path]) -> None:
        """Let `write` write the report under a stem (`NAME.html` and `NAME.json`), in a job."""
        page = self.ask.where_to_save_report(suggestion)
        if page is None:
            return
        stem = page.with_name(page.name[: -len(suggestion.suffix)])
        data = stem.with_name(f"{stem.name}.json")
        question = tr("{name} would be replaced with the data of the report. Replace it?", name=data.name)
        if data.exists() and not page.exists() and not self.ask.confirm(tr("Save report as"), question):
            return
        self._runner.start(
            FILES,
            tr("Writing the report"),
            lambda progress: write(stem, progress),
            on_success=self._on_written,
        )

    def _on_written(self, stem: Path) -> None:
        self._page = stem.with_name(f"{stem.name}.html")
        self._messages.show(tr("Written: {page} and {name}.json.", page=self._page, name=stem.name))
        self._banner.show_text(tr("Report saved as {page}.", page=self._page), tr("Open report"))

    def _open(self) -> None:
        if self._page is not None:
            self._banner.dismiss()
            self.ask.open_file(self._page)
