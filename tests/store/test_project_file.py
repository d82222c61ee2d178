import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from hitl_desktop.domain.calibration import Calibration
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import ProjectError
from hitl_desktop.progress import NoProgress
from hitl_desktop.store import file_lock, migrations
from hitl_desktop.store.database import Database
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.migrations import shorten_vectors
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.images.open_folder import add_folder


def test_a_new_project_opens_again(tmp_path: Path) -> None:
    with Project.create(tmp_path / "a.hitl") as project:
        project.categories.ensure("cat")
    with Project.open(tmp_path / "a.hitl") as project:
        assert [c.name for c in project.categories.all()] == ["cat"]
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_creating_over_an_existing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.hitl").write_text("mine")
    with pytest.raises(ProjectError, match="exists already"):
        Project.create(tmp_path / "a.hitl")
    assert (tmp_path / "a.hitl").read_text() == "mine"


def test_places_that_cannot_hold_a_project_say_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="does not exist"):
        Project.create(tmp_path / "no" / "a.hitl")
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError):
        Project.create(tmp_path / "file" / "a.hitl")


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"plain text, not a database", "not a HITL project")]
)
def test_files_that_are_no_project_say_so(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "a.hitl").write_bytes(content)
    with pytest.raises(ProjectError, match=words) as raised:
        Project.open(tmp_path / "a.hitl")
    assert raised.value.hint
    assert (tmp_path / "a.hitl").read_bytes() == content


def open_files(path: Path) -> int:
    """How many handles of this process are on a file."""
    return sum(os.path.realpath(handle) == str(path) for handle in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="reads the list of open files that Linux has")
def test_a_file_that_cannot_be_opened_is_let_go(tmp_path: Path) -> None:
    (tmp_path / "a.hitl").write_bytes(b"plain text, not a database")
    with pytest.raises(ProjectError) as raised:
        Project.open(tmp_path / "a.hitl")
    assert open_files(tmp_path / "a.hitl") == 0
    assert raised.value.hint  # with the error still in hand, and so all that it refers to
    assert not file_lock.lock_file(tmp_path / "a.hitl").exists()


def test_a_project_that_could_not_be_opened_after_it_was_made_is_not_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, **_: bool) -> Database:
        if path.name == "a.hitl":
            raise ProjectError("The disk went away.", hint="Connect it.")
        return Database(path)

    monkeypatch.setattr("hitl_desktop.store.project.Database", refused)
    with pytest.raises(ProjectError, match="went away"):
        Project.create(tmp_path / "a.hitl")
    assert not file_lock.lock_file(tmp_path / "a.hitl").exists()
    assert tmp_path.resolve() / "a.hitl" not in file_lock._held


def test_a_missing_project_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no project"):
        Project.open(tmp_path / "nothing.hitl")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.hitl")
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    with pytest.raises(ProjectError, match="another program"):
        Project.open(tmp_path / "a.hitl")
    other = sqlite3.connect(tmp_path / "a.hitl")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    other.close()


def test_a_project_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Project.create(tmp_path / "a.hitl").close()
    db = sqlite3.connect(tmp_path / "a.hitl")
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ProjectError, match="newer version"):
        Project.open(tmp_path / "a.hitl")


