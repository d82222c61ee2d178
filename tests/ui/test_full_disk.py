"""A disk that takes nothing more: the act is kept, shown, and saved as soon as that can be."""

from __future__ import annotations

import resource
from collections.abc import Generator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.conftest import Answers


@contextmanager
def full_disk(window: MainWindow) -> Generator[None]:
    """No file of this process can grow beyond what the project's log is now: commits fail where they are
    written."""
    project = window.session.project
    assert project
    log = project.path.with_name(f"{project.path.name}-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def draw(window: MainWindow, x: float) -> None:
    window.session.acts.draw([(BBox(x, 5, 10, 10), 1)])


def stored(window: MainWindow) -> list[float]:
    assert window.session.project
    return [a.bbox.x for a in window.session.project.annotations.of_image(1)]


def shown(window: MainWindow) -> list[float]:
    return [item.bbox.x for item in window.canvas.items]


def test_the_act_is_kept_shown_and_saved_by_itself(window: MainWindow, qtbot: QtBot) -> None:
    window.session.project_acts.add_category("cat")
    draw(window, 5)
    with full_disk(window):
        draw(window, 20)
        assert stored(window) == [5]  # nothing half-written
        assert shown(window) == [5, 20]
        assert window.action_bar.saved.text() == "NOT SAVED, tried again every 2 s"
        assert not window.session.saving.retry()
        draw(window, 40)
        assert "still waiting for the disk" in window.news.text()
        assert shown(window) == [5, 20]
    qtbot.waitUntil(lambda: stored(window) == [5, 20], timeout=10_000)
    assert not window._warning.isVisible()
    qtbot.waitUntil(lambda: window.action_bar.saved.text() == "Saved")
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert stored(window) == shown(window) == [5]


def test_it_is_saved_on_its_own_image_wherever_the_hand_is(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    with full_disk(window):
        draw(window, 20)
        window.session.walk.next()
    assert window.session.image
    assert window.session.image.id != 1
    assert window.session.saving.retry()
    assert stored(window) == [20]
    assert shown(window) == []


def test_undo_gives_up_what_waits(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    draw(window, 5)
    with full_disk(window):
        draw(window, 20)
        window.session.history.undo()
        assert shown(window) == [5]
        assert "the change that was waiting" in window.news.text()
    assert window.session.saving.retry()
    assert stored(window) == [5]


def test_a_decided_image_stays_until_that_is_saved(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    draw(window, 5)
    with full_disk(window):
        window.session.acts.accept_image()
        assert window.session.image
        assert window.session.image.id == 1
        assert window.session.image_list.count("decided") == 0
        window.session.walk.next()
    assert window.session.saving.retry()
    assert window.session.image_list.count("decided") == 1


def test_closing_asks_before_anything_is_lost(window: MainWindow) -> None:
    window.session.project_acts.add_category("cat")
    answers = window.ask
    assert isinstance(answers, Answers)
    answers.confirms = False
    with full_disk(window):
        draw(window, 20)
        assert not window.close()
        assert "lose it" in answers.asked[-1]
        assert window.session.is_open
    assert window.session.project
    path = window.session.project.path
    assert window.close()
    assert len(answers.asked) == 1
    with Project.open(path) as project:
        assert len(project.annotations.all()) == 1


def test_a_threshold_that_cannot_be_kept_is_said(window: MainWindow) -> None:
    with full_disk(window):
        window.session.set_threshold(0.5)
    assert window.session.thresholds.general == 0.5
    assert window._warning.isVisible()
