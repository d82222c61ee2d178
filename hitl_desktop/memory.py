"""What the heap keeps of memory that is free again: little, where the system lets us choose (glibc)."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)
_LARGE = 4 * 1024**2
_AT_ONCE = 10_000


def bound_heap() -> None:
    """Give large blocks back to the system as soon as they are free, and let threads share one heap.

    Before any thread starts. Else each thread has a heap of its own, with holes where images and matrices were:
    150 of 850 MB while images were pre-labelled and a head learned.
    """
    if (library := _glibc()) is not None:
        for option, value in ((_MMAP_THRESHOLD, _LARGE), (_TRIM_THRESHOLD, 2 * _LARGE), (_ARENA_MAX, 1)):
            library.mallopt(option, value)


def free_gradually(objects: list[Any]) -> None:
    """Empty a list in portions: freeing a million objects at once holds the interpreter for a tenth of a second."""
    while objects:
        del objects[-_AT_ONCE:]


def give_back() -> None:
    """Give the system what is free at the moment."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
