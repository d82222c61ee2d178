"""How many threads models run fastest with on this machine."""

from __future__ import annotations

import contextlib
import os
import time

import numpy as np

from hitl_desktop.errors import HitlError
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card, load_detector
from hitl_desktop.settings import THREADS, Settings

_RUNS = 8
_CLEARLY = 0.95
"""More threads have to be faster by so much: they take processors from reading images."""


def best_threads(settings: Settings | None = None, *, anew: bool = False) -> int:
    """The number of threads, measured once with the bundled detector and kept on this machine."""
    settings = settings or Settings()
    processors = os.cpu_count() or 1
    known = int(settings.number(THREADS))
    if 0 < known <= processors and not anew:
        return known
    card = find_card(DEFAULT_DETECTOR)
    image = np.zeros((480, 640, 3), np.uint8)
    detectors = {count: load_detector(card, threads=count) for count in _counts(processors)}
    times: dict[int, list[float]] = {count: [] for count in detectors}
    for number in range(_RUNS + 1):  # in turns, so that what else runs here slows all of them
        for count, detector in detectors.items():
            began = time.perf_counter()
            detector.predict([image])
            if number:  # the first run takes longer
                times[count].append(time.perf_counter() - began)
    best, shortest = 1, float("inf")
    for count, own in times.items():
        if min(own) < _CLEARLY * shortest:
            best, shortest = count, min(own)
    with contextlib.suppress(HitlError):  # it cannot be kept: it is measured again the next time
        settings.set(THREADS, best)
    return best


def _counts(processors: int) -> list[int]:
    """1, 2, 4 ... and all processors."""
    return sorted({processors, *(2**n for n in range(processors.bit_length()) if 2**n <= processors)})
