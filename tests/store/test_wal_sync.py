"""Commits reach the platter in a thread of their own, and a disk that cannot take them says so."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from hitl_desktop.errors import ProjectError
from hitl_desktop.store.project import Project
from hitl_desktop.store.wal_sync import Syncer


class Answers:
    """What the syncer said, and a way to wait for it."""

    def __init__(self) -> None:
        self.results: list[ProjectError | None] = []
        self.came = threading.Semaphore(0)

    def __call__(self, error: ProjectError | None) -> None:
        self.results.append(error)
        self.came.release()


def test_a_commit_is_synced_once_the_log_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, synced = threading.Event(), list[int]()
    real = os.fsync

    def slow(handle: int) -> None:
        let_go.wait(10)
        synced.append(os.fstat(handle).st_ino)
        real(handle)

    monkeypatch.setattr(os, "fsync", slow)
    answers = Answers()
    with Project.create(tmp_path / "a.hitl") as project:
        syncer = Syncer(project.db, answers)
        assert project.db.scalar("PRAGMA synchronous") == 1  # NORMAL: commits do not sync in their own thread
        for name in ("cat", "dog", "cow"):
            project.categories.ensure(name)
            syncer.request()
        assert syncer.is_pending
        let_go.set()
        syncer.close()
        assert not syncer.is_pending
        log = (tmp_path / "a.hitl-wal").stat().st_ino
    assert answers.results[-1] is None
    assert 1 <= len(synced) <= 3  # what came while one ran shares the next
    assert set(synced) == {log}


def test_a_log_that_is_another_file_than_before_is_an_error(tmp_path: Path) -> None:
    answers = Answers()
    with Project.create(tmp_path / "a.hitl") as project:
        syncer = Syncer(project.db, answers)
        project.categories.ensure("cat")
        syncer.request()
        assert answers.came.acquire(timeout=10)
        log = tmp_path / "a.hitl-wal"
        shutil.copy(log, tmp_path / "new")
        log.rename(tmp_path / "old")
        (tmp_path / "new").rename(log)
        syncer.request()
        syncer.close()
        (tmp_path / "old").rename(log)
    assert answers.results[0] is None
    assert "replaced" in str(answers.results[1]) or "Stale" in str(answers.results[1])


def test_a_project_that_was_moved_away_says_so(tmp_path: Path) -> None:
    answers = Answers()
    with Project.create(tmp_path / "a.hitl") as project:
        syncer = Syncer(project.db, answers)
        project.categories.ensure("cat")
        (tmp_path / "a.hitl-wal").rename(tmp_path / "elsewhere")
        syncer.request()
        syncer.close()
        assert not syncer.is_pending
        (tmp_path / "elsewhere").rename(tmp_path / "a.hitl-wal")
    assert "may not be on the disk" in str(answers.results[-1])
