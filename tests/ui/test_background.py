"""What goes on behind the window, with real jobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.detection.prelabel import prelabel
from tests.conftest import save
from tests.toy_models import toy
from tests.ui.conftest import MakeWindow


def open_with_a_new_image(
    make_window: MakeWindow, project: Project, images: Path, qtbot: QtBot
) -> MainWindow:
    """The window on the project, done with what it does by itself; an image was added to the folder
    before."""
    project.close()
    save(images / "new.png", np.full((64, 64, 3), 99, np.uint8))
    window = make_window(automatic=True)
    window.open_path(project.path)
    qtbot.waitUntil(lambda: len(window.session.image_list.statuses) == 5, timeout=60_000)
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=60_000)
    return window


def test_the_window_pre_labels_with_the_projects_own_detector(
    make_window: MakeWindow, project: Project, images: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    prelabel(project, NoProgress(), model=str(toy(tmp_path / "mine.onnx")), threads=1)
    window = open_with_a_new_image(make_window, project, images, qtbot)
    assert [i.path for i in window.session.project.images.all()][-1] == "new.png"  # type: ignore[union-attr]
    for image_id in (5, 1):
        window.session.walk.go_to(image_id)
        assert [(p.hint, p.proposed_by, round(p.hint_score, 2)) for p in window.session.proposals] == [
            ("cup", "mine", 0.9)
        ]


def test_a_window_whose_detector_is_gone_reports_it_and_keeps_its_boxes(
    make_window: MakeWindow, project: Project, images: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    file = toy(tmp_path / "mine.onnx")
    prelabel(project, NoProgress(), model=str(file), threads=1)
    file.unlink()
    window = open_with_a_new_image(make_window, project, images, qtbot)
    assert "mine.onnx, is gone" in window._warning.label.text()
    opened = window.session.project
    assert opened
    assert getattr(opened.models.detector(), "name", "") == "mine"
    window.session.walk.go_to(1)
    assert [p.hint for p in window.session.proposals] == ["cup"]
    window.session.walk.go_to(5)
    assert window.session.proposals == []
    assert len(opened.queue.ids()) == 5  # the order was made all the same
