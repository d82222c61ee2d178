"""What people meet on images that the detector was not made for, and on those that it was."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from hitl_desktop.progress import NoProgress
from hitl_desktop.store.project import Project
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.detection.class_map import use_as_categories
from hitl_desktop.workflows.detection.prelabel import prelabel
from hitl_desktop.workflows.projects.new_project import new_project
from tests.ui.conftest import MakeWindow
from tests.ui.test_window import drag, key, type_name

QUIET = NoProgress()
COUNT = 10


def opened(
    make_window: MakeWindow, folder: Path, tmp_path: Path, qtbot: QtBot, *, use_classes: bool
) -> MainWindow:
    """The window on the first images of a set, which the bundled detector has worked on."""
    (tmp_path / "images").mkdir()
    for image in sorted(folder.iterdir())[:COUNT]:
        shutil.copy(image, tmp_path / "images")
    path = tmp_path / "p.hitl"
    new_project(path, tmp_path / "images", QUIET)
    with Project.open(path) as project:
        prelabel(project, QUIET, threads=1)
        detector = project.models.detector()
        assert detector
        if use_classes:
            use_as_categories(project, detector.classes)
    window = make_window()
    window.open_path(path)
    qtbot.waitUntil(lambda: window.canvas.has_image, timeout=20_000)
    return window


def accept_all(window: MainWindow, qtbot: QtBot) -> None:
    """Press A on one image after the other."""
    for image_id in window.session.image_list.order.ids[:COUNT]:
        window.session.walk.go_to(image_id)
        qtbot.waitUntil(lambda: window.canvas.has_image, timeout=20_000)
        key(window, Qt.Key.Key_A)


def test_accepting_ten_images_of_blood_cells_makes_no_category_and_no_box(
    make_window: MakeWindow, shared_data: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(make_window, shared_data / "bccd" / "images", tmp_path, qtbot, use_classes=False)
    assert any(item.key.kind is Kind.HINT for item in window.canvas.items) or window.session.proposals
    accept_all(window, qtbot)
    window.close()
    with Project.open(tmp_path / "p.hitl", background=True) as disk:
        assert disk.annotations.all() == []
        assert disk.categories.all() == []


def test_with_the_detectors_classes_as_categories_accepting_works_at_once(
    make_window: MakeWindow, shared_data: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(make_window, shared_data / "coco-open100" / "images", tmp_path, qtbot, use_classes=True)
    shown = {}
    for image_id in window.session.image_list.order.ids[:COUNT]:
        window.session.walk.go_to(image_id)
        shown[image_id] = [p.name for p in window.session.visible_proposals]
        assert window.session.visible_hints == []
    assert sum(map(len, shown.values())) >= COUNT
    accept_all(window, qtbot)
    names = window.session.known.of
    window.close()
    with Project.open(tmp_path / "p.hitl", background=True) as disk:
        for image_id, expected in shown.items():
            assert sorted(names[a.category_id] for a in disk.annotations.of_image(image_id)) == sorted(
                expected
            )


def test_twenty_crowded_boxes_of_three_categories_take_42_acts_at_most(window: MainWindow) -> None:
    """Drawn from the middle of the box before, so that each begins inside another one."""
    acts = 0
    wanted: list[tuple[str, tuple[float, float, float, float]]] = []
    names = ["red cell"] * 12 + ["white cell"] * 4 + ["platelet"] * 4
    for number, name in enumerate(names):
        x, y = 2 + 6 * (number % 10), 2 + 24 * (number // 10)
        if number and names[number - 1] != name:
            key(window, Qt.Key.Key_C)
            type_name(window, name)
            acts += 2
        drag(window, (x, y), (x + 14, y + 20))
        acts += 1
        if number == 0:
            type_name(window, name)
            acts += 1
        wanted.append((name, (x, y, 14, 20)))
    key(window, Qt.Key.Key_A)
    acts += 1
    assert acts <= 42
    project = window.session.project
    assert project
    with Project.open(project.path, background=True) as disk:
        called = {c.id: c.name for c in disk.categories.all()}
        boxes = [
            (called[a.category_id], tuple(round(v) for v in a.bbox)) for a in disk.annotations.of_image(1)
        ]
    assert boxes == [(name, pytest.approx(box, abs=1)) for name, box in wanted]
