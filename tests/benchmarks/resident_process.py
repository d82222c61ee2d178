"""The process that `test_resident` measures: a window with everything loaded while images are pre-labelled; prints
JSON with the memory it takes, sampled ten times a second."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from hitl_desktop.app import SWITCH_INTERVAL
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.memory import bound_heap
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow

SECONDS = 180
DECIDED = 4


def resident_mb() -> float:
    """What is in memory now, of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) * 1024 / 1e6


def main(folder: Path) -> None:
    """Open the folder, draw on the first images so that a head learns, and go on until all are pre-labelled."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    bound_heap()
    app = QApplication(["bench"])
    window = MainWindow(Settings())
    window.resize(1360, 860)
    window.show()
    window.open_path(folder)
    samples: list[tuple[float, str]] = []
    began, decided, quiet = time.monotonic(), 0, 0

    def look() -> None:
        nonlocal decided, quiet
        session = window.session
        samples.append((resident_mb(), ", ".join(job.title for job in window.runner.jobs)))
        is_shown = session.image is not None and window.canvas.has_image
        if is_shown and decided < DECIDED and len(samples) % 10 == 0:
            if session.category_id is None:
                session.project_acts.add_category("thing")
            width, height = window.canvas.image_size
            for n in (1, 2):
                window.canvas.drawn.emit(BBox(width * n / 4, height / 4, width / 5, height / 3))
            session.acts.accept_image()
            decided += 1
        elif is_shown and len(samples) % 20 == 0 and window.runner.jobs:
            session.walk.next()  # somebody looks through the images meanwhile
        quiet = 0 if window.runner.jobs or decided < DECIDED else quiet + 1
        if quiet > 50 or time.monotonic() - began > SECONDS:
            app.exit(0)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(100)
    app.exec()
    timer.stop()
    most = max(samples)
    project = window.session.project
    model = project.meta.get_id("detector") if project else None
    result = {
        "peak_mb": most[0],
        "peak_while": most[1],
        "end_mb": samples[-1][0],
        "heads": project.db.scalar("SELECT count(*) FROM head_versions") if project else 0,
        "prelabelled": len(project.predictions.images_done(model)) if project and model else 0,
        "samples": [round(mb) for mb, _ in samples[::10]],
    }
    window.close()
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
