"""Garbage is collected by the clock."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from types import ModuleType

import pytest
from pytestqt.qtbot import QtBot

from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card, load_detector
from hitl_desktop.ui.shell.garbage import GarbageTimer


class Cycle:
    """Is freed by the collector only."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def timer(qtbot: QtBot) -> Iterator[GarbageTimer]:
    timer = GarbageTimer()
    timer.start()
    yield timer
    timer.stop()


def test_garbage_of_the_moment_in_which_something_was_imported_is_freed(
    timer: GarbageTimer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = weakref.ref(Cycle())
    assert seen() is not None
    monkeypatch.setitem(sys.modules, "imported_just_now", ModuleType("imported_just_now"))
    timer._tick()
    assert seen() is None
    assert gc.get_freeze_count() > 0


def test_models_are_unloaded_after_a_minute_without_jobs(qtbot: QtBot) -> None:
    busy = [True]
    timer = GarbageTimer(lambda: busy[0])
    card = find_card(DEFAULT_DETECTOR)
    first = load_detector(card, threads=1)
    for _ in range(100):
        timer._tick()
    assert load_detector(card, threads=1) is first
    busy[0] = False
    for _ in range(59):
        timer._tick()
    assert load_detector(card, threads=1) is first
    timer._tick()
    qtbot.waitUntil(lambda: load_detector(card, threads=1) is not first)


def test_sources_of_imported_modules_are_not_kept() -> None:
    code = "import linecache, hitl_desktop.ui.main_window, sklearn.linear_model; print(len(linecache.cache))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50


def test_very_many_new_objects_are_not_looked_through(timer: GarbageTimer) -> None:
    timer._tick()
    many = [[n] for n in range(100_000)]
    before = gc.get_freeze_count()
    timer._tick()
    assert gc.get_freeze_count() >= before + len(many)
    seen = weakref.ref(Cycle())
    timer._tick()
    assert seen() is None  # afterwards garbage is collected as before
