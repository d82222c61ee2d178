"""What stands where, and what a start may import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEADLESS = (
    "domain",
    "errors",
    "imaging",
    "settings",
    "progress",
    "paths",
    "store",
    "formats",
    "inference",
    "learning",
    "workflows",
)


def modules() -> list[str]:
    files = sorted((ROOT / "hitl_desktop").rglob("*.py"))
    names = [".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for f in files]
    return [
        name
        for name in names
        if name.split(".")[1:2] and (name.split(".")[1] in HEADLESS or name.endswith((".cli", ".terminal")))
    ]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_but_the_window_works_where_there_is_no_qt() -> None:
    names = modules()
    assert len(names) > 50
    run(f"import sys, importlib\nsys.modules['PySide6'] = None\nfor name in {names!r}: importlib.import_module(name)")


@pytest.mark.parametrize(
    ("start", "heavy"),
    [
        ("hitl_desktop.app", ["sklearn", "scipy", "onnxruntime", "cv2", "faster_coco_eval"]),
        ("hitl_desktop.cli", ["PySide6", "numpy", "sklearn", "onnxruntime", "cv2"]),
    ],
)
def test_the_start_imports_nothing_heavy(start: str, heavy: list[str]) -> None:
    loaded = json.loads(
        run(f"import {start}, json, sys; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))")
    )
    assert loaded == []


def test_the_papers_lie_where_they_should() -> None:
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "Makefile",
        "requirements.lock",
        ".ci/run",
        "hitl_desktop/ARCHITECTURE.md",
    ):
        assert (ROOT / name).is_file(), name


def test_the_lock_names_hashes_and_no_place() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    blocks = [block for block in lock.replace("\\\n", " ").splitlines() if "==" in block]
    assert len(blocks) > 20
    assert all("--hash=sha256:" in block for block in blocks)
