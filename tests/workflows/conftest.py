"""Projects in which something was taught, by an oracle, on synthetic pictures."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitl_desktop.store.project import Project


@pytest.fixture
def taught_project(taught: Path, tmp_path: Path) -> Iterator[Project]:
    """A project whose head learned six pictures, to be changed."""
    shutil.copytree(taught, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as opened:
        yield opened
