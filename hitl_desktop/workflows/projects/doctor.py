"""What this machine has and what is missing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

from hitl_desktop.errors import HitlError
from hitl_desktop.inference import providers
from hitl_desktop.inference.registry import (
    DEFAULT_DETECTOR,
    DEFAULT_ENCODER,
    find_card,
    load_detector,
    load_encoder,
)
from hitl_desktop.paths import config_dir, data_dir
from hitl_desktop.store.database import sqlite_version
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.threads import best_threads

_PACKAGES = (
    "PySide6-Essentials", "numpy", "opencv-python-headless", "pillow", "onnxruntime", "scikit-learn",
)  # fmt: skip


def examine() -> dict[str, Any]:
    """Versions, folders, models that load, a display; `problems` lists what to mend."""
    problems: list[str] = []
    packages: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            packages[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            packages[name] = "missing"
            problems.append(tr("The package {name} is missing. Run make setup.", name=name))
    models: dict[str, str] = {}
    for name, load in ((DEFAULT_DETECTOR, load_detector), (DEFAULT_ENCODER, load_encoder)):
        try:
            load(find_card(name))
            models[name] = "loads"
        except HitlError as error:
            models[name] = error.message
            problems.append(str(error))
    display = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or ""
    if platform.system() == "Linux" and not display:
        problems.append(
            tr("There is no display, so the window cannot be opened. The command line works all the same.")
        )
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count() or 1,
        "sqlite": sqlite_version(),
        "packages": packages,
        "models": models,
        "runs_on": providers.chosen(),
        "could_run_on": providers.available(),
        "threads": best_threads(anew=True) if models[DEFAULT_DETECTOR] == "loads" else None,
        "settings": str(config_dir()),
        "data": str(data_dir()),
        "display": display or "none",
        "problems": problems,
    }
