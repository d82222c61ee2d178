"""The window learns, and forgets, what hands do: the real models in the background."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.annotation.annotate import Revision
from tests.conftest import copy_taught
from tests.ui.conftest import MakeWindow
from tests.ui.test_window import key

LONG = 60_000
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def learning(make_window: MakeWindow, tmp_path: Path, taught: Path, qtbot: QtBot) -> MainWindow:
    """A window that learns by itself, on images of which six are decided and taught."""
    window = make_window(automatic=True)
    window.open_path(copy_taught(taught, tmp_path / "copy"))
    qtbot.waitUntil(lambda: window.session.is_open and window.canvas.has_image, timeout=LONG)
    idle(window, qtbot)
    return window


def idle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.runner.jobs and not window.runner.busy("learning"), timeout=LONG)


def newest(window: MainWindow) -> HeadVersion:
    assert window.session.project
    return window.session.project.heads.latest(1)[0]


def after(window: MainWindow, qtbot: QtBot, act: Callable[[], object]) -> HeadVersion:
    """The version that an act leads to."""
    before = newest(window).id
    act()
    qtbot.waitUntil(lambda: newest(window).id > before, timeout=LONG)
    idle(window, qtbot)
    return newest(window)


def weights(window: MainWindow, version: HeadVersion) -> np.ndarray:
    assert window.session.project
    kept = window.session.project.heads.finding_of(
        version.id, window.session.project.heads.detector_of(version.id)
    )
    assert kept
    return next(iter(DetectionHead.from_bytes(kept).views.values())).weights


def show(window: MainWindow, image_id: int, qtbot: QtBot) -> None:
    window.session.walk.go_to(image_id)
    qtbot.waitUntil(lambda: window.canvas.has_image, timeout=LONG)


def test_an_edit_that_is_taken_back_is_forgotten_and_done_again_it_is_learned(
    learning: MainWindow, qtbot: QtBot
) -> None:
    window, session = learning, learning.session
    assert session.project
    first = newest(window)
    decided = session.project.decisions.decided_order()[1]
    show(window, decided, qtbot)
    box = session.annotations[0]
    edited = after(window, qtbot, lambda: session.acts.revise([Revision(box, box.bbox.scaled(0.8))]))
    assert not np.allclose(weights(window, edited), weights(window, first), atol=1e-3)
    undone = after(window, qtbot, lambda: key(window, Qt.Key.Key_Z, CTRL))
    np.testing.assert_allclose(weights(window, undone), weights(window, first), rtol=1e-5, atol=1e-5)
    redone = after(window, qtbot, lambda: key(window, Qt.Key.Key_Z, CTRL | SHIFT))
    np.testing.assert_allclose(weights(window, redone), weights(window, edited), rtol=1e-5, atol=1e-5)


def test_a_decision_that_is_undone_or_skipped_leads_to_the_head_that_never_saw_it(
    learning: MainWindow, qtbot: QtBot
) -> None:
    window, session = learning, learning.session
    assert session.project
    first = newest(window)
    show(window, next(iter(session.image_list.undecided)), qtbot)
    fifth = session.at_hand
    trained = after(window, qtbot, lambda: key(window, Qt.Key.Key_E))
    assert fifth in trained.learned
    undone = after(window, qtbot, lambda: key(window, Qt.Key.Key_Z, CTRL))
    assert undone.learned == first.learned
    np.testing.assert_allclose(weights(window, undone), weights(window, first), rtol=1e-5, atol=1e-5)
    skipped = session.project.decisions.decided_order()[0]
    show(window, skipped, qtbot)
    assert skipped not in after(window, qtbot, session.acts.skip).learned


def test_what_was_skipped_while_nothing_learned_is_forgotten_at_the_next_opening(
    learning: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    session = learning.session
    assert session.project
    path, gone = session.project.path, session.project.decisions.decided_order()[0]
    learning.close()
    quiet = make_window()
    quiet.open_path(path)
    qtbot.waitUntil(lambda: quiet.session.is_open, timeout=LONG)
    quiet.session.walk.go_to(gone)
    quiet.session.acts.skip()
    quiet.close()
    window = make_window(automatic=True)
    window.open_path(path)
    qtbot.waitUntil(lambda: window.session.is_open and gone not in newest(window).learned, timeout=LONG)
    idle(window, qtbot)


def test_a_version_that_was_chosen_is_used_although_a_decision_follows(
    learning: MainWindow, qtbot: QtBot
) -> None:
    window, session = learning, learning.session
    assert session.project
    show(window, next(iter(session.image_list.undecided)), qtbot)
    after(window, qtbot, lambda: key(window, Qt.Key.Key_E))
    before = session.project.heads.active_id()
    assert before is not None
    window.actions_["go_back_a_head"].trigger()
    newer = after(window, qtbot, lambda: key(window, Qt.Key.Key_E))
    assert session.project.heads.active_id() not in (before, newer.id)
    assert session.project.heads.is_held()
    assert "was chosen by hand" in newer.waits
