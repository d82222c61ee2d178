"""Real files of earlier versions open, with everything in them, and can be undone to the beginning."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hitl_desktop.domain.label_issues import Kind
from hitl_desktop.domain.queue_filter import QueueOrder
from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.validation import Judgement
from hitl_desktop.store.migrations import MIGRATIONS
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.queue.filtering import from_text
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


def test_words_that_were_stored_are_codes_now(tmp_path: Path) -> None:
    shutil.copy(PLACE / "schema-26.hitl", tmp_path / "p.hitl")
    with Project.open(tmp_path / "p.hitl") as project:
        assert [ranked.reason for ranked in project.queue.order()] == [Reason.RANDOM]
        decided = [project.images.get(d.image_id) for d in project.decisions.final()]
        assert {d.why for d in project.decisions.final()} == {Reason.UNSEEN}
        assert project.decisions.asked_because(Reason.UNSEEN) >= {image.id for image in decided if image}
        assert [issue.kind for issue in project.label_issues.open()] == [Kind.PLACE]
        assert [box.judgement for box in project.validations.all()[0].boxes] == list(Judgement)
        kept = from_text(project.meta.get("queue_filter"))
        assert (kept.text, kept.order) == ("dark", QueueOrder.LATEST)
        with pytest.raises(sqlite3.IntegrityError):
            project.db.execute("UPDATE decisions SET why = 'other'")


def plain(value: object) -> Any:
    """As it comes back from JSON."""
    return json.loads(json.dumps(value))
