"""Learning anew: what it costs, and that it is stored whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.progress import JobCancelled, NoProgress
from hitl_desktop.store.database import Database
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import annotate, decisions
from hitl_desktop.workflows.training.detection_head import TrainingCache
from hitl_desktop.workflows.training.train import train_heads
from tests.fakes.decided import decided_project, no_networks
from tests.workflows.conftest import Learn

QUIET = NoProgress()


def statements_of_learning(folder: Path, decided: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements it takes to learn one more image than so many."""
    folder.mkdir()
    with decided_project(folder, decided, 5) as project:
        project.tags.ensure("night")
        cache = TrainingCache()
        train_heads(project, QUIET, threads=1, cache=cache)
        annotate.draw(project, decided + 1, [(BBox(50, 50, 60, 60), 1)])
        decisions.decide(project, decided + 1, (), (), decisions.How(None, Thresholds(0.3), 1.0))
        count = 0

        def execute(db: Database, sql: str, values: tuple[object, ...] = ()) -> object:
            nonlocal count
            count += 1
            return real(db, sql, values)

        real = Database.execute
        with monkeypatch.context() as counting:
            counting.setattr(Database, "execute", execute)
            assert train_heads(project, QUIET, threads=1, cache=cache).head_id == 2
    return count


@pytest.mark.slow
def test_learning_asks_the_file_nothing_for_each_decided_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_networks(monkeypatch)
    few = statements_of_learning(tmp_path / "few", 100, monkeypatch)
    many = statements_of_learning(tmp_path / "many", 160, monkeypatch)
    assert many - few < 20


class CancelledAfter:
    """Cancels at the first check after something was reported."""

    def __init__(self, text: str) -> None:
        self._text, self._is_due = text, False

    def report(self, _done: int, _total: int, text: str = "") -> None:
        self._is_due |= text == self._text

    def check_cancelled(self) -> None:
        if self._is_due:
            raise JobCancelled


def test_a_learning_that_was_cancelled_leaves_the_tags_as_they_were_learned(
    taught_project: Project, learn: Learn
) -> None:
    night, decided = taught_project.tags.ensure("night").id, taught_project.decisions.decided_order()
    for image_id in decided[:3]:
        taught_project.images.set_tags(image_id, [night])
    learn(taught_project)
    before = taught_project.heads.tag_head()
    assert before
    taught_project.images.set_tags(decided[0], [])
    with pytest.raises(JobCancelled):
        train_heads(taught_project, CancelledAfter("ranking the queue"), threads=1)
    assert taught_project.heads.tag_head() == before
    learn(taught_project)
    assert taught_project.heads.tag_head() != before
