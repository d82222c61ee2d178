"""Possible label errors: find labels that are probably wrong, show each on its image, mend or dismiss it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.label_issues import LabelIssue
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.service.loop.steps import EXAMINING
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.jobs.preparing import PREPARING
from hitl_desktop.ui.quality.label_error_panel import LabelErrorPanel
from hitl_desktop.ui.review.crop_list import CropList
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.workflows.annotation.label_issues import apply_suggestion, dismiss, holds, open_issues
from hitl_desktop.workflows.images.open_folder import paths_of
from hitl_desktop.workflows.quality.label_errors import find_label_errors

_Listed = tuple[list[LabelIssue], dict[int, str]]


class ErrorActs:
    """Acts on label issues."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        canvas: Canvas,
        messages: Messages,
        modes: ReviewModes,
    ) -> None:
        self._session, self._runner, self._canvas = session, runner, canvas
        self._messages, self._modes = messages, modes
        self.mode: LabelErrorPanel | None = None
        self._is_shown = False
        self._came_from: int | None = None
        self._done: list[tuple[LabelIssue, int | None]] = []
        """What was done in the list, with the number of the edit, which a dismissal has not."""
        session.boxes_changed.connect(self._drop_changed)
        session.opened.connect(self.close)
        session.image_changed.connect(self._show_suggestion)

    def show(self) -> None:
        """Open the list at once and fill it; look for wrong labels first if nobody did."""
        if self._session.project is None:
            return
        if self.mode is None:
            self._came_from = self._session.at_hand
            crops = CropList(tr("Labels that are probably wrong"), self._session.jobs)
            self.mode = mode = LabelErrorPanel(crops)
            mode.issue_chosen.connect(self._show_issue)
            mode.mend_asked.connect(self._mend)
            mode.dismiss_asked.connect(self._dismiss)
            mode.undo_asked.connect(self._undo)
            mode.search_asked.connect(self.search)
            mode.left.connect(self._on_left)
            mode.show_waiting(tr("Reading what was found before."))
            self._modes.enter_beside(mode)
            mode.setFocus()
        self._list(or_search=True)

    def search(self) -> None:
        """Look at all decided images anew."""
        if self.mode is not None:
            self.mode.show_waiting(tr("Looking for wrong labels."))
        self._start(EXAMINING, tr("Looking for wrong labels"), _search)  # learning may not put an end to it

    def _list(self, *, or_search: bool = False) -> None:
        self._start(
            PREPARING, tr("Reading label issues"), lambda p, _: _listed(p), or_search=or_search, quiet=True
        )

    def _start(
        self,
        lane: str,
        title: str,
        function: Callable[[Project, Progress], _Listed],
        *,
        or_search: bool = False,
        quiet: bool = False,
    ) -> None:
        self._session.jobs.start(
            lane, title, function, quiet=quiet, on_progress=self._on_progress,
            on_success=partial(self._show, or_search), on_failure=self._on_failure,
            on_cancelled=partial(self._show_text, tr("Cancelled. Search again to go on.")),
        )  # fmt: skip

    def _on_progress(self, job: Job) -> None:
        if self.mode is not None and not self.mode.has_any:
            self.mode.show_progress(job)

    def _on_failure(self, error: BaseException) -> None:
        self._messages.error(error)
        if self.mode is not None and not self.mode.has_any:
            self.close()

    def _show_text(self, words: str) -> None:
        if self.mode is not None:
            self.mode.show_waiting(words)

    def _show(self, or_search: bool, listed: _Listed) -> None:
        if self.mode is None:
            return
        label_issues, paths = listed
        if label_issues or not or_search:
            self.mode.show_all(label_issues, self._session.known.of, paths)
        else:
            self.search()

    def _on_left(self) -> None:
        """Go back to the image at which the list was opened."""
        before = self._came_from
        self.close()
        if before is not None and self._session.at_hand != before:
            self._session.walk.go_to(before)

    def close(self) -> None:
        """Put the list away."""
        if self.mode is not None:
            mode, self.mode = self.mode, None
            self._done.clear()
            self._modes.leave(mode)
        self._show_suggestion()

    def _show_issue(self, issue: LabelIssue | None) -> None:
        session = self._session
        if issue is not None and (session.image is None or session.image.id != issue.image_id):
            session.walk.go_to(issue.image_id)
        self._show_suggestion()
        if issue is not None and issue.bbox is not None:
            same = (a for a in session.annotations if a.bbox == issue.bbox)
            item = next((i for a in same for i in self._canvas.items if i.bbox == a.bbox), None)
            self._canvas.selection.select(item.key if item else None)
        if issue is not None:
            self._canvas.camera.zoom_to_box(issue.bbox or issue.suggested_bbox)

    def _show_suggestion(self) -> None:
        session = self._session
        image = session.image
        issue = self.mode.current if self.mode else None
        if self.mode is None and image is not None and session.walk.again:  # it is asked about for that
            issue = session.views.label_issue(image.id, session.annotations)
        if issue is not None and image is not None and image.id == issue.image_id:
            self._canvas.show_suggestion(issue.suggested_bbox, issue.in_words(session.known.of))
            self._is_shown = True
        elif self._is_shown:
            self._canvas.show_suggestion(None)
            self._is_shown = False

    def _drop_changed(self) -> None:
        """What a hand changed on the image is no longer suspected."""
        image = self._session.image
        if self.mode is None:
            self._show_suggestion()
        elif image is not None:
            self.mode.keep_those(
                lambda s: s.image_id != image.id or holds(s, self._session.annotations), goes_on=False
            )

    @property
    def _answers(self) -> list[bool]:
        return [act is not None for _, act in self._done]

    def _mend(self, issue: LabelIssue) -> None:
        if self._session.project_acts.manage(lambda p: apply_suggestion(p, issue)):
            self._done.append((issue, self._session.views.latest_act()))
            self._session.receipt.emit(tr("The suggested fix was applied."))
        if self.mode is not None:
            self.mode.show_answers(self._answers)
            self.mode.keep_those(lambda s: s.id != issue.id, goes_on=False)
            self._show_issue(self.mode.current)

    def _dismiss(self, issue: LabelIssue) -> None:
        if self._session.project_acts.manage(partial(_dismissed, issue, is_dismissed=True)):
            self._done.append((issue, None))
            self._messages.show(tr("Kept as it is."))
            if self.mode is not None:
                self.mode.show_answers(self._answers)
                self.mode.keep_those(lambda s: s.id != issue.id)

    def _undo(self) -> None:
        """Take back what was done last in the list, and nothing else."""
        if not self._done:
            self._messages.show(tr("Nothing was done in this list that could be taken back."))
            return
        issue, number = self._done[-1]
        if number is None:
            self._session.project_acts.manage(partial(_dismissed, issue, is_dismissed=False))
        else:
            if self._session.views.latest_act() != number:
                self._messages.show(tr("Something else was done since. Take that back first, in the window."))
                return
            self._session.history.undo()
        self._done.pop()
        if self.mode is not None:
            self.mode.show_answers(self._answers)
        self._list()


def _dismissed(issue: LabelIssue, project: Project, *, is_dismissed: bool) -> Changes:
    dismiss(project, issue, is_dismissed=is_dismissed)
    return Changes()


def _search(project: Project, progress: Progress) -> _Listed:
    find_label_errors(project, progress, threads=1)
    return _listed(project)


def _listed(project: Project) -> _Listed:
    label_issues = open_issues(project)
    return label_issues, paths_of(project, {issue.image_id for issue in label_issues})
