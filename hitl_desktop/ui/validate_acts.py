"""Validation only through the window: judge proposals, read what that says, and promote verdicts if asked to."""

from __future__ import annotations

import json
from functools import partial

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.validation import Validated
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.ui.background import EXAMINING, in_project
from hitl_desktop.ui.dialogs.ask import Ask
from hitl_desktop.ui.dialogs.validate import ValidateDialog
from hitl_desktop.ui.jobs import JobRunner
from hitl_desktop.ui.messages import Messages
from hitl_desktop.ui.session import Session
from hitl_desktop.workflows import validate

_LOOKED_AT = 4


class ValidateActs:
    """Acts of validation; verdicts go into a table of their own, which nothing that teaches reads."""

    def __init__(self, session: Session, runner: JobRunner, messages: Messages, ask: Ask, window: QWidget) -> None:
        self._session, self._runner = session, runner
        self._messages, self.ask, self._window = messages, ask, window
        self.dialog: ValidateDialog | None = None
        self._done: list[int] = []
        session.opened.connect(self.close)

    def show(self) -> None:
        """Begin, or go on."""
        if self._session.project is None or self.dialog is not None:
            return
        try:
            validate.next_picture(self._session.project)
        except HitlError as error:
            self._messages.error(error)
            return
        self._done = []
        self.dialog = ValidateDialog(self._window)
        self.dialog.judged.connect(self._judge)
        self.dialog.back_asked.connect(self._back)
        self.dialog.report_asked.connect(self._report)
        self.dialog.promote_asked.connect(self._promote)
        self.dialog.finished.connect(self.close)
        self._show_next()
        self.dialog.show()
        self.dialog.setFocus()

    def _show_next(self) -> None:
        """Let the head look at the next pictures, then show the first of them."""
        project, dialog = self._session.project, self.dialog
        if project is None or dialog is None:
            return
        try:
            waiting = validate.next_pictures(project, _LOOKED_AT)
        except HitlError:
            waiting = []
        if not waiting:
            dialog.show_end(validate.in_words(validate.report(project)))
            return
        dialog.wait()
        job = in_project(project.path, lambda p, progress: validate.look(p, waiting[:1], progress, threads=1))
        shows = partial(self._show, waiting[0].id)
        self._runner.start(EXAMINING, "Looking at a picture", job, on_success=shows, quiet=True)
        ahead = in_project(project.path, lambda p, progress: validate.look(p, waiting[1:], progress, threads=1))
        self._runner.start(EXAMINING, "Looking at the next pictures", ahead, quiet=True)

    def _show(self, image_id: int, _done: None) -> None:
        session, project, dialog = self._session, self._session.project, self.dialog
        image = project.images.get(image_id) if project is not None else None
        if project is None or dialog is None or image is None:
            return
        proposals = validate.to_judge(project, image, session.thresholds)
        words = f"{counted(len(self._done), 'picture')} judged now. {image.path}."
        dialog.show_proposals(
            image.id, project.path_of(image), proposals, session.offered, project.heads.active_id(), words
        )

    def _judge(self, validated: Validated) -> None:
        done: list[int] = []

        def act(project: Project) -> Changes:
            done.append(validate.judge(project, validated))
            return Changes()

        if self._session.manage(act):
            self._done += done
            self._show_next()

    def _back(self) -> None:
        """Take the latest verdicts back and judge that picture again."""
        if not self._done:
            self._messages.say("Nothing was judged in this sitting that could be taken back.")
            return
        if self._session.manage(partial(_forgotten, self._done[-1])):
            self._done.pop()
            self._show_next()

    def _report(self) -> None:
        project = self._session.project
        if project is not None:
            told = validate.report(project)
            self.ask.tell("Validation", validate.in_words(told), json.dumps(told, indent=1))

    def _promote(self) -> None:
        question = (
            "From now on the verdicts count as labels: correct boxes and those whose real category you said become "
            "annotations, and the head learns from them. They no longer measure it. Do that?"
        )
        if not self.ask.confirm("Use verdicts as labels", question):
            return
        done: list[validate.Promotion] = []

        def act(project: Project) -> Changes:
            done.append(validate.promote(project))
            return done[-1].changes

        if self._session.manage(act):
            self._messages.say(
                f"Decided from verdicts: {counted(done[0].decided, 'picture')}; {done[0].to_finish} still want a box "
                "drawn or moved. Ctrl+Z takes it back."
            )
            self._session.decided.emit()

    def close(self, _result: int = 0) -> None:
        """End it for now; what was judged is kept."""
        if self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.close()
            dialog.deleteLater()


def _forgotten(validation_id: int, project: Project) -> Changes:
    project.validations.forget(validation_id)
    return Changes()
