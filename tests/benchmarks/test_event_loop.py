"""The longest silence of the event loop while pre-labelling and learning run on 300 real pictures."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from pytestqt.qtbot import QtBot

from hitl_desktop.app import SWITCH_INTERVAL
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow

from .conftest import Bench

PICTURES = 300
TICK_MS = 5
SECONDS = 60
HAND_COMES_AFTER = 3  # nobody draws sooner; the loop is watched all the same


@pytest.fixture
def real_pictures(shared_data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "real"
    folder.mkdir()
    sources = [p for name in ("coco-open100", "bccd") for p in sorted((shared_data / name / "images").iterdir())]
    for source in sources[:PICTURES]:
        (folder / source.name).symlink_to(source)
    return folder


@pytest.mark.bench
def test_the_event_loop_is_never_silent_for_long(bench: Bench, real_pictures: Path, qtbot: QtBot) -> None:
    sys.setswitchinterval(SWITCH_INTERVAL)
    window = MainWindow(Settings())
    qtbot.addWidget(window)
    window.show()
    gaps: list[tuple[float, str]] = []
    last = time.perf_counter()
    doing = "start"

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        gaps.append((now - last, doing))
        last = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    acts: list[float] = []

    def act(name: str, function: object) -> None:
        nonlocal doing
        doing = name
        began = time.perf_counter()
        function()  # type: ignore[operator]
        acts.append(time.perf_counter() - began)

    window.open_path(real_pictures)
    qtbot.waitUntil(lambda: window.canvas.has_picture)
    gc.collect()
    last = time.perf_counter()
    timer.start(TICK_MS)
    began = time.perf_counter()
    step = 0
    while time.perf_counter() - began < SECONDS:
        doing = "waiting: " + ", ".join(job.title for job in window.runner.jobs)
        qtbot.wait(120)
        if time.perf_counter() - began < HAND_COMES_AFTER:
            continue
        session = window.session
        if session.image is None or not window.canvas.has_picture:
            continue
        step += 1
        if session.category_id is None:
            act("category", partial(session.add_category, "thing"))
        act("draw", partial(window.canvas.drawn.emit, BBox(20 + step % 50, 20, 60, 60)))
        if step % 4 == 0:
            act("accept", session.accept_picture)
    timer.stop()
    project = window.session.project
    assert project
    heads = project.db.scalar("SELECT count(*) FROM head_versions")
    model = project.meta.get_id("detector")
    looked = len(project.predictions.images_done(model)) if model else 0
    assert heads > 2
    assert len(window.session.statuses) == PICTURES
    longest, during = max(gaps)
    ordered = sorted(gap for gap, _ in gaps)
    bench.note("loop_longest_pause_ms", longest * 1000)
    bench.note("loop_p99_pause_ms", ordered[int(len(ordered) * 0.99)] * 1000)
    bench.note("loop_pauses_over_50ms", sum(gap > 0.05 for gap, _ in gaps))
    bench.note("loop_ticks", len(gaps))
    bench.note("act_longest_ms", max(acts) * 1000)
    bench.note("act_median_ms", statistics.median(acts) * 1000)
    bench.note("loop_heads_learned", heads)
    bench.note("loop_pictures_prelabelled", looked)
    print("longest:", [(round(g * 1000), d) for g, d in sorted(gaps, reverse=True)[:8]])
    assert during
    window.close()
