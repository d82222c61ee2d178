"""Jobs on the open project, and the one place where answers about another project are dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.store.project import Project

_Result = TypeVar("_Result")
_Arguments = TypeVar("_Arguments")


def in_project(path: Path, function: Callable[[Project, Progress], _Result]) -> Callable[[Progress], _Result]:
    """The function as a job: with a project connection of its own thread."""

    def job(progress: Progress) -> _Result:
        with Project.open(path, background=True) as project:
            return function(project, progress)

    return job


class ProjectJobs:
    """Starts jobs on the project that is open, each with a connection of its own.

    Whatever they report once another project is open (or the same one was opened anew) is dropped, but for
    errors, which are always shown.
    """

    def __init__(self, runner: JobRunner) -> None:
        self.runner = runner
        self.path: Path | None = None
        self._epoch = 0

    def use(self, path: Path | None) -> None:
        """Another project is open, or none."""
        self.path = path
        self._epoch += 1

    def start(
        self,
        lane: str,
        title: str,
        function: Callable[[Project, Progress], _Result],
        *,
        on_success: Callable[[_Result], object] | None = None,
        on_failure: Callable[[BaseException], object] | None = None,
        on_cancelled: Callable[[], object] | None = None,
        on_progress: Callable[[Job], object] | None = None,
        quiet: bool = False,
        gives_way: bool = False,
    ) -> Job | None:
        """Queue a job in a lane, see `JobRunner.start`; None while no project is open."""
        if self.path is None:
            return None
        return self.runner.start(
            lane,
            title,
            in_project(self.path, function),
            on_success=self.if_still_open(on_success or _nothing),
            on_failure=self._failing(title, on_failure) if on_failure is not None else None,
            on_cancelled=self._unless_closed(on_cancelled or _no_answer),
            on_progress=self.if_still_open(on_progress or _nothing),
            quiet=quiet,
            gives_way=gives_way,
        )

    def _failing(
        self, title: str, answer: Callable[[BaseException], object]
    ) -> Callable[[BaseException], None]:
        epoch = self._epoch

        def failed(error: BaseException) -> None:
            if epoch == self._epoch:
                answer(error)
            else:
                self.runner.on_failure(title, error)

        return failed

    def if_still_open(self, answer: Callable[[_Arguments], object]) -> Callable[[_Arguments], None]:
        """`answer`, but doing nothing once another project is open."""
        epoch = self._epoch

        def checked(argument: _Arguments) -> None:
            if epoch == self._epoch:
                answer(argument)

        return checked

    def _unless_closed(self, answer: Callable[[], object]) -> Callable[[], None]:
        checked = self.if_still_open(lambda _: answer())
        return lambda: checked(None)


def _nothing(_: object) -> None:
    pass


def _no_answer() -> None:
    pass