def test_a_truncated_project_says_it_is_damaged(tmp_path: Path) -> None:
    with Project.create(tmp_path / "a.hitl") as project:
        names = [(f"category {n}", f"category {n}") for n in range(3000)]
        project.db.many("INSERT INTO categories (name, normalised) VALUES (?, ?)", names)
        project.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = (tmp_path / "a.hitl").read_bytes()
    (tmp_path / "a.hitl").write_bytes(data[: len(data) // 3])
    with pytest.raises(ProjectError), Project.open(tmp_path / "a.hitl") as project:
        project.categories.all()


def test_an_old_project_is_backed_up_and_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        old.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
        Project.create(tmp_path / "a.hitl").close()
    with Project.open(tmp_path / "a.hitl") as project:
        assert project.db.scalar("PRAGMA user_version") == len(migrations.MIGRATIONS)
        assert project.queue.order() == []
    assert (tmp_path / "a.hitl.backup-2").exists()


def test_a_backup_holds_the_project_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        with Project.create(tmp_path / "a.hitl") as project:
            project.db.execute("INSERT INTO categories (name, normalised) VALUES ('cat', 'cat')")
    Project.open(tmp_path / "a.hitl").close()
    with monkeypatch.context() as old:
        old.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        (tmp_path / "a.hitl.backup-3").rename(tmp_path / "b.hitl")
        with Project.open(tmp_path / "b.hitl") as project:
            assert project.db.all("SELECT name FROM categories") == [("cat",)]


def test_a_log_left_behind_by_a_kill_is_not_taken_for_that_of_a_new_project(tmp_path: Path) -> None:
    with Project.create(tmp_path / "a.hitl") as project:
        project.categories.ensure("old")
        for name in ("a.hitl-wal", "a.hitl-shm"):
            shutil.copy(tmp_path / name, tmp_path / f"kept-{name}")
    (tmp_path / "a.hitl").unlink()
    for name in ("a.hitl-wal", "a.hitl-shm"):
        (tmp_path / f"kept-{name}").rename(tmp_path / name)
    with Project.create(tmp_path / "a.hitl") as project:
        assert project.categories.all() == []
        assert project.db.scalar("PRAGMA integrity_check") == "ok"


USE = """
import sys
from pathlib import Path
from hitl_desktop.errors import HitlError
from hitl_desktop.store.project import Project
try:
    with Project.open(Path(sys.argv[1])) as project:
        print([c.name for c in project.categories.all()])
except HitlError as error:
    print(error.message)
"""


def in_another_process(path: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", USE, path], check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.skipif(os.name != "posix", reason="elsewhere files that are open cannot be deleted")
def test_another_process_is_kept_off_an_open_project_whatever_touches_the_file(tmp_path: Path) -> None:
    """Whoever closes a handle of the file drops SQLite's locks; another process deleted the log under the
    window."""
    path = tmp_path / "a.hitl"
    with Project.create(path) as project:
        project.categories.ensure("cat")
        with Project.open(path, background=True) as job:
            job.categories.ensure("dog")
        for name in ("a.hitl", "a.hitl-shm", "a.hitl-wal"):
            (tmp_path / name).read_bytes()  # as a file dialog does that guesses what kind of file it is
        assert "is open in another window or command" in in_another_process(path)
        project.categories.ensure("cow")
        assert (tmp_path / "a.hitl-wal").exists()
    assert in_another_process(path) == "['cat', 'dog', 'cow']\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.hitl"]


def test_a_lock_left_behind_by_a_kill_keeps_nobody_off(tmp_path: Path) -> None:
    Project.create(tmp_path / "a.hitl").close()
    file_lock.lock_file(tmp_path / "a.hitl").write_text("")
    with Project.open(tmp_path / "a.hitl") as project:
        assert project.categories.all() == []
    assert not file_lock.lock_file(tmp_path / "a.hitl").exists()


def test_a_project_that_cannot_be_opened_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "a.hitl").write_bytes(b"plain text, not a database")
    with pytest.raises(ProjectError):
        Project.open(tmp_path / "a.hitl")
    assert not file_lock.lock_file(tmp_path / "a.hitl").exists()


def test_first_sights_from_before_scores_were_kept_stay(images: Path, tmp_path: Path) -> None:
    """Nobody knows how sure they were: they are kept as shown or not, and teach calibration nothing."""
    path = tmp_path / "old.hitl"
    with pytest.MonkeyPatch.context() as old:
        old.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:9])
        with Project.create(path) as project:
            add_folder(project, images, NoProgress())
            project.db.execute(
                "INSERT INTO models (id, hash, name, classes) VALUES (1, 'hash', 'detector', '[\"x\"]')"
            )
            for x, score in ((1, 0.9), (20, 0.4)):
                project.db.execute(
                    """INSERT INTO predictions (image_id, model_id, x, y, w, h, score, class_scores, candidate)
                       VALUES (1, 1, ?, ?, 5, 5, ?, x'', 1)""",
                    (x, x, score),
                )
            project.db.execute(
                "INSERT INTO head_versions (created, model_id, weights, summary) VALUES ('', 1, x'', ?)",
                (
                    json.dumps(
                        {"pictures": 1, "boxes": 1, "categories": 1, "seconds": 1.0, "temperature": 1.0}
                    ),
                ),
            )
            project.db.execute("INSERT INTO sightings VALUES (1, 1, 'cell', x''), (2, 1, '', x'')")
            project.images.set_state(1, ImageState.DECIDED)
    with Project.open(path) as project:
        unseen = [
            (s.prediction_id, s.image_id, s.head_id, s.name, s.raw, s.shown)
            for s in project.predictions.unseen_predictions_of(1)
        ]
        assert unseen == [(1, 1, 1, "cell", 0.0, True), (2, 1, 1, "", 0.0, False)]
        assert (
            project.predictions.first_seen() == []
        )  # what was missed on it, and how sure it was, nobody knows
        (version,) = project.heads.latest()
        assert (version.learned, version.calibration, version.waits) == (frozenset(), Calibration(), "")


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Project.create(tmp_path / "a.hitl").close()

    def breaks(db: Database) -> None:
        db.execute("CREATE TABLE half_done (x)")
        raise RuntimeError

    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, breaks))
    with pytest.raises(RuntimeError):
        Project.open(tmp_path / "a.hitl")
    monkeypatch.undo()
    with Project.open(tmp_path / "a.hitl") as project:
        assert project.db.one("SELECT 1 FROM sqlite_master WHERE name = 'half_done'") is None


