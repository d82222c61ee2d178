"""Work beside the main thread: jobs in lanes, every callback back on the main thread."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from hitl_desktop.progress import JobCancelled, Progress
from hitl_desktop.service.events import Event, MainThread

REPORTS_PER_SECOND = 10
FILES = "files"
"""The lane of what a person asked to be written, such as exports, imports and changes of many images. It is
finished, whatever else is stopped."""
JobFunction = Callable[[Progress], Any]


def _do_nothing(*_: object) -> None:
    pass


def lower_priority() -> None:
    """Let the window go first: on Linux each thread has a niceness of its own, and threads made by it inherit
    it."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class Turns:
    """Lets as many jobs compute at once as leave one processor to the window; the others wait, first come
    first served.

    Jobs pass their turn on whenever they check for cancellation. With more busy threads than processors, the
    one that holds the interpreter may be the one that does not run, and the window waits for both.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    def take(self) -> None:
        """Wait for a turn."""
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def give(self) -> None:
        """Let the next one have its turn."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class Job:
    """A running or waiting job; it is the `Progress` that its function sees."""

    def __init__(
        self,
        title: str,
        lane: str,
        post: Callable[[Callable[[], None]], None],
        turns: Turns,
        *,
        gives_way: bool = False,
    ) -> None:
        self.title, self.lane, self.gives_way = title, lane, gives_way
        self.done, self.total, self.text = 0, 0, ""
        self.started = time.monotonic()
        self.on_progress: Callable[[Job], None] = _do_nothing
        self.error: BaseException | None = None
        """What it failed with, once it has ended."""
        self.is_abandoned = False
        self._post, self._turns = post, turns
        self._cancelled = threading.Event()
        self._last_report = 0.0

    @property
    def rate(self) -> float:
        """Steps a second since the start."""
        return self.done / max(time.monotonic() - self.started, 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the rate so far; None while there is nothing to go by."""
        return (self.total - self.done) / self.rate if self.total and self.done else None

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to stop at its next check; if it ends before that, it has succeeded."""
        self._cancelled.set()

    def abandon(self) -> None:
        """Ask it to stop, and drop its result if it ends before that."""
        self.is_abandoned = True
        self.cancel()

    def check_cancelled(self) -> None:
        """Raise `JobCancelled` inside the job when it was asked to stop; else let others have a turn."""
        if not self._cancelled.is_set():
            self._turns.give()
            self._turns.take()
        if self._cancelled.is_set():
            raise JobCancelled

    def report(self, done: int, total: int, text: str = "") -> None:
        """Note how far it is; notifies the main thread ten times a second at most."""
        now = time.monotonic()
        self.done, self.total, self.text = done, total, text
        if now - self._last_report >= 1 / REPORTS_PER_SECOND or done == total:
            self._last_report = now
            self._post(partial(self.on_progress, self))

    def run(self, function: JobFunction) -> Any:
        """Wait for a turn and call the function; for the lane's thread."""
        self._turns.take()
        try:
            self.check_cancelled()
            self.started = time.monotonic()
            return function(self)
        finally:
            self._turns.give()


class JobRunner:
    """Runs jobs, one at a time in each lane, and calls back on the main thread.

    Attributes:
        changed: A job started, moved on, or ended.
    """

    def __init__(self, main_thread: MainThread) -> None:
        self.changed = Event[[]]()
        self._main_thread = main_thread
        self.jobs: list[Job] = []
        self._quiet: list[Job] = []
        self._lanes: dict[str, ThreadPoolExecutor] = {}
        self._closed = False
        self._turns = Turns(max(1, (os.cpu_count() or 2) - 1))
        self.on_failure: Callable[[str, BaseException], None] = _do_nothing

    def start(
        self,
        lane: str,
        title: str,
        function: JobFunction,
        *,
        on_success: Callable[[Any], None] = _do_nothing,
        on_failure: Callable[[BaseException], None] | None = None,
        on_cancelled: Callable[[], None] = _do_nothing,
        on_progress: Callable[[Job], None] = _do_nothing,
        quiet: bool = False,
        gives_way: bool = False,
    ) -> Job:
        """Queue a job in a lane; exactly one of the three endings is called, unless the runner was closed
        before.

        `quiet` jobs are too short to be listed; what `gives_way` can be done later.
        """
        job = Job(title, lane, self._post, self._turns, gives_way=gives_way)
        if self._closed:
            return job
        job.on_progress = partial(self._progressed, on_progress)
        (self._quiet if quiet else self.jobs).append(job)
        if lane not in self._lanes:
            # what writes holds a lock that the window may wait for, so it is not to be held up by other
            # programs
            first = None if lane == FILES else lower_priority
            self._lanes[lane] = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{lane}", initializer=first)
        future = self._lanes[lane].submit(job.run, function)
        ending = partial(
            self._end, job, on_success, on_failure or partial(self._report_failure, title), on_cancelled
        )
        future.add_done_callback(lambda done: self._post(partial(ending, done)))
        self.changed.emit()
        return job

    def busy(self, lane: str) -> bool:
        """Whether a lane has a listed job running or waiting that was not asked to stop."""
        return any(job.lane == lane and not job.is_cancelled for job in self.jobs)

    @property
    def to_finish(self) -> list[Job]:
        """The jobs that closing waits for."""
        return [job for job in self.jobs if job.lane == FILES]

    def cancel(self, *lanes: str) -> None:
        """Ask the jobs of these lanes to stop."""
        for job in (*self.jobs, *self._quiet):
            if job.lane in lanes:
                job.cancel()

    def abandon(self, *lanes: str) -> None:
        """Ask the jobs of these lanes to stop, and drop the results of those that end before that."""
        for job in (*self.jobs, *self._quiet):
            if job.lane in lanes:
                job.abandon()

    def make_way(self, lane: str) -> None:
        """Ask those jobs of a lane to stop that can be done later; not what somebody asked for."""
        for job in (*self.jobs, *self._quiet):
            if job.lane == lane and job.gives_way:
                job.cancel()

    def close(self) -> None:
        """Finish the lane `FILES`, cancel the others, wait for all, and make no more callbacks."""
        self._closed = True
        self.cancel(*(lane for lane in self._lanes if lane != FILES))
        for lane, executor in self._lanes.items():
            executor.shutdown(wait=False, cancel_futures=lane != FILES)
        for executor in self._lanes.values():
            executor.shutdown()
        self.jobs.clear()
        self._quiet.clear()

    def _report_failure(self, title: str, error: BaseException) -> None:
        self.on_failure(title, error)

    def _progressed(self, callback: Callable[[Job], None], job: Job) -> None:
        callback(job)
        self.changed.emit()

    def _end(
        self,
        job: Job,
        on_success: Callable[[Any], None],
        on_failure: Callable[[BaseException], None],
        on_cancelled: Callable[[], None],
        done: Future[Any],
    ) -> None:
        for kept in (self.jobs, self._quiet):
            if job in kept:
                kept.remove(job)
        error = None if done.cancelled() else done.exception()
        if done.cancelled() or isinstance(error, JobCancelled) or (error is None and job.is_abandoned):
            on_cancelled()
        elif error is not None:
            job.error = error
            on_failure(error)
        else:
            on_success(done.result())
        self.changed.emit()

    def _post(self, callback: Callable[[], None]) -> None:
        self._main_thread.post(partial(self._run_posted, callback))

    def _run_posted(self, callback: Callable[[], None]) -> None:
        if not self._closed:
            callback()
