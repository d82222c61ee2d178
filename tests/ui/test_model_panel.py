"""What the model panel shows while jobs run."""

from __future__ import annotations

import os
from threading import Event

from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.main_window import MainWindow


def test_the_effort_saved_is_shown_while_something_else_computes(window: MainWindow, qtbot: QtBot) -> None:
    go_on = Event()
    for lane in range(max(1, (os.cpu_count() or 2) - 1)):  # as learning does on all processors
        window.runner.start(f"busy {lane}", "Learning", lambda _: go_on.wait(20))
    try:
        cat = window.session.project_acts.add_category("cat")
        assert cat is not None
        window.session.acts.draw([(BBox(5, 5, 10, 10), cat)])
        assert "no box is done yet" in window.model_panel.effort.text()
        window.session.acts.accept_image()
        qtbot.waitUntil(lambda: "No time saved yet" in window.model_panel.effort.text(), timeout=5_000)
    finally:
        go_on.set()


def test_the_popover_shows_what_holds_while_it_is_open(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project
    chip = window.model_chip
    chip._button.click()
    assert "No detector has run yet" in chip.popover.detector.text()
    project.models.set_detector(project.models.ensure("hash", "small", ("car",)).id)
    window.session.walk.apply_changes(Changes(queue=True))
    qtbot.waitUntil(lambda: "Detector small" in chip.popover.detector.text(), timeout=5_000)
    chip.popover.hide()


def test_buttons_that_train_are_disabled_with_the_reason_while_nothing_is_decided(window: MainWindow) -> None:
    buttons = (window.model_panel.learn, window.model_chip.popover.learn)
    assert [(b.isEnabled(), b.toolTip()) for b in buttons] == [(False, "No image is done yet")] * 2
    cat = window.session.project_acts.add_category("cat")
    assert cat is not None
    window.session.acts.draw([(BBox(5, 5, 10, 10), cat)])
    window.session.acts.accept_image()
    assert all(b.isEnabled() for b in buttons)
    assert window.model_panel.learn.toolTip() == "Train a new version on all images that are done"
