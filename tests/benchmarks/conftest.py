"""Collects measurements, prints them as a table, writes build/bench.json."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hitl_desktop.settings import Settings
from hitl_desktop.ui.main_window import MainWindow

OUT = Path(__file__).parents[2] / "build" / "bench.json"
FIGURES: dict[str, float] = {}


class Bench:
    """Flat figures by name."""

    def note(self, name: str, value: float) -> None:
        FIGURES[name] = round(float(value), 4)


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()


def window_on(folder: Path, qtbot: QtBot, images: int, *, read: bool = True) -> MainWindow:
    """A window on a folder of so many images, all of them listed, and `read`; nothing going on by
    itself."""
    window = MainWindow(Settings(), automatic=False)
    qtbot.addWidget(window)
    window.resize(1360, 860)
    window.show()
    window.open_path(folder)
    qtbot.waitUntil(lambda: window.session.is_open)
    window.loop.intake.refresh_folders()
    qtbot.waitUntil(lambda: len(window.session.image_list.statuses) == images, timeout=60_000)
    if not read:
        window.runner.cancel("reading")
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=60_000)
    return window


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, and the file."""
    if not FIGURES:
        return
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(FIGURES, indent=1) + "\n")
    terminalreporter.section(f"measured with {os.cpu_count()} processors, written to build/{OUT.name}")
    for name, value in FIGURES.items():
        terminalreporter.write_line(f"{name:<36} {value:>12.3f}")
