"""Real files of earlier versions open, with everything in them, and can be undone to the beginning."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop.store.migrations import MIGRATIONS
from hitl_desktop.store.project import Project
from tests.store.old_projects import PLACE, contents, history

FILES = sorted(PLACE.glob("*.hitl"))


def test_there_are_files_of_earlier_versions() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_everything_is_there_and_every_act_can_be_undone_and_done_again(file: Path, tmp_path: Path) -> None:
    shutil.copy(file, tmp_path / "p.hitl")
    told = json.loads(file.with_suffix(".json").read_text())
    with Project.open(tmp_path / "p.hitl") as project:
        assert project.db.scalar("PRAGMA user_version") == len(MIGRATIONS)
        assert project.db.scalar("PRAGMA integrity_check") == "ok"
        assert plain(contents(project)) == told["contents"]
        assert plain(history(project)) == told["history"]


def plain(value: object) -> Any:
    """As it comes back from JSON."""
    return json.loads(json.dumps(value))
