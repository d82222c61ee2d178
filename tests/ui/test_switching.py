"""What was being asked when another project was opened changes nothing there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.boxes.controller import SKIP_REASONS
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.questions.ask import Ask
from hitl_desktop.workflows.projects.new_project import new_project


@pytest.fixture
def other(tmp_path: Path, images: Path) -> Path:
    new_project(tmp_path / "other.hitl", images, NoProgress())
    return tmp_path / "other.hitl"


@pytest.mark.parametrize(
    "ask",
    [
        lambda ask: ask.confirm("Retire", "Really?"),
        lambda ask: ask.reason(SKIP_REASONS),
        lambda ask: ask.text("Rename", "New name", "cell"),
        lambda ask: ask.choice("Merge", "Into", ["cell", "dust"]),
        lambda ask: ask.either("Category", "Which?", "One", "Other"),
    ],
)
def test_a_question_ends_without_an_answer_when_another_project_is_opened(
    window: MainWindow, other: Path, ask: Callable[[Ask], object]
) -> None:
    QTimer.singleShot(50, lambda: window.open_path(other))
    assert not ask(Ask(window))
    assert window.session.project
    assert window.session.project.path == other


def test_an_act_whose_question_was_answered_too_late_is_not_done(window: MainWindow, other: Path) -> None:
    window.controller.ask = Ask(window)
    QTimer.singleShot(50, lambda: window.open_path(other))
    window.controller.skip()
    with Project.open(other, background=True) as project:
        assert set(project.images.statuses().values()) == {"undecided"}


def test_a_project_that_cannot_be_read_leaves_the_one_before_open(
    window: MainWindow, other: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    assert window.session.project
    before = window.session.project.path
    with Project.open(other) as project:
        model = project.models.ensure("hash", "detector", ("cup",))
        project.meta.set("detector", model.id)
        project.db.execute("DROP TABLE class_maps")
    window.open_path(other)
    assert window.session.project.path == before
    assert window._warning.isVisible()
    window.session.project_acts.add_category("cell")
    with Project.open(before, background=True) as disk:
        assert [c.name for c in disk.categories.all()] == ["cell"]
