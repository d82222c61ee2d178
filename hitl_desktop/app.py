"""Start the window: builds every object, wires them, no logic."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from hitl_desktop.errors import HitlError
from hitl_desktop.memory import bound_heap
from hitl_desktop.settings import Settings
from hitl_desktop.translation import language, tr
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.shell import excepthook
from hitl_desktop.ui.theme.style import apply_theme

SWITCH_INTERVAL = 0.0002
"""Seconds after which a job hands the interpreter to the window.

One accepted image is some hundred hand-overs, so Python's 5 ms would make it wait for half a second at
worst; measured, the longest pause fell from 145 ms to under 70 ms.
"""

_POLL_MS = 200


def run(path: Path | None, *, screenshot: Path | None = None, after: float = 60.0) -> int:
    """Show the window until it is closed.

    With `screenshot`: until all jobs are done, or `after` seconds have passed, and an image of it is saved.
    """
    check_display()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("hitl-desktop")
    _translate_qt(app)
    excepthook.start_log()
    settings = Settings()
    apply_theme(settings.text("theme"))
    sys.setswitchinterval(SWITCH_INTERVAL)
    bound_heap()
    window = MainWindow(settings)
    excepthook.install(window.messages)
    signal.signal(signal.SIGINT, lambda _signal, _frame: window.close())
    window.show()
    if path is not None:
        QTimer.singleShot(0, lambda: window.open_path(path))
    if screenshot is not None:
        _save_when_idle(window, screenshot, after)
    return app.exec()


def _translate_qt(app: QCoreApplication) -> None:
    """Give Qt's own buttons and dialogs the language of the texts, where Qt has it."""
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale(language()), "qtbase", "_", folder):
        app.installTranslator(translator)


def check_display() -> None:
    """Refuse to start where Qt would end the process.

    Raises:
        HitlError: there is no display, and none was chosen.
    """
    chosen = [os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")]
    if sys.platform.startswith("linux") and not any(chosen):
        raise HitlError(
            tr("There is no display, so the window cannot be opened."),
            hint=tr("Work on the command line (hitl-desktop --help), or try hitl-desktop demo."),
        )


def _save_when_idle(window: MainWindow, file: Path, after: float) -> None:
    timer = QTimer(window)
    waited = [0]

    def save_if_idle() -> None:
        waited[0] += _POLL_MS
        idle = window.canvas.has_image and not window.runner.jobs
        if (idle and waited[0] > 5 * _POLL_MS) or waited[0] >= after * 1000:
            timer.stop()
            window.grab().save(str(file))
            window.close()

    timer.timeout.connect(save_if_idle)
    timer.start(_POLL_MS)
