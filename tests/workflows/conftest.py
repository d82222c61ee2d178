"""Projects in which something was taught, by an oracle, on synthetic images."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.training.detection_head import TrainingCache
from hitl_desktop.workflows.training.train import TrainingResult, train_heads
from tests.conftest import copy_taught

Learn = Callable[..., TrainingResult]


@pytest.fixture
def taught_project(taught: Path, tmp_path: Path) -> Iterator[Project]:
    """A project whose head learned six images, to be changed."""
    with Project.open(copy_taught(taught, tmp_path / "copy")) as opened:
        yield opened


@pytest.fixture
def learn() -> Learn:
    """Retrain as the window does, with the sums of all lessons in memory from one time to the next."""
    return partial(train_heads, progress=NoProgress(), threads=1, cache=TrainingCache())
