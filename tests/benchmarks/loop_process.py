"""The process that `test_event_loop` measures: a window on real images, drawn in while jobs run; prints
JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from hitl_desktop.app import SWITCH_INTERVAL
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow

TICK_MS = 5
ACT_MS = 100
SECONDS = 60
HAND_COMES_AFTER = 3  # nobody draws sooner; the loop is watched all the same


class Watch:
    """What the loop did: silences between ticks, acts, and how long the disk took to sync."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.gaps: list[tuple[float, str]] = []
        self.acts: list[float] = []
        self.syncs: list[float] = []
        self.doing = ""
        self.steps = 0
        self._synced = 0.0
        self.last = time.perf_counter()
        self._time_commits()

    def _time_commits(self) -> None:
        project = self.window.session.project
        assert project
        execute = project.db.execute

        def timed(sql: str, values: tuple[object, ...] = ()) -> object:
            began = time.perf_counter()
            try:
                return execute(sql, values)
            finally:
                if sql == "COMMIT":
                    self.syncs.append(time.perf_counter() - began)

        project.db.execute = timed  # type: ignore[method-assign,assignment]

    def tick(self) -> None:
        """Note the silence since the last tick."""
        now = time.perf_counter()
        self.gaps.append((now - self.last, self.doing))
        self.last = now
        self.doing = ", ".join(job.title for job in self.window.runner.jobs)

    def act(self) -> None:
        """Draw four boxes, accept the image, and so on: one act an event, as hands do."""
        session = self.window.session
        if session.image is None or not self.window.canvas.has_image:
            return
        self.steps += 1
        if session.category_id is None:
            session.project_acts.add_category("thing")
        if self.steps % 5:
            self._time("draw", partial(self.window.canvas.drawn.emit, BBox(20 + self.steps % 50, 20, 60, 60)))
        else:
            self._time("accept", session.acts.accept_image)

    def _time(self, name: str, function: Callable[[], None]) -> None:
        self.doing = f"{name} beside {self.doing}"
        began = time.perf_counter()
        function()
        self.acts.append(time.perf_counter() - began)


def timer(every_ms: int, function: Callable[[], None]) -> QTimer:
    """A precise one."""
    made = QTimer()
    made.setTimerType(Qt.TimerType.PreciseTimer)
    made.timeout.connect(function)
    made.start(every_ms)
    return made


def main(folder: Path) -> None:
    """Open the folder and work for a minute."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    app = QApplication(["bench"])
    window = MainWindow(Settings())
    window.show()
    window.open_path(folder)
    while not window.canvas.has_image:
        app.processEvents()
    watch = Watch(window)
    ticks = timer(TICK_MS, watch.tick)
    acts: list[QTimer] = []
    QTimer.singleShot(HAND_COMES_AFTER * 1000, lambda: acts.append(timer(ACT_MS, watch.act)))
    QTimer.singleShot(SECONDS * 1000, lambda: app.exit(0))  # quit() would close the window
    app.exec()
    ticks.stop()
    acts[0].stop()
    project = window.session.project
    assert project
    model = project.meta.get_id("detector")
    result = {
        "gaps": watch.gaps,
        "acts": watch.acts,
        "syncs": watch.syncs,
        "heads": project.db.scalar("SELECT count(*) FROM head_versions"),
        "prelabelled": len(project.predictions.images_done(model)) if model else 0,
        "pictures": len(window.session.image_list.statuses),
    }
    window.close()
    print(json.dumps(result))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    main(Path(sys.argv[1]))
