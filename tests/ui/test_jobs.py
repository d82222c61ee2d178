from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.errors import HitlError
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import FILES, Job, JobRunner
from hitl_desktop.ui.widgets.qt_thread import QtThread


@pytest.fixture
def runner(qtbot: QtBot) -> Iterator[JobRunner]:
    made = JobRunner(QtThread())
    yield made
    made.close()


def test_a_job_succeeds_off_the_gui_thread_and_reports_back_on_it(runner: JobRunner, qtbot: QtBot) -> None:
    seen: list[object] = []
    me = threading.get_ident()

    def work(progress: Progress) -> int:
        progress.report(1, 2)
        return threading.get_ident()

    runner.start("a", "Work", work, on_success=lambda other: seen.append((other, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(seen))
    other, here = seen[0]  # type: ignore[misc]
    assert other != me
    assert here == me
    assert runner.jobs == []


def test_each_job_has_exactly_one_ending(runner: JobRunner, qtbot: QtBot) -> None:
    endings: list[str] = []
    gate = threading.Event()

    def fails(_progress: Progress) -> None:
        raise HitlError("It broke.", hint="Mend it.")

    def waits(progress: Progress) -> None:
        gate.wait(10)
        progress.check_cancelled()

    for title, function in (("ok", lambda _: None), ("bad", fails), ("stopped", waits)):
        job = runner.start(
            "a", title, function,
            on_success=lambda _, t=title: endings.append(f"{t} success"),
            on_failure=lambda _, t=title: endings.append(f"{t} failure"),
            on_cancelled=lambda t=title: endings.append(f"{t} cancelled"),
        )  # fmt: skip
    job.cancel()
    gate.set()
    qtbot.waitUntil(lambda: len(endings) == 3)
    assert endings == ["ok success", "bad failure", "stopped cancelled"]


def test_a_failure_nobody_handles_goes_to_the_runner(runner: JobRunner, qtbot: QtBot) -> None:
    failures: list[tuple[str, BaseException]] = []
    runner.on_failure = lambda title, error: failures.append((title, error))

    def fails(_progress: Progress) -> None:
        raise HitlError("It broke.", hint="Mend it.")

    runner.start("a", "Title", fails)
    qtbot.waitUntil(lambda: bool(failures))
    assert failures[0][0] == "Title"
    assert str(failures[0][1]) == "It broke. Mend it."


def test_jobs_of_a_lane_run_one_after_the_other_and_lanes_side_by_side(
    runner: JobRunner, qtbot: QtBot
) -> None:
    order: list[str] = []
    other = threading.Event()

    def slow(progress: Progress) -> None:
        while not other.is_set():
            progress.check_cancelled()  # here the other lane gets its turn
        order.append("slow")

    runner.start("a", "slow", slow)
    runner.start("a", "after", lambda _: order.append("after"))
    runner.start("b", "beside", lambda _: (order.append("beside"), other.set()))
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == ["beside", "slow", "after"]


def test_progress_is_thinned_but_the_last_step_always_told(runner: JobRunner, qtbot: QtBot) -> None:
    updates: list[int] = []

    def work(progress: Progress) -> None:
        for n in range(1, 1001):
            progress.report(n, 1000)

    runner.start("a", "Work", work, on_progress=lambda job: updates.append(job.done))
    qtbot.waitUntil(lambda: not runner.jobs)
    assert updates[-1] == 1000
    assert len(updates) < 50


def test_closing_cancels_waits_and_calls_nobody(qtbot: QtBot) -> None:
    runner = JobRunner(QtThread())
    called: list[object] = []
    started = threading.Event()

    def work(progress: Progress) -> None:
        started.set()
        while True:
            progress.check_cancelled()

    runner.start("a", "endless", work, on_cancelled=lambda: called.append("cancelled"))
    runner.start("a", "never", lambda _: called.append("ran"), on_success=called.append)
    started.wait(10)
    runner.close()
    assert isinstance(runner.start("a", "late", lambda _: called.append("late")), Job)
    QCoreApplication.processEvents()  # what the jobs left for this thread
    assert called == []


def test_closing_writes_the_files_that_were_asked_for(qtbot: QtBot, tmp_path: Path) -> None:
    runner = JobRunner(QtThread())
    started, places = threading.Event(), runner._turns._free

    def detect(progress: Progress) -> None:
        started.set()
        while True:
            progress.check_cancelled()

    for lane in range(places):  # every turn is taken
        runner.start(f"detecting {lane}", "Pre-labelling", detect)
    started.wait(10)
    for name in ("import", "export"):  # the second waits for the first
        runner.start(FILES, name, lambda _, name=name: (tmp_path / name).write_text("done"))
    runner.close()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "import": "done",
        "export": "done",
    }


def test_a_job_that_was_done_when_cancel_was_pressed_has_succeeded(runner: JobRunner, qtbot: QtBot) -> None:
    endings: list[str] = []
    gate = threading.Event()
    job = runner.start(
        "a", "past the point", lambda _: gate.wait(10),
        on_success=lambda _: endings.append("success"), on_cancelled=lambda: endings.append("cancelled"),
    )  # fmt: skip
    assert runner.busy("a")
    runner.cancel("a")
    assert not runner.busy("a")
    gate.set()
    qtbot.waitUntil(lambda: bool(endings))
    assert endings == ["success"]
    assert job.is_cancelled


def test_the_result_of_an_abandoned_job_is_dropped(runner: JobRunner, qtbot: QtBot) -> None:
    endings: list[str] = []
    gate = threading.Event()
    runner.start(
        "a", "of another project", lambda _: gate.wait(10),
        on_success=lambda _: endings.append("success"), on_cancelled=lambda: endings.append("cancelled"),
    )  # fmt: skip
    runner.abandon("a")
    gate.set()
    qtbot.waitUntil(lambda: bool(endings))
    assert endings == ["cancelled"]


def test_what_can_be_done_later_makes_way_and_what_somebody_asked_for_does_not(
    runner: JobRunner, qtbot: QtBot
) -> None:
    ended: list[str] = []
    gate = threading.Event()

    def running(progress: Progress) -> None:
        gate.wait(10)
        progress.check_cancelled()

    runner.start("a", "running", running, on_cancelled=lambda: ended.append("running"), gives_way=True)
    for title, quiet, gives_way in (
        ("later", False, True),
        ("quiet", True, True),
        ("asked for", False, False),
    ):
        runner.start(
            "a", title, lambda _: None, quiet=quiet, gives_way=gives_way,
            on_success=lambda _, title=title: ended.append(f"{title}: done"),
            on_cancelled=lambda title=title: ended.append(title),
        )  # fmt: skip
    runner.make_way("a")
    gate.set()
    qtbot.waitUntil(lambda: len(ended) == 4)
    assert ended == ["running", "later", "quiet", "asked for: done"]


def test_quiet_jobs_are_cancelled_too(runner: JobRunner, qtbot: QtBot) -> None:
    ended: list[str] = []

    def work(progress: Progress) -> None:
        while True:
            progress.check_cancelled()

    runner.start("a", "quiet", work, quiet=True, on_cancelled=lambda: ended.append("cancelled"))
    runner.cancel("a")
    qtbot.waitUntil(lambda: ended == ["cancelled"])
