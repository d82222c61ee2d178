"""What hands feel: thousands of boxes on one image, one edit among a thousand, the next image."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.annotation.annotate import Revision
from hitl_desktop.workflows.images.open_folder import open_path

from .conftest import Bench, window_on

CATEGORIES = 20
RUNS = 20
SIZE = (1920, 1080)
CANVAS = (738, 655)
"""As large in every version, whatever lies around it."""


def fill(project: Project, image_id: int, boxes: int) -> None:
    """Give an image so many boxes."""
    draw = np.random.default_rng(7)
    ids = [project.categories.ensure(f"class {n}").id for n in range(CATEGORIES)]
    corners = draw.uniform((0, 0), (SIZE[0] - 90, SIZE[1] - 90), (boxes, 2))
    sides = draw.uniform(12, 80, (boxes, 2))
    project.annotations.add(
        Annotation(0, image_id, ids[n % CATEGORIES], BBox(*map(float, (*corners[n], *sides[n]))))
        for n in range(boxes)
    )
    project.images.set_state(image_id, ImageState.DECIDED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images: one for the boxes, one to come from."""
    pixels = np.random.default_rng(3).integers(0, 255, (SIZE[1] // 8, SIZE[0] // 8, 3), np.uint8)
    for name in ("a", "b"):
        Image.fromarray(pixels).resize(SIZE).save(tmp_path / f"{name}.jpg")
    return tmp_path


def window_with(folder: Path, qtbot: QtBot, boxes: int) -> MainWindow:
    """A window on the folder, whose first image has so many boxes."""
    with open_path(folder) as project:
        fill(project, 1, boxes)
    window = window_on(folder, qtbot, 2)
    window.canvas.setFixedSize(*CANVAS)
    window.session.walk.go_to(2)
    qtbot.waitUntil(lambda: window.canvas.has_image)
    window.session.walk.go_to(1)
    qtbot.waitUntil(lambda: window.canvas.has_image and len(window.canvas.items) == boxes)
    QApplication.processEvents()
    return window


def cpu_ms(act: Callable[[int], object], runs: int = RUNS) -> float:
    """The GUI thread's CPU time of an act, the median of some runs."""
    times = []
    for run in range(runs):
        began = time.thread_time()
        act(run)
        times.append((time.thread_time() - began) * 1000)
    return statistics.median(times)


@pytest.mark.bench
def test_five_thousand_boxes(bench: Bench, folder: Path, qtbot: QtBot) -> None:
    window = window_with(folder, qtbot, 5000)
    canvas, session = window.canvas, window.session
    canvas.eased_zoom.is_on = False  # a step of it is what is measured

    def load(_run: int) -> None:
        session.walk.go_to(1)
        window.repaint()
        canvas.repaint()

    def repaint(run: int) -> None:
        canvas.set_hidden(run % 2 == 1)  # nothing kept from the paint before may serve this one
        canvas.set_hidden(False)
        canvas.show_items(canvas.items)
        canvas.repaint()

    def pan(run: int) -> None:
        canvas.camera.viewport = canvas.camera.viewport.moved(3 if run % 2 else -3, 2)
        canvas.repaint()

    def zoom(run: int) -> None:
        centre = QPointF(canvas.width() / 2, canvas.height() / 2)
        steps = QPoint(0, 120 if run < RUNS / 2 else -120)
        event = QWheelEvent(
            centre, canvas.mapToGlobal(centre), QPoint(), steps, Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        canvas.wheelEvent(event)
        canvas.repaint()

    def move(run: int) -> None:
        QTest.mouseMove(canvas, QPoint(300 + 7 * run, 200 + 5 * run))
        canvas.repaint()

    bench.note("boxes_5000_load_ms", cpu_ms(load, 5))
    bench.note("boxes_5000_repaint_ms", cpu_ms(repaint))
    bench.note("boxes_5000_pan_ms", cpu_ms(pan))
    bench.note("boxes_5000_zoom_ms", cpu_ms(zoom))
    canvas.camera.fit()
    canvas.repaint()
    bench.note("boxes_5000_move_ms", cpu_ms(move))
    window.close()


@pytest.mark.bench
def test_one_edit_among_a_thousand_boxes(bench: Bench, folder: Path, qtbot: QtBot) -> None:
    window = window_with(folder, qtbot, 1000)
    canvas, session = window.canvas, window.session
    session.set_category(1)
    times = []
    for run in range(RUNS):
        start, end = QPoint(200 + run * 9, 150 + run * 7), QPoint(260 + run * 9, 230 + run * 7)
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, start)
        QTest.mouseMove(canvas, (start + end) / 2)
        QTest.mouseMove(canvas, end)
        canvas.repaint()
        before = len(session.annotations)
        began = time.perf_counter()
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
        canvas.repaint()
        times.append((time.perf_counter() - began) * 1000)
        assert len(session.annotations) == before + 1
        QApplication.processEvents()
    bench.note("edit_1000_ms", statistics.median(times))
    window.close()


@pytest.mark.bench
def test_an_act_among_three_hundred_boxes_and_sixty_candidates(
    bench: Bench, folder: Path, qtbot: QtBot
) -> None:
    draw = np.random.default_rng(11)
    with open_path(folder) as project:
        fill(project, 1, 300)
        project.categories.ensure("cup")  # or what the detector calls so would be hints, which nobody accepts
        project.images.set_state(1, ImageState.UNDECIDED)
        detector = project.models.ensure("hash", "small", ("cup", "dog"))
        project.models.set_detector(detector.id)
        corners, sides = (
            draw.uniform((0, 0), (SIZE[0] - 90, SIZE[1] - 90), (60, 2)),
            draw.uniform(12, 80, (60, 2)),
        )
        project.db.many(
            """INSERT INTO predictions (image_id, model_id, x, y, w, h, score, class_scores, candidate)
               VALUES (1, ?, ?, ?, ?, ?, .8, ?, 1)""",
            (
                (detector.id, *map(float, (*corner, *side)), np.array([0.8, 0.1], np.float16).tobytes())
                for corner, side in zip(corners, sides, strict=True)
            ),
        )
        project.db.execute("INSERT INTO predicted_images (image_id, model_id) VALUES (1, ?)", (detector.id,))
    window = window_on(folder, qtbot, 2)
    window.canvas.setFixedSize(*CANVAS)
    session = window.session
    session.walk.go_to(1)
    qtbot.waitUntil(lambda: window.canvas.has_image and len(window.canvas.items) > 330)
    times = []
    for run in range(RUNS):
        boxes = len(session.annotations)
        began = time.thread_time()
        if run % 2:
            session.acts.revise([Revision(session.visible_proposals[0])])
        else:
            session.acts.draw([(BBox(20.0 + 30 * run, 20, 25, 25), 1)])
        window.canvas.repaint()
        times.append((time.thread_time() - began) * 1000)
        assert len(session.annotations) == boxes + 1
        for _ in range(5):  # what the act laid out anew is painted, too, before the next one
            QApplication.processEvents()
    bench.note("act_ms_among_300_boxes", statistics.median(times))
    window.close()
