"""When garbage is collected, and unused models unloaded: between events, never in the middle of one.

A full collection walks every object; with scikit-learn loaded that took up to 160 ms here, in whatever thread
it began, and the window stood still. Collected by a timer, with imported modules out of sight, it takes a
millisecond or two.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from threading import Thread

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 1000
_FULL_EVERY = 20
_IDLE_TICKS = 60
_MANY_NEW = 50_000
"""Looking through more new objects than this takes longer than a hand should wait: cycles among them stay for good.
Python's count also falls when older objects go, so it may miss some; a list of the objects (`gc.get_objects`) must not
be made, for that breaks another thread that is filling a tuple."""


class GarbageTimer(QObject):
    """Takes garbage collection over from Python until it is stopped."""

    def __init__(self, is_busy: Callable[[], bool] = lambda: True) -> None:
        """With `is_busy`, models that are loaded are unloaded after a minute without jobs."""
        super().__init__()
        self._modules = self._ticks = self._quiet = 0
        self._is_busy = is_busy
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Collect by the clock from now on."""
        gc.disable()
        self._tick()
        self._timer.start(_EVERY_MS)

    def stop(self) -> None:
        """Give it back to Python."""
        self._timer.stop()
        gc.enable()

    def _tick(self) -> None:
        self._ticks += 1
        self._quiet = 0 if self._is_busy() else self._quiet + 1
        if self._quiet == _IDLE_TICKS:
            Thread(target=_release_engines, name="engines", daemon=True).start()  # it takes 40 ms
        are_many = gc.get_count()[0] >= _MANY_NEW
        if len(sys.modules) != self._modules or are_many:
            self._modules = len(sys.modules)
            if not are_many:
                gc.collect()  # cycles that are frozen are never freed
            gc.freeze()
        else:
            gc.collect(2 if self._ticks % _FULL_EVERY == 0 else 1)


def _release_engines() -> None:
    from hitl_desktop.workflows.detection.engines import release_engines  # noqa: PLC0415 - not at start

    release_engines()
