"""Garbage is collected by the clock."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator
from types import ModuleType

import pytest
from pytestqt.qtbot import QtBot

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
