"""Files on their way in and out when the window is closed, or when Cancel is pressed too late."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from hitl_desktop.errors import HitlError
from hitl_desktop.progress import Progress
from hitl_desktop.service.jobs import FILES
from hitl_desktop.ui.files import exchange_acts
from hitl_desktop.ui.jobs.finishing import FinishingDialog
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.conftest import Answers


def answers(window: MainWindow) -> Answers:
    assert isinstance(window.ask, Answers)
    return window.ask


def waits_for(gate: threading.Event) -> Callable[[Progress], None]:
    def wait(_progress: Progress) -> None:
        gate.wait(20)

    return wait


def while_closing(window: MainWindow, do: Callable[[FinishingDialog], object]) -> None:
    """Do something once the window says what it waits for."""

    def look() -> None:
        dialogs = window.findChildren(FinishingDialog)
        if dialogs:
            do(dialogs[0])
        else:
            QTimer.singleShot(10, look)

    QTimer.singleShot(10, look)


def test_closing_waits_for_an_export_that_is_queued_behind_an_import(
    window: MainWindow, tmp_path: Path
) -> None:
    gate = threading.Event()
    window.runner.start(FILES, "Importing", waits_for(gate))
    answers(window).next_export = tmp_path / "out.json"
    window.actions_["export_all"].trigger()
    shown: list[str] = []
    while_closing(window, lambda dialog: (shown.append(dialog.titles.text()), gate.set()))
    assert window.close()
    assert shown == ["Importing\nExporting"]
    assert json.loads((tmp_path / "out.json").read_text())["annotations"] == []


def test_an_export_that_fails_while_closing_keeps_the_window_open_with_the_reason(window: MainWindow) -> None:
    def fails(_progress: Progress) -> None:
        raise HitlError("The disk is full.", hint="Free some space.")

    window.runner.start(FILES, "Exporting", fails)
    assert not window.close()
    assert window.isVisible()
    assert window._warning.text() == "The disk is full. Free some space."
    assert window.close()


def test_a_person_may_rather_keep_the_window_open(window: MainWindow) -> None:
    gate = threading.Event()
    window.runner.start(FILES, "Exporting", waits_for(gate))
    while_closing(window, lambda dialog: dialog.reject())
    assert not window.close()
    assert window.isVisible()
    gate.set()


@pytest.mark.parametrize("is_past", [True, False])
def test_an_import_that_is_cancelled_brings_nothing_unless_it_was_past_the_point(
    window: MainWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, *, is_past: bool
) -> None:
    started, gate, imports = threading.Event(), threading.Event(), exchange_acts.take_in

    def slow(*given: object, **named: object) -> object:
        done = imports(*given, **named) if is_past else None  # type: ignore[arg-type]
        started.set()
        gate.wait(20)
        return done or imports(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(exchange_acts, "take_in", slow)
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0}
    image = {"id": 1, "file_name": "a.png", "width": 80, "height": 60}
    data = {"images": [image], "annotations": [box], "categories": [{"id": 1, "name": "cup"}]}
    (tmp_path / "in.json").write_text(json.dumps(data))
    answers(window).next_import = tmp_path / "in.json"
    window.session.walk.go_to(1)
    window.actions_["import_coco"].trigger()
    qtbot.waitUntil(started.is_set)
    window.runner.jobs[0].cancel()
    gate.set()
    told = "Imported: 1 of 1 box and 1 of 1 image came in" if is_past else "was cancelled; nothing came in"
    qtbot.waitUntil(lambda: told in window.news.text())
    assert [item.label for item in window.canvas.items] == (["cup"] if is_past else [])
