"""Unloading models that nothing needs at the moment."""

from __future__ import annotations

from hitl_desktop import memory
from hitl_desktop.inference.box_branch import load_box_branch
from hitl_desktop.inference.registry import forget_loaded


def release_engines() -> None:
    """Unload all models; the next job that needs one loads it again, in a tenth of a second."""
    forget_loaded()
    load_box_branch.cache_clear()
    memory.give_back()
