"""What stands where, and what a start may import."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hitl_desktop.store.project import Project

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
    "service",
    "workflows",
    "terminal",
    "cli",
)


def modules() -> list[str]:
    files = sorted((ROOT / "hitl_desktop").rglob("*.py"))
    names = [".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for f in files]
    return [name for name in names if name.split(".")[1:2] and name.split(".")[1] in HEADLESS]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_but_the_window_works_where_there_is_no_qt() -> None:
    names = modules()
    assert len(names) > 50
    run(
        f"import sys, importlib\nsys.modules['PySide6'] = None\nfor name in {names!r}: importlib.import_module(name)"
    )


@pytest.mark.parametrize(
    ("start", "heavy"),
    [
        ("hitl_desktop.app", ["sklearn", "scipy", "onnxruntime", "cv2", "faster_coco_eval"]),
        ("hitl_desktop.cli", ["PySide6", "numpy", "sklearn", "onnxruntime", "cv2", "rich"]),
    ],
)
def test_the_start_imports_nothing_heavy(start: str, heavy: list[str]) -> None:
    loaded = json.loads(
        run(f"import {start}, json, sys; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))")
    )
    assert loaded == []


def test_the_window_asks_no_repository(tmp_path: Path) -> None:
    """What it shows comes from `service.project.views`; the project is a handle for it, given to workflows."""
    with Project.create(tmp_path / "p.hitl") as project:
        repositories = {name for name, value in vars(project).items() if not name.startswith("_")} - {"path"}
    assert {"images", "queue", "db"} <= repositories
    asked = re.compile(rf"\b(?:project|opened|p)\.({'|'.join(sorted(repositories))})\b")
    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in sorted((ROOT / "hitl_desktop" / "ui").rglob("*.py"))
        for line in file.read_text().splitlines()
        if asked.search(line)
    ]
    assert found == []


def pinned(name: str) -> dict[str, str]:
    """What a lock file pins: each package with its line."""
    lines = (ROOT / name).read_text().replace("\\\n", " ").splitlines()
    return {line.split("==")[0]: line for line in lines if "==" in line}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_a_hash_for_every_package_and_no_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()
    assert all("--hash=sha256:" in line for line in pinned(name).values())


def test_the_locks_hold_every_declared_package_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run, dev = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {plain(each) for each in project["dependencies"]} <= run.keys()
    assert {plain(each) for each in project["optional-dependencies"]["dev"]} <= dev.keys() - run.keys()
    assert run.items() <= dev.items()


def plain(requirement: str) -> str:
    """The normalized name of a requirement."""
    return re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-")
