from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.service.jobs import Job, JobRunner
from hitl_desktop.service.loop.long_acts import LongActs
from hitl_desktop.service.loop.loop import Loop
from hitl_desktop.service.messages import Messages
from hitl_desktop.service.project.session import Session
from hitl_desktop.settings import Settings
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.images.open_folder import add_folder, scan


class Pump:
    """The main thread of a test: what others post is called by `run_until`."""

    def __init__(self) -> None:
        self._posted: queue.Queue[Callable[[], None]] = queue.Queue()
        self.repeated: list[Callable[[], object]] = []

    def post(self, callback: Callable[[], None]) -> None:
        self._posted.put(callback)

    def repeat(self, milliseconds: int, callback: Callable[[], object]) -> Callable[[], None]:
        self.repeated.append(callback)
        return lambda: self.repeated.remove(callback)

    def run_until(self, is_done: Callable[[], bool], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not is_done():
            self._posted.get(timeout=max(end - time.monotonic(), 0.01))()


class HeldRunner(JobRunner):
    """Queues jobs and runs none: a test ends them as it wants."""

    def __init__(self) -> None:
        super().__init__(Pump())
        self.endings: dict[str, tuple[Job, Callable[[Any], object], Callable[..., object], Any]] = {}

    def start(self, lane: str, title: str, function: Any, **callbacks: Any) -> Job:
        job = Job(title, lane, lambda _: None, self._turns, gives_way=callbacks.get("gives_way", False))
        (self._quiet if callbacks.get("quiet") else self.jobs).append(job)
        on_failure = callbacks.get("on_failure") or (lambda _: None)
        self.endings[title] = (
            job,
            callbacks.get("on_success", lambda _: None),
            on_failure,
            callbacks.get("on_cancelled"),
        )
        return job

    @property
    def titles(self) -> list[str]:
        return [job.title for job in self.jobs if not job.is_cancelled]

    def succeed(self, title: str, result: object) -> None:
        job, on_success, _, _ = self.endings.pop(title)
        (self.jobs if job in self.jobs else self._quiet).remove(job)
        on_success(result)

    def fail(self, title: str, error: BaseException) -> None:
        job, _, on_failure, on_cancelled = self.endings.pop(title)
        (self.jobs if job in self.jobs else self._quiet).remove(job)
        if isinstance(error, JobCancelled):
            on_cancelled()
        else:
            on_failure(error)


class Service:
    """All of the service, and what it told people."""

    def __init__(self, runner: JobRunner | None = None, *, automatic: bool = False) -> None:
        self.pump = Pump()
        self.messages = Messages()
        self.texts: list[str] = []
        self.messages.info.connect(self.texts.append)
        self.messages.warning.connect(self.texts.append)
        self.runner = runner or JobRunner(self.pump)
        self.session = Session(Settings(), self.messages, self.pump, self.runner)
        self.loop = Loop(self.session, automatic=automatic)
        self.long_acts = LongActs(self.session, self.loop.learning)

    def open(self, path: Path) -> None:
        self.session.walk.use(Project.open(path))

    def close(self) -> None:
        self.session.walk.close()
        self.runner.close()


@pytest.fixture
def project_file(tmp_path: Path, images: Path) -> Path:
    """A project that lists and has read the four small images."""
    with Project.create(tmp_path / "test.hitl") as project:
        add_folder(project, images, NoProgress())
        scan(project, NoProgress())
    return tmp_path / "test.hitl"


@pytest.fixture
def service(project_file: Path) -> Iterator[Service]:
    made = Service()
    made.open(project_file)
    yield made
    made.close()
