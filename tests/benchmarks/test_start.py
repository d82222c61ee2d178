"""Start to usable window, and the first image of a large folder, each in a process of its own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from .conftest import Bench

RUNS = 5
START = """
import gc, json, resource, sys, time
gc.disable()  # as the command that opens the window does
from pathlib import Path
began = time.perf_counter()
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.theme.style import apply_theme
app = QApplication(["bench"])
apply_theme("light")
window = MainWindow(Settings(), automatic=False)
window.show()
app.processEvents()
def memory():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
result = {"cpu_s": cpu, "wall_s": time.perf_counter() - began, "rss_mb": memory()}
if len(sys.argv) > 1:
    began = time.perf_counter()
    window.open_path(Path(sys.argv[1]))
    while not window.canvas.has_picture:
        app.processEvents()
    window.canvas.grab()
    result["first_picture_s"] = time.perf_counter() - began
    window.loop.intake.refresh_folders()
    while len(window.session.image_list.statuses) < 10_000:
        app.processEvents()
    result["listed_s"] = time.perf_counter() - began
window.close()
print(json.dumps(result))
"""


def start(*args: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", START, *args], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.bench
def test_start_of_the_window(bench: Bench) -> None:
    start()  # fills the disk cache
    runs = [start() for _ in range(RUNS)]
    for key in ("cpu_s", "wall_s", "rss_mb"):
        bench.note(f"start_{key}", statistics.median(run[key] for run in runs))


@pytest.mark.bench
def test_first_image_of_ten_thousand(bench: Bench, tmp_path: Path) -> None:
    runs = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        Image.new("RGB", (640, 480), (90, 120, 60)).save(folder / "00000.jpg")
        for other in range(1, 10_000):
            (folder / f"{other:05}.jpg").hardlink_to(folder / "00000.jpg")
        runs.append(start(str(folder)))
    bench.note("open_10k_first_picture_s", statistics.median(run["first_picture_s"] for run in runs))
    bench.note("open_10k_listed_s", statistics.median(run["listed_s"] for run in runs))
