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
"""Ticks without jobs after which garbage is looked for among what was frozen unseen."""
_MANY_NEW = 50_000
"""Looking through more new objects than this takes longer than a hand should wait: what is garbage among them
stays. Python's own count falls when older objects go, so blocks of memory are counted, too (objects themselves must
not be: a list of them, made while another thread fills a tuple, breaks that one)."""


class GarbageTimer(QObject):
    """Takes garbage collection over from Python until it is stopped."""

    def __init__(self, is_busy: Callable[[], bool] = lambda: True) -> None:
        """With `is_busy`, models that are loaded are unloaded after a minute without jobs."""
        super().__init__()
        self._modules = self._ticks = self._quiet = self._blocks = self._frozen = 0
        self._is_busy, self._owes = is_busy, False
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
        is_full = self._ticks % _FULL_EVERY == 0 or len(sys.modules) != self._modules
        new = max(gc.get_count()[0], sys.getallocatedblocks() - (self._frozen if is_full else self._blocks))
        if new < _MANY_NEW:
            gc.collect(2 if is_full else 1)
        self._owes = self._owes or new >= _MANY_NEW
        if self._owes and self._quiet >= _QUIET_TICKS:
            gc.unfreeze()
            gc.collect()
            self._owes, self._modules = False, 0
        if new >= _MANY_NEW or len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            gc.freeze()
            self._frozen = sys.getallocatedblocks()
        self._blocks = sys.getallocatedblocks()
        self._frozen = min(self._frozen, self._blocks)


def _release_engines() -> None:
    from hitl_desktop.workflows.detection.engines import release_engines  # noqa: PLC0415 - not at start

    release_engines()
