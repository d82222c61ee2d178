"""Make resources/screenshot.png: the window on the demo project, as the program draws it."""

import os
import sys
import tempfile
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from hitl_desktop.progress import NoProgress
from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.widgets.theme import apply_theme
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.benchmark.demo import run_demo


def wait(ms: int) -> None:
    """Let the window live; QTest.qWait would keep its threads from running."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


with tempfile.TemporaryDirectory() as place:
    os.environ["HITL_CONFIG_DIR"] = place
    project = run_demo(Path(place) / "demo", NoProgress()).project
    app = QApplication(sys.argv[:1])
    theme = sys.argv[2] if len(sys.argv) > 2 else "light"
    apply_theme(theme)
    window = MainWindow(Settings(), automatic=False)
    window.resize(1360, 860)
    window.show()
    window.open_path(project)
    session = window.session
    wait(1500)
    for _ in range(40):  # a synthetic image with several proposals
        if session.image and "synthetic" in session.image.path and len(session.visible_proposals) >= 4:
            break
        session.next()
    wait(500)
    first, second = session.visible_proposals[:2]
    session.revise([Revision(first), Revision(second)])
    window.canvas.select_next()
    wait(1500)
    window.grab().save(sys.argv[1] if len(sys.argv) > 1 else "resources/screenshot.png")
    window.close()
