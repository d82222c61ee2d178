"""The loop: new images are read and pre-labelled, decisions are learned, and the queue follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hitl_desktop.progress import Progress
from hitl_desktop.service.loop.intake import Intake
from hitl_desktop.service.loop.learning import Learning
from hitl_desktop.service.loop.steps import DETECTING, EXAMINING, LEARNING, READING
from hitl_desktop.service.project.session import Session
from hitl_desktop.translation import tr


class Loop:
    """Keeps going by itself; with `automatic` off, each part of it waits until it is asked for.

    `libraries` are loaded in the background before somebody waits for them.
    """

    def __init__(
        self,
        session: Session,
        *,
        automatic: bool = True,
        libraries: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._session, self._automatic, self._libraries = session, automatic, libraries
        self.learning = Learning(session, automatic=automatic)
        self.intake = Intake(session, self.learning, automatic=automatic)
        session.opened.connect(self._start)

    def _start(self) -> None:
        runner = self._session.jobs.runner
        runner.abandon(READING, DETECTING, LEARNING, EXAMINING)  # jobs of another project
        if self._session.project is not None and self._automatic:
            runner.start(LEARNING, tr("Loading libraries"), self._load_libraries, quiet=True)
        self.intake.start()
        self.learning.start()

    def _load_libraries(self, _: Progress) -> None:
        for load in self._libraries:
            load()

    def stop(self) -> None:
        """Ask what goes on by itself to stop; files that are being written are finished."""
        self._session.jobs.runner.cancel(READING, DETECTING, LEARNING, EXAMINING)
