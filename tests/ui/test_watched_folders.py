"""Files that come to the folders of an open project appear by themselves; those that go are marked."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.images.folder_watch import FolderWatch
from hitl_desktop.ui.main_window import MainWindow


@pytest.fixture
def watching(make_window: Callable[..., MainWindow], images: Path, qtbot: QtBot) -> MainWindow:
    """A window on a folder, which has listed it and is at rest."""
    window = make_window(automatic=True)
    window.open_path(images)
    qtbot.waitUntil(
        lambda: bool(window.file_acts.folder_watch.folders) and not window.runner.jobs, timeout=60_000
    )
    return window


def remarks(window: MainWindow) -> dict[str, str | None]:
    assert window.session.project is not None
    return {image.path: image.remark for image in window.session.project.images.all()}


def test_new_files_appear_also_in_a_new_folder(watching: MainWindow, images: Path, qtbot: QtBot) -> None:
    shutil.copy(images / "a.png", images / "z.png")
    (images / "more").mkdir()
    shutil.copy(images / "a.png", images / "more" / "y.png")
    qtbot.waitUntil(lambda: {"z.png", "more/y.png"} <= remarks(watching).keys(), timeout=60_000)
    qtbot.waitUntil(lambda: not watching.runner.jobs, timeout=60_000)
    assert str(images / "more") in watching.file_acts.folder_watch.folders
    shutil.copy(images / "a.png", images / "more" / "x.png")
    qtbot.waitUntil(lambda: "more/x.png" in remarks(watching), timeout=60_000)
    qtbot.waitUntil(lambda: not watching.runner.jobs, timeout=60_000)


def test_files_that_vanish_are_marked_and_keep_their_boxes(
    watching: MainWindow, images: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    project = watching.session.project
    assert project is not None
    watching.session.project_acts.add_category("cup")
    watching.canvas.drawn.emit(BBox(5, 5, 20, 20))
    boxes = project.annotations.all()
    assert len(boxes) == 1
    path = project.images.all()[0].path
    shutil.move(images / path, tmp_path / "away.png")
    qtbot.waitUntil(lambda: remarks(watching).get(path) == "gone\n", timeout=60_000)
    assert project.annotations.all() == boxes
    qtbot.waitUntil(lambda: not watching.runner.jobs, timeout=60_000)
    shutil.move(tmp_path / "away.png", images / path)
    qtbot.waitUntil(lambda: remarks(watching)[path] is None, timeout=60_000)
    qtbot.waitUntil(lambda: not watching.runner.jobs, timeout=60_000)


def test_a_file_that_is_still_being_written_is_read_once_it_is_whole(
    watching: MainWindow, images: Path, qtbot: QtBot
) -> None:
    project = watching.session.project
    assert project is not None
    content = (images / "a.png").read_bytes()
    with (images / "slow.png").open("wb") as file:
        file.write(content[: len(content) // 2])
        file.flush()
        qtbot.waitUntil(
            lambda: any(i.path == "slow.png" and i.reason for i in project.images.all()), timeout=60_000
        )
        file.write(content[len(content) // 2 :])
    qtbot.waitUntil(
        lambda: any(i.path == "slow.png" and i.width and not i.reason for i in project.images.all()),
        timeout=60_000,
    )
    qtbot.waitUntil(lambda: not watching.runner.jobs, timeout=60_000)


def test_many_changes_are_told_once(tmp_path: Path, qtbot: QtBot) -> None:
    watch = FolderWatch(settle_ms=200)
    told: list[int] = []
    watch.changed.connect(lambda: told.append(1))
    watch.watch([str(tmp_path)])
    for number in range(50):
        (tmp_path / f"{number}.png").touch()
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    assert told == [1]
    watch.watch(())
    assert watch.folders == []
