"""Projects in which something was taught, by an oracle, on synthetic pictures."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.import_dataset import read_dataset
from hitl_desktop.workflows.naming import load_naming
from hitl_desktop.workflows.new_project import new_project
from hitl_desktop.workflows.oracle import answers_for, decide_as_oracle, next_undecided
from hitl_desktop.workflows.prelabel import prelabel
from hitl_desktop.workflows.rank_queue import refresh_queue
from hitl_desktop.workflows.retrain import retrain

QUIET = NoProgress()


def decide(project: Project, dataset: Path, count: int) -> None:
    """Let the oracle decide the next pictures."""
    answers = answers_for(project, read_dataset(dataset / "instances.json").dataset)
    for _ in range(count):
        image = next_undecided(project)
        decide_as_oracle(project, image, answers[image.id], load_naming(project), threshold=0.3)


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> Path:
    """A project whose head learned six pictures; copy it."""
    folder = tmp_path_factory.mktemp("taught")
    shutil.copytree(dataset, folder / "set")
    new_project(folder / "p.hitl", folder / "set" / "images", QUIET)
    with Project.open(folder / "p.hitl", background=True) as project:
        prelabel(project, QUIET, threads=2)
        refresh_queue(project, load_naming(project), QUIET)
        decide(project, dataset, 6)
        retrain(project, QUIET, threads=2)
        project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


@pytest.fixture
def taught_project(taught: Path, tmp_path: Path) -> Iterator[Project]:
    """That project, to be changed."""
    shutil.copytree(taught, tmp_path / "copy")
    with Project.open(tmp_path / "copy" / "p.hitl") as opened:
        yield opened
