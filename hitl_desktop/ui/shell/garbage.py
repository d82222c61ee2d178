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
_QUIET_TICKS = 5
"""Ticks without jobs after which many new objects are here to stay."""
_MANY_NEW = 50_000
"""To look through more new objects than this takes longer than a hand should wait: it is put off until most of them
are gone, or are here to stay. Python's own count falls when older objects go, so blocks of memory are counted, too; a
list of the objects (`gc.get_objects`) must not be made, for it breaks another thread that is filling a tuple."""


class GarbageTimer(QObject):
    """Takes garbage collection over from Python until it is stopped."""

    def __init__(self, is_busy: Callable[[], bool] = lambda: True) -> None:
        """With `is_busy`, models that are loaded are unloaded after a minute without jobs."""
        super().__init__()
        self._modules = self._ticks = self._quiet = self._passed_over = 0
        self._blocks = self._frozen = sys.getallocatedblocks()
        self._is_busy = is_busy
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Collect by the clock from now on."""
        gc.disable()
        self._blocks = self._frozen = sys.getallocatedblocks()
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
        has_new_modules = len(sys.modules) != self._modules
        is_full = has_new_modules or self._ticks % _FULL_EVERY == 0
        new = max(gc.get_count()[0], sys.getallocatedblocks() - (self._frozen if is_full else self._blocks))
        are_many = new >= _MANY_NEW
        self._passed_over = self._passed_over + 1 if are_many else 0
        if not are_many:
            gc.collect(2 if is_full else 1)
        long = _QUIET_TICKS if self._quiet >= _QUIET_TICKS else _IDLE_TICKS
        if has_new_modules or self._passed_over > long:
            gc.freeze()  # what is garbage among these stays for good
            self._modules, self._passed_over = len(sys.modules), 0
            self._frozen = sys.getallocatedblocks()
        if not are_many or not self._passed_over:
            self._blocks = sys.getallocatedblocks()
        now = sys.getallocatedblocks()
        self._frozen, self._blocks = min(self._frozen, now), min(self._blocks, now)


def _release_engines() -> None:
    from hitl_desktop.workflows.detection.engines import release_engines  # noqa: PLC0415 - not at start

    release_engines()
