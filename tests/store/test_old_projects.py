"""Real files of earlier versions open, with everything in them, and can be undone to the beginning."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hitl_desktop.domain.edits import Edit
from hitl_desktop.domain.label_issues import Kind
from hitl_desktop.domain.queue_filter import QueueOrder
from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.review import SkipReason
from hitl_desktop.domain.validation import Judgement
from hitl_desktop.store import migrations
from hitl_desktop.store.migrations import MIGRATIONS
from hitl_desktop.store.project import Project
from hitl_desktop.texts import REASON_TEXT, act_text
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.queue.filtering import from_text
from tests.store.old_projects import PLACE, contents, details, history, redone

NEVER_WRITTEN = {1, 2, 3, 14, 23, 30}
CODED_ACTS = 32
"""From this version on acts are stored as codes."""
ANOTHER_ENCODER = 11
"""Vectors from before this version, and what was learned from them, are of another encoder."""
CODES = {
    "not looked at yet": Reason.UNSEEN,
    "two categories on one object": Reason.TWO_CATEGORIES,
    "nothing found: possible miss": Reason.POSSIBLE_MISS,
    "typical of these pictures": Reason.TYPICAL,
    "of a kind nobody looked at yet": Reason.UNLIKE,
    "unlike anything labelled": Reason.UNLIKE,
    "drawn at random": Reason.RANDOM,
    "too blurred or too dark": SkipReason.BLURRED,
    "Decided last first": QueueOrder.LATEST,
}
"""What is a code now was stored in these words."""


def version_of(file: Path) -> int:
    """The schema that a file was written with."""
    return int(file.stem.removeprefix("schema-"))


FILES = sorted(PLACE.glob("*.hitl"), key=version_of)


def expected_of(file: Path) -> dict[str, Any]:
    """What the program of the time had in a file, in today's codes."""
    expected = json.loads(file.with_suffix(".json").read_text())
    what = expected["contents"]
    what["skipped"] = {path: coded(why) for path, why in what["skipped"].items()}
    if "details" in expected:
        more = expected["details"]
        more["queue"] = {path: [score, coded(reason)] for path, (score, reason) in more["queue"].items()}
        more["record"] = [[*line[:-1], coded(line[-1])] for line in more["record"]]
        shown = more["filter"] or {"text": "", "order": QueueOrder.ASKED}
        more["filter"] = {"text": shown["text"], "order": coded(shown["order"])}
    if version_of(file) < ANOTHER_ENCODER:
        what["active"] = None
        expected["details"] |= {"vectors": {}, "tag_head": "", "finding": ["", ""]}
    return expected


def coded(words: str) -> str:
    """The code of what was stored in words; what a person typed stays as it is."""
    return CODES.get(words, words)


@pytest.fixture(scope="module", params=FILES, ids=lambda f: f.stem)
def file(request: pytest.FixtureRequest) -> Path:
    """A file of each version."""
    return request.param


@pytest.fixture(scope="module")
def migrated(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it that was opened once."""
    copy = tmp_path_factory.mktemp(file.stem) / "p.hitl"
    shutil.copy(file, copy)
    Project.open(copy).close()
    return copy


@pytest.fixture
def project(migrated: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of that, for a test to change."""
    shutil.copy(migrated, tmp_path / "p.hitl")
    with Project.open(tmp_path / "p.hitl") as project:
        yield project


def test_there_is_a_file_of_every_version_that_was_ever_written() -> None:
    assert {version_of(file) for file in FILES} == set(range(1, len(MIGRATIONS))) - NEVER_WRITTEN
    for file in FILES:
        assert dump(file)[0] == version_of(file)


def test_everything_is_there_and_every_act_can_be_undone_and_done_again(file: Path, project: Project) -> None:
    expected = expected_of(file)
    assert project.db.scalar("PRAGMA user_version") == len(MIGRATIONS)
    assert project.db.scalar("PRAGMA integrity_check") == "ok"
    assert project.db.all("PRAGMA foreign_key_check") == []
    assert plain(contents(project)) == expected["contents"]
    if "redone" in expected:
        assert plain(redone(project)) == expected["redone"]
    assert plain(history(project)) == expected["history"]


def test_acts_are_undone_and_redone_under_the_words_that_were_stored_or_that_their_code_has(
    file: Path, project: Project
) -> None:
    rows = project.db.all("SELECT edit FROM journal WHERE undone = 0 ORDER BY id")
    stored = [msgspec.json.decode(row[0], type=Edit).label for row in rows]
    words = [act_text(label) for label in stored]
    assert words
    assert all(isinstance(label, str) for label in stored) == (version_of(file) < CODED_ACTS)
    undone = list(iter(lambda: edits.undo(project)[0], None))
    assert [act_text(edit.label) for edit in undone if edit] == words[::-1]
    redone = [edits.redo(project)[0] for _ in words]
    assert [act_text(edit.label) for edit in redone if edit] == words


def test_what_models_and_checks_stored_is_there(file: Path, project: Project) -> None:
    expected = expected_of(file)
    if "details" not in expected:
        pytest.skip("what is in this file is told by its contents")
    found = plain(details(project))
    assert found.keys() == expected["details"].keys()
    for kind in found:
        assert found[kind] == expected["details"][kind], kind


def test_every_image_is_shown_with_its_proposals_and_why_it_is_asked_about(project: Project) -> None:
    assert all(ranked.reason in REASON_TEXT for ranked in project.queue.order())
    scorer, detector = load_scorer(project), project.models.detector()
    assert scorer is not None
    assert detector is not None
    assert scorer.head_id == project.heads.active_id()
    for image in project.images.all():
        stored = project.predictions.of_image(image.id, detector.id)
        assert sorted(p.bbox for p in proposals_of(project, image, scorer)) == sorted(p.bbox for p in stored)


def test_the_file_as_it_was_lies_beside_it(file: Path, migrated: Path) -> None:
    assert dump(migrated.with_name(f"p.hitl.backup-{version_of(file)}")) == dump(file)
    assert dump(migrated)[0] == len(MIGRATIONS)


@pytest.mark.parametrize("version", [19, 22])
def test_a_file_that_was_migrated_before_step_29_is_mended_too(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = expected_of(PLACE / f"schema-{version}.hitl")["details"]
    shutil.copy(PLACE / f"schema-{version}.hitl", tmp_path / "p.hitl")
    with monkeypatch.context() as before:
        before.setattr(migrations, "MIGRATIONS", MIGRATIONS[:28])
        Project.open(tmp_path / "p.hitl").close()
    assert dump(tmp_path / "p.hitl")[0] == 28
    with Project.open(tmp_path / "p.hitl") as project:
        found = plain(details(project))
        for kind in ("models", "queue", "record"):
            assert found[kind] == expected[kind], kind


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


def dump(file: Path) -> tuple[int, list[str]]:
    """The version of a file and all that is in it, read without the program."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return connection.execute("PRAGMA user_version").fetchone()[0], list(connection.iterdump())
    finally:
        connection.close()


def plain(value: object) -> Any:
    """As it comes back from JSON."""
    return json.loads(json.dumps(value))
