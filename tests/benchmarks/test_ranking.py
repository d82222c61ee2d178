"""A new head puts a hundred thousand images in another order, behind a window that goes on."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from hitl_desktop.app import SWITCH_INTERVAL
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.progress import NoProgress
from hitl_desktop.service.loop.steps import LEARNING
from hitl_desktop.service.project.project_jobs import in_project
from hitl_desktop.settings import Settings
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.workflows.detection.embeddings import crops_of, encoder_record_id
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.queue.rank import MOST_RANKED, rank_images
from hitl_desktop.workflows.queue.uncertainty import UncertaintyScorer

from .conftest import Bench
from .loop_process import TICK_MS

IMAGES = 100_000
CLASSES = tuple(f"class {n}" for n in range(80))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A project of a hundred thousand images that the detector has looked at, with boxes on those in
    front."""
    Image.new("RGB", (640, 480), (90, 120, 60)).save(tmp_path / "0.jpg")
    rng = np.random.default_rng(0)
    with Project.create(tmp_path / "large.hitl") as project:
        folder = project.add_folder(tmp_path)
        category = project.categories.ensure(CLASSES[0])
        with project.db.transaction():
            project.db.many(
                "INSERT INTO images (folder_id, path, width, height, content_hash) VALUES (?, ?, 640, 480, ?)",
                ((folder, f"{n}.jpg", str(n)) for n in range(IMAGES)),
            )
            detector = project.models.ensure("hash", "small", CLASSES)
            project.models.set_detector(detector.id)
            rows = ((n, detector.id) for n in range(1, IMAGES + 1))
            project.db.many("INSERT INTO predicted_images (image_id, model_id) VALUES (?, ?)", rows)
            boxes = [
                (i + 1, category.id, 1.0, 1.0, 9.0, 9.0) for i in range(50)
            ]  # more than a cold start has
            project.db.many(
                """INSERT INTO annotations (image_id, category_id, x, y, w, h, origin, edited, crowd)
                   VALUES (?, ?, ?, ?, ?, ?, 'human', 0, 0)""",
                boxes,
            )
        encoder = encoder_record_id(project)
        for image_id in project.queue.ids()[:MOST_RANKED]:
            places = np.concatenate([rng.uniform(0, 400, (30, 2)), rng.uniform(20, 90, (30, 2))], axis=1)
            scores = rng.uniform(0.05, 0.9, (30, len(CLASSES))).astype(np.float32) ** 4
            project.predictions.replace(image_id, detector.id, Detections(places, scores))
            image = project.images.get(image_id)
            if image is not None and image.content_hash:
                keys = [crop_key(image.content_hash, box) for box in crops_of(project, image)]
                vectors = rng.normal(0, 1, (len(keys), 448)).astype(np.float32)
                project.embeddings.add(encoder, zip(keys, vectors, strict=True))
    return tmp_path / "large.hitl"


@pytest.mark.bench
def test_a_hundred_thousand_are_put_in_another_order(bench: Bench, large: Path, qtbot: QtBot) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)  # as the program does
    window = MainWindow(Settings(), automatic=False)
    qtbot.addWidget(window)
    window.resize(1360, 860)
    window.show()
    window.open_path(large)
    qtbot.waitUntil(lambda: len(window.session.image_list.statuses) == IMAGES, timeout=120_000)
    qtbot.waitUntil(lambda: not window.runner.jobs and window.canvas.has_image, timeout=120_000)
    at_hand = window.session.image
    figures: dict[str, float] = {}

    def rerank(project: Project, _progress: object) -> None:
        scorer = load_scorer(project)
        assert scorer is not None
        began = time.perf_counter()
        ranking = rank_images(project, scorer, NoProgress())
        whole = time.perf_counter() - began
        uncertainty_scorer, seen = (
            UncertaintyScorer(scorer),
            [i for item in ranking.ranked[:MOST_RANKED] if (i := project.images.get(item.image_id))],
        )
        began = time.perf_counter()
        for image in seen:  # what of it was looking at boxes, the rest is order
            uncertainty_scorer.at(project, image)
        figures["look"] = time.perf_counter() - began
        began = time.perf_counter()
        with project.db.transaction():
            project.queue.take(ranking)
        figures["order"] = whole - figures["look"] + time.perf_counter() - began

    assert window.session.project is not None
    before = window.session.project.queue.ids()[:100]
    pauses: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        pauses.append(now - last)
        last = now

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(TICK_MS)
    window.runner.start(LEARNING, "Ranking the queue", in_project(window.session.project.path, rerank))
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=120_000)
    window.session.walk.apply_changes(Changes(queue=True))
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=120_000)
    timer.stop()
    assert window.session.image == at_hand
    assert window.session.project.queue.ids()[:100] != before
    bench.note("rank_100k_order_ms", 1000 * figures["order"])
    bench.note("rank_100k_look_ms", 1000 * figures["look"])
    bench.note("rank_100k_longest_pause_ms", 1000 * max(pauses))
    window.close()
    sys.setswitchinterval(interval)