def test_a_transaction_is_all_or_nothing(project: Project) -> None:
    with pytest.raises(KeyError), project.db.transaction():
        project.categories.ensure("lost")
        raise KeyError
    assert project.categories.find("lost") is None


def test_a_full_disk_is_a_sentence(project: Project) -> None:
    project.db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(ProjectError, match="disk is full") as raised:
        for n in range(5000):
            project.categories.ensure(f"category {n}")
    assert "Free some space" in raised.value.hint


def test_images_are_found_after_the_project_moved_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "one" / "pictures").mkdir(parents=True)
    with Project.create(tmp_path / "one" / "a.hitl") as project:
        folder = project.add_folder(tmp_path / "one" / "pictures")
        project.images.add(folder, ["x.png"])
        assert project.files.folders() == {folder: "pictures"}
    (tmp_path / "one").rename(tmp_path / "two")
    with Project.open(tmp_path / "two" / "a.hitl") as project:
        assert project.path_of(project.images.all()[0]) == tmp_path / "two" / "pictures" / "x.png"


def test_a_file_that_somebody_writes_to_is_waited_for(project: Project) -> None:
    other = sqlite3.connect(project.path, check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.05, lambda: other.execute("COMMIT"))
    release.start()
    project.db.execute("SELECT 1")
    with project.db.transaction():
        project.categories.ensure("patient")
    release.join()
    other.close()
    assert project.categories.find("patient")


def test_a_file_that_is_never_free_is_a_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl_desktop.store.database.BUSY_SECONDS", 0.01)
    other = sqlite3.connect(project.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProjectError, match="in use by another program"), project.db.transaction():
        pytest.fail("the file was locked")
    other.close()


def test_a_snapshot_sees_one_moment_and_takes_no_writes(project: Project) -> None:
    with Project.open(project.path, background=True) as job, job.db.snapshot():
        assert job.categories.all() == []
        project.categories.ensure("cat")
        assert job.categories.all() == []
        with pytest.raises(ProjectError):
            job.categories.ensure("dog")
    with Project.open(project.path, background=True) as job:
        assert [c.name for c in job.categories.all()] == ["cat"]
        job.categories.ensure("dog")


def test_vectors_of_the_encoder_before_are_dropped_with_what_was_learned_from_them(tmp_path: Path) -> None:
    with Project.create(tmp_path / "a.hitl") as project:
        model = project.models.ensure("hash", "encoder").id
        project.embeddings.add(model, [(b"key", np.ones(4, np.float32))])
        summary = HeadSummary(1, 1, 1, 0.1)
        head_id = project.heads.add(model, b"weights", summary, b"finding", trial=b"trial")
        project.heads.activate(head_id, hold=True)
        project.heads.keep_tag_head(b"tags")
        with project.db.transaction():
            shorten_vectors(project.db)
        assert project.embeddings.missing(model, [b"key"]) == {b"key"}
        assert project.heads.active_id() is None
        assert not project.heads.is_held()
        assert project.heads.tag_head() is None
        kept = project.heads.get(head_id)
        assert kept is not None
        assert not kept.is_kept
        assert (project.heads.finding_of(head_id, ""), project.heads.trial_of(head_id)) == (None, None)
