"""The process that `test_bulk` measures: 60,000 images are skipped and brought back while a hand draws;
prints JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from hitl_desktop.app import SWITCH_INTERVAL
from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
from tests.benchmarks.loop_process import timer

TICK_MS = 5
ACT_MS = 50
MOST_SECONDS = 120


def main(file: Path) -> None:
    """Open the project, select everything, skip it, draw meanwhile, then undo it."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    app = QApplication(["bench"])
    window = MainWindow(Settings(), automatic=False)
    window.show()
    window.open_path(file)
    session, deadline = window.session, time.monotonic() + MOST_SECONDS
    while not window.canvas.has_image or not session.image_list.statuses or window.runner.jobs:
        app.processEvents()
    session.project_acts.add_category("thing")
    gaps: list[float] = []
    acts: list[float] = []
    refused: list[str] = []
    last = [time.perf_counter(), time.thread_time()]
    computed: list[float] = []
    window.messages.warning.connect(refused.append)

    def tick() -> None:
        now = [time.perf_counter(), time.thread_time()]
        gaps.append(now[0] - last[0])
        computed.append(now[1] - last[1])
        last[:] = now

    def latest_is_box() -> bool:
        """A box from before the first portion is older than the long act, and undo would stop that
        instead."""
        assert session.project
        entry = session.project.journal.next_undo()
        return entry is not None and entry[1].label == Act(ActKind.DRAW)

    def act() -> None:
        began = time.perf_counter()
        x = 10 + len(acts) % 40
        if len(acts) % 3 == 1:
            session.set_threshold(0.3 + len(acts) % 5 / 100)
        elif len(acts) % 3 == 2 and latest_is_box():  # of the box: the image stays as simple as it is
            window.actions_["undo"].trigger()
        else:
            window.canvas.drawn.emit(BBox(x, 10, 30, 30))
        acts.append(time.perf_counter() - began)

    def run(until: object) -> float:
        began = time.perf_counter()
        while not until() and time.monotonic() < deadline:  # type: ignore[operator]
            app.processEvents()
            time.sleep(0.0005)
        return time.perf_counter() - began

    window.queue.list.selectAll()
    images = len(session.image_list.statuses)
    run(partial(session.image_list.count, "undecided"))
    timers = [timer(TICK_MS, tick), timer(ACT_MS, act)]
    last[0] = time.perf_counter()
    calm = time.perf_counter() + 3.0  # the same hand without the job, to compare with
    run(lambda: time.perf_counter() > calm)
    before = gaps[:], acts[:]
    window.actions_["skip_selected"].trigger()
    gaps.clear()
    acts.clear()  # the next act is a box of its own
    computed.clear()
    seconds = run(lambda: session.image_list.count("skipped") >= images - 1 and not window.runner.jobs)
    run_on = time.perf_counter() + 1.0  # what follows the act counts, too
    run(lambda: time.perf_counter() > run_on)
    for one in timers:
        one.stop()
    project = session.project
    assert project
    result = {
        "calm_gaps": before[0],
        "calm_acts": before[1],
        "gaps": gaps,
        "computed": computed,
        "acts": acts,
        "seconds": seconds,
        "skipped": session.image_list.count("skipped"),
        "boxes": len(project.annotations.all()),
        "refused": refused,
    }
    window.close()
    print(json.dumps(result))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    main(Path(sys.argv[1]))
