"""What is asked for opens at once with its progress, and nothing takes the keyboard later."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from hitl_desktop.progress import Progress
from hitl_desktop.service.loop.steps import EXAMINING
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.jobs.preparing import PREPARING, PreparingDialog
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.review.mode import ReviewMode
from hitl_desktop.workflows.images.open_folder import Place, locate
from tests.ui.conftest import Answers
from tests.ui.test_window import propose


@pytest.fixture
def busy(window: MainWindow) -> threading.Event:
    """Jobs have so much to do that nothing is read before this is set."""
    gate = threading.Event()
    for lane in (PREPARING, EXAMINING):
        window.runner.start(lane, "Something before it", lambda _: gate.wait(20))
    return gate


@pytest.mark.parametrize(
    ("action", "title"),
    [
        ("audit", "Planning an audit"),
        ("map_classes", "Counting the detector's classes"),
        ("name_unknowns", "Grouping unknown objects"),
        ("reliability", "Calibration"),
        ("find_more", "Looking for more like this"),
    ],
)
def test_the_dialog_is_there_at_once(
    window: MainWindow, busy: threading.Event, qtbot: QtBot, action: str, title: str
) -> None:
    window.actions_[action].trigger()
    shown = [d for d in window.findChildren(QDialog) if d.isVisible()]
    assert len(shown) == 1
    assert shown[0].windowTitle().startswith(title)
    busy.set()
    shown[0].close()
    qtbot.waitUntil(lambda: not window.runner.jobs)


@pytest.mark.parametrize(
    ("action", "title", "words"),
    [
        ("label_errors", "Possible label errors", "Reading what was found before."),
        ("validate", "Validation only", "The model is processing the next image."),
        ("accept_many", "Accept many at once", "Looking at what that would accept."),
    ],
)
def test_a_mode_is_there_at_once_with_what_it_waits_for(
    window: MainWindow, busy: threading.Event, qtbot: QtBot, action: str, title: str, words: str
) -> None:
    propose(window)
    window.actions_[action].trigger()
    (mode,) = [m for m in window.findChildren(ReviewMode) if m.isVisible()]
    assert mode.accessibleName().startswith(title)
    placeholders = [canvas.placeholder for canvas in mode.findChildren(Canvas)]
    assert any(text.startswith(words) for text in (mode.words.text(), *placeholders))
    assert window.runner._quiet or window.runner.jobs  # what fills it has not ended
    busy.set()
    mode.left.emit()
    qtbot.waitUntil(lambda: not window.runner.jobs)


def test_what_was_measured_has_a_place_at_once(
    window: MainWindow, busy: threading.Event, qtbot: QtBot
) -> None:
    window.actions_["tune"].trigger()
    tabs = window.model_panel.tabs
    area = tabs.currentWidget()
    assert isinstance(area, QScrollArea)
    words = area.widget()
    assert isinstance(words, QLabel)
    assert (words.text(), words.isVisible()) == ("Being measured.", True)
    busy.set()
    qtbot.waitUntil(lambda: window.tune_acts.pages is not None)
    assert area.widget() is not words


def test_the_popover_of_the_model_waits_for_nothing(
    window: MainWindow, busy: threading.Event, qtbot: QtBot
) -> None:
    window.toolbar.model.click()
    popover = window.model_chip.popover
    assert popover.isVisible()
    assert popover.sentence.text() == "Not trained yet. The detector's own suggestions are shown."
    assert window.runner.jobs
    popover.hide()
    busy.set()
    qtbot.waitUntil(lambda: not window.runner.jobs)


def test_what_was_cancelled_while_it_was_prepared_does_not_come_up(
    window: MainWindow, busy: threading.Event, qtbot: QtBot
) -> None:
    answers = window.ask
    assert isinstance(answers, Answers)
    window.actions_["audit"].trigger()
    (dialog,) = window.findChildren(PreparingDialog)
    dialog.reject()
    busy.set()
    qtbot.waitUntil(lambda: not window.runner.jobs and not window.runner._quiet)
    assert "nothing can be proved" not in window._warning.text()
    assert QApplication.activeModalWidget() is None


def test_closing_ends_the_search_through_a_large_folder(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    (tmp_path / "large").mkdir()
    ended = threading.Event()
    started = threading.Event()

    def endless(path: Path, progress: Progress) -> Place:
        started.set()
        try:
            while True:
                progress.check_cancelled()
        finally:
            ended.set()
        return locate(path)

    monkeypatch.setattr("hitl_desktop.ui.main_window.locate", endless)
    window.open_path(tmp_path / "large")
    qtbot.waitUntil(started.is_set)
    assert window.close()
    assert ended.is_set()


def test_the_preview_of_accepting_many_needs_no_button(window: MainWindow, qtbot: QtBot) -> None:
    propose(window)
    window.actions_["accept_many"].trigger()
    dialog = window.bulk_acts.mode
    assert dialog
    assert dialog.words.text()
    dialog.name.setCurrentText("cup")
    dialog.score.setValue(0.3)
    qtbot.waitUntil(lambda: dialog.preview is not None, timeout=20_000)
    assert dialog.preview
    assert (dialog.preview.name, dialog.preview.threshold) == ("cup", 0.3)
    assert dialog.crops.count() == len(dialog.preview.proposals)
    dialog.close()
