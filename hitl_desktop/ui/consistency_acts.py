"""Label some decided pictures once more, blind, and see how far one agrees with oneself."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.consistency import LabelledBox
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
from hitl_desktop.ui.dialogs.second_look import SecondLookDialog
from hitl_desktop.ui.messages import Messages
from hitl_desktop.ui.session import Session
from hitl_desktop.workflows.consistency import consistency, due, look_again, next_due


class ConsistencyActs:
    """Acts of looking once more; what is drawn goes into a table of its own."""

    def __init__(self, session: Session, messages: Messages, window: QWidget) -> None:
        self._session, self._messages, self._window = session, messages, window
        self.dialog: SecondLookDialog | None = None
        session.opened.connect(self.close)

    def show(self) -> None:
        """Begin with what is due."""
        project = self._session.project
        if project is None or self.dialog is not None:
            return
        try:
            next_due(project)
        except HitlError as error:
            told = consistency(project.second_looks.all())
            self._messages.say(f"{error} {told.words}" if told.f1 is not None else f"{error} {error.hint}")
            return
        self.dialog = SecondLookDialog(self._window)
        self.dialog.labelled.connect(self._on_done)
        self.dialog.finished.connect(self.close)
        self._show_next()
        self.dialog.show()
        self.dialog.setFocus()

    def _show_next(self) -> None:
        project, dialog = self._session.project, self.dialog
        if project is None or dialog is None:
            return
        waiting = due(project)
        if not waiting:
            dialog.show_result(consistency(project.second_looks.all()).words)
            return
        words = f"{counted(len(waiting), 'picture')} to be labelled once more."
        dialog.show_picture(waiting[0].id, project.path_of(waiting[0]), self._session.offered, words)

    def _on_done(self, boxes: list[LabelledBox]) -> None:
        dialog = self.dialog
        if dialog is not None and self._session.manage(partial(_kept, dialog.image_id, boxes, dialog.seconds)):
            self._show_next()

    def close(self, _result: int = 0) -> None:
        """End it for now."""
        if self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.close()
            dialog.deleteLater()


def _kept(image_id: int, boxes: list[LabelledBox], seconds: float, project: Project) -> Changes:
    look_again(project, image_id, boxes, seconds)
    return Changes()
