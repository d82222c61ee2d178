"""What is none of the categories: marked by key, named later on a wall of crops."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import UNKNOWN
from hitl_desktop.domain.words import counted
from hitl_desktop.service.jobs import JobRunner
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr
from hitl_desktop.ui.boxes.controller import Controller
from hitl_desktop.ui.boxes.unknown_mode import UnknownMode
from hitl_desktop.ui.jobs.preparing import prepare
from hitl_desktop.ui.review.modes import ReviewModes
from hitl_desktop.workflows.prediction.unknowns import Unknown, group_unknowns, name_unknowns

_MANY = 100
"""More objects than this are named by a job."""


class UnknownActs:
    """Acts on objects without a name."""

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        long_acts: LongActs,
        controller: Controller,
        messages: Messages,
        modes: ReviewModes,
        window: QWidget,
    ) -> None:
        self._session, self._runner = session, runner
        self._long_acts, self._controller = long_acts, controller
        self._messages, self._modes, self._window = messages, modes, window
        self.mode: UnknownMode | None = None
        session.opened.connect(self.close)

    def mark(self) -> None:
        """The selected boxes, or the one that waits for a name, are none of the categories."""
        self._controller.mark_as(UNKNOWN)  # what is drawn next is something again

    def show_wall(self) -> None:
        """Group what is unknown, and show it."""
        prepare(
            self._session.jobs,
            self._window,
            tr("Grouping unknown objects"),
            lambda p, progress: group_unknowns(p, progress, threads=1),
            self._show,
        )

    def _show(self, groups: Sequence[Sequence[Unknown]]) -> None:
        if not groups:
            self._messages.show(tr("No object is marked as unknown yet. U marks the selected box."))
            return
        names = [name for name in self._session.known.offered.values() if name != UNKNOWN]
        self.close()
        self.mode = UnknownMode(groups, names, self._name)
        self.mode.left.connect(self.close)
        self._modes.enter(self.mode)

    def close(self) -> None:
        """Leave the crops."""
        if self.mode is not None:
            mode, self.mode = self.mode, None
            self._modes.leave(mode)

    def _name(self, boxes: Sequence[Annotation], name: str) -> bool:
        if len(boxes) <= _MANY:
            return self._session.project_acts.manage(lambda project: name_unknowns(project, boxes, name))
        if not name.strip():
            self._messages.warn(tr("Type a name for these objects first."))
            return False
        self._long_acts.change_many(
            tr("Naming {objects}", objects=counted(len(boxes), "object")),
            lambda p, progress, reserved: name_unknowns(p, boxes, name, progress, reserved=reserved),
            self._session.walk.apply_changes,
        )
        return True
