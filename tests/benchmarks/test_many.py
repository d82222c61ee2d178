"""Fifty thousand images in a folder, a million in a project; each in a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from hitl_desktop.domain.queues import QueueReason, Reason
from hitl_desktop.domain.review import Ranked
from hitl_desktop.service.project.image_list import ImageList
from hitl_desktop.service.project.image_walk import MANY as MANY_IN_WINDOW
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.workflows.queue.listing import list_queue

from .conftest import Bench

MANY = 50_000
MILLION = 1_000_000
OPEN = """
import json, resource, sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication
from hitl_desktop.app import SWITCH_INTERVAL
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
sys.setswitchinterval(SWITCH_INTERVAL)
app = QApplication(["bench"])
window = MainWindow(Settings(), automatic=False)
window.show()
app.processEvents()
def memory():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
def until(condition):
    while not condition():
        app.processEvents()
        time.sleep(0.001)
before, began = memory(), time.perf_counter()
window.open_path(Path(sys.argv[1]))
until(lambda: window.canvas.has_picture)
window.canvas.repaint()
result = {"first_ms": (time.perf_counter() - began) * 1000}
cpu = time.thread_time()
if sys.argv[3] == "look":
    window.loop.intake.refresh_folders()
until(lambda: len(window.session.image_list.statuses) >= int(sys.argv[2]))
until(lambda: not any(job.title == "Listing images" for job in window.runner.jobs))
result["listed_ms"] = (time.perf_counter() - began) * 1000
result |= {"gui_cpu_ms": (time.thread_time() - cpu) * 1000, "added_mb": memory() - before}
window.runner.cancel("reading")
window.close()
print(json.dumps(result))
"""


def opened(path: Path, count: int, look: str) -> dict[str, float]:
    env = os.environ | {"HITL_CONFIG_DIR": str(path.parent / "c"), "HITL_DATA_DIR": str(path.parent / "d")}
    done = subprocess.run(
        [sys.executable, "-c", OPEN, path, str(count), look],
        capture_output=True,
        text=True,
        check=True,
        env=env,
    )
    return json.loads(done.stdout)


@pytest.mark.bench
def test_a_folder_of_fifty_thousand(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    Image.new("RGB", (640, 480), (90, 120, 60)).save(folder / "00000.jpg")
    for number in range(1, MANY):
        (folder / f"{number:05}.jpg").hardlink_to(folder / "00000.jpg")
    seen = opened(folder, MANY, "look")
    for key, value in seen.items():
        bench.note(f"open_50k_{key}", value)


@pytest.mark.bench
def test_a_project_of_a_million(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "million"
    folder.mkdir()
    Image.new("RGB", (640, 480), (90, 120, 60)).save(folder / "0.jpg")
    with Project.create(tmp_path / "million" / "million.hitl") as project:
        folder_id = project.add_folder(folder)
        with project.db.transaction():
            project.db.many(
                "INSERT INTO images (folder_id, path, width, height, content_hash) VALUES (?, ?, 640, 480, ?)",
                ((folder_id, f"{n}.jpg", str(n)) for n in range(MILLION)),
            )
    seen = opened(folder / "million.hitl", MILLION, "")
    bench.note("reopen_1m_ms", seen["first_ms"])
    for key in ("listed_ms", "gui_cpu_ms", "added_mb"):
        bench.note(f"reopen_1m_{key}", seen[key])


@pytest.mark.bench
def test_as_many_images_as_the_window_lists_by_itself(bench: Bench, tmp_path: Path) -> None:
    with Project.create(tmp_path / "p.hitl") as project:
        folder_id = project.add_folder(tmp_path)
        with project.db.transaction():
            project.db.many(
                "INSERT INTO images (folder_id, path, width, height, content_hash) VALUES (?, ?, 640, 480, ?)",
                ((folder_id, f"{n}.jpg", str(n)) for n in range(MANY_IN_WINDOW)),
            )
            ranked = [Ranked(n, 0.5, Reason.RANDOM, QueueReason.RANDOM) for n in range(1, MANY_IN_WINDOW, 2)]
            project.queue.take(Ranking(list(range(MANY_IN_WINDOW, 0, -1)), ranked))
        images, times = ImageList(), list[float]()
        for _ in range(9):
            began = time.thread_time()
            images.take(list_queue(project))
            times.append((time.thread_time() - began) * 1000)
    bench.note("list_in_window_ms", statistics.median(times))
