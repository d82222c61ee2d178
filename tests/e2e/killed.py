"""A window that draws, pre-labels and learns until it is killed; prints each act once the window calls it
saved."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow

app = QApplication(sys.argv[:1])
window = MainWindow(Settings())
window.show()
window.open_path(Path(sys.argv[1]))
step = 0


def is_saved() -> bool:
    """What the status bar shows of the last act."""
    return "NOT SAVED" not in window.action_bar.saved.text()


def act() -> None:
    """Draw three boxes, move one, decide the image, and so on."""
    global step  # noqa: PLW0603
    session = window.session
    if session.image is None or not window.canvas.has_image:
        return
    if session.category_id is None:
        session.project_acts.add_category("thing")
    step += 1
    image_id = session.image.id
    if step % 5:
        window.canvas.drawn.emit(BBox(step % 300, step % 200, 40 + step % 7, 30))
        drawn = session.annotations[-1]
        if is_saved():  # "saving" outlives a kill, too: only a power cut may lose it
            print(f"box {drawn.id} {image_id} {drawn.bbox.x} {drawn.bbox.w}", flush=True)
    else:
        session.acts.accept_image()
        if is_saved():
            print(f"decided {image_id}", flush=True)
    jobs = ",".join(job.title for job in window.runner.jobs)
    print(f"jobs {jobs}", flush=True)


timer = QTimer()
timer.timeout.connect(act)
timer.start(15)
app.exec()
