"""Label some decided images once more, blind, and see how far one agrees with oneself."""

from __future__ import annotations

from functools import partial

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.reannotation import LabelledBox
from hitl_desktop.domain.words import counted
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.loop.steps import READING
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.ui.quality.self_agreement_mode import ReannotationMode
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.workflows.quality.self_agreement import self_agreement, store_reannotation
from hitl_desktop.workflows.queue.relabelling import due, why_none


class ConsistencyActs:
    """Acts of looking once more; what is drawn goes into a table of its own."""

    def __init__(self, session: Session, runner: JobRunner, messages: Messages, modes: ReviewModes) -> None:
        self._session, self._runner, self._messages, self._modes = session, runner, messages, modes
        self._due: list[int] = []
        self._asked: int | None = None
        self._from: int | None = None
        self.mode: ReannotationMode | None = None
        session.opened.connect(self.close)

    def show(self) -> None:
        """Begin with what is due."""
        if self.mode is None:
            self._session.jobs.start(
                READING,
                tr("Finding images that are due"),
                lambda p, _: (due(p), why_none(p)),
                on_success=self._show,
                quiet=True,
            )

    def show_asked(self, image_id: int) -> None:
        """Label this image again: it is its turn in the queue, which goes on afterwards."""
        if self.mode is not None and self._due:
            self._messages.show(tr("An image is still being labelled again: finish it, or close it."))
            return
        self.close()
        self._due, self._asked, self._from = [image_id], image_id, self._session.at_hand
        self._open()

    def _show(self, found: tuple[list[int], str]) -> None:
        project = self._session.project
        if project is None or self.mode is not None:
            return
        self._due, why = found
        if not self._due:
            agreement = self_agreement(project)
            self._messages.show(f"{why} {agreement.words}" if agreement.f1 is not None else why)
            return
        self._open()

    def _open(self) -> None:
        self.mode = ReannotationMode()
        self.mode.labelled.connect(self._on_done)
        self.mode.unseen.connect(self._on_unseen)
        self.mode.left.connect(self._end)
        self._modes.enter(self.mode)
        self._show_next()

    def _show_next(self) -> None:
        project, mode = self._session.project, self.mode
        if project is None or mode is None:
            return
        image = self._session.views.image(self._due[0]) if self._due else None
        if image is None:
            agreement = self_agreement(project).words
            if self._asked is None:
                mode.show_result(agreement)
            else:
                self._end()
                self._messages.show(agreement)
            return
        self._session.walk.cover(image.id)
        words = tr("{images} to be labelled again.", images=counted(len(self._due), "image"))
        mode.show_image(image.id, project.path_of(image), self._session.known.offered, words)

    def _on_done(self, boxes: list[LabelledBox]) -> None:
        mode = self.mode
        if mode is not None and self._session.project_acts.manage(
            partial(_kept, mode.image_id, boxes, mode.seconds)
        ):
            self._session.image_list.pass_over(self._due.pop(0))
            self._show_next()

    def _on_unseen(self, _image_id: int) -> None:
        self._due.pop(0)
        self._show_next()

    def _end(self) -> None:
        """End it for now; what the queue asked for gives way to the next image."""
        asked = self._asked
        self.close()
        if asked is not None:
            self._session.image_list.pass_over(asked)
            if self._session.at_hand == self._from:  # nobody went elsewhere meanwhile
                self._session.walk.next()

    def close(self) -> None:
        """Leave it."""
        self._asked = None
        if self.mode is not None:
            mode, self.mode = self.mode, None
            self._modes.leave(mode)
            self._session.walk.uncover()


def _kept(image_id: int, boxes: list[LabelledBox], seconds: float, project: Project) -> Changes:
    store_reannotation(project, image_id, boxes, seconds)
    return Changes()
