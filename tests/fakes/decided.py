"""A project of very many decided images without files, and stand-ins for the networks that would look at
them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hitl_desktop.domain.cells import CellGrid
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.inference.registry import DEFAULT_DETECTOR, find_card
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection import embeddings
from hitl_desktop.workflows.detection.embeddings import crops_of, encoder_record_id
from hitl_desktop.workflows.training import detection_head, holdout_detections, training_targets

CATEGORIES = 8
SIZE = (640, 480)
CELLS = 20


class Backbone:
    """Cells of 16 random numbers."""

    width = 16

    def cells(self, pixels: np.ndarray[Any, Any], side: int) -> CellGrid:
        features = np.random.default_rng(int(pixels[0, 0, 0])).normal(size=(CELLS * CELLS, self.width))
        scale = CELLS * 32 / SIZE[0]
        return CellGrid(features.astype(np.float32), CELLS, CELLS, 32.0, (scale, scale), (0.0, 0.0), SIZE)


class Encoder:
    def embed(self, crops: Sequence[object]) -> np.ndarray[Any, Any]:
        return np.random.default_rng(len(crops)).normal(size=(len(crops), 448)).astype(np.float32)


def noise(path: Path) -> np.ndarray[Any, Any]:
    """Pixels that no other file has."""
    small = np.random.default_rng(int(path.stem)).integers(
        0, 255, (SIZE[1] // 40, SIZE[0] // 40, 3), np.uint8
    )
    return small.repeat(40, axis=0).repeat(40, axis=1)


def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stand-ins serve, for files that do not exist."""
    for module in (detection_head, holdout_detections):
        monkeypatch.setattr(module, "features_of", lambda *_: Backbone())
    for module in (detection_head, training_targets):
        monkeypatch.setattr(module, "content_hash", lambda path: path.stem)
    for module in (training_targets, holdout_detections, embeddings):
        monkeypatch.setattr(module, "read_for_models", lambda path, *_: (SIZE, noise(path)))
    monkeypatch.setattr(embeddings, "load_encoder", lambda *_, **__: Encoder())


def decided_project(folder: Path, decided: int, waiting: int) -> Project:
    """A project with so many decided images, each with three boxes, eight candidates and all of their
    vectors."""
    rng = np.random.default_rng(0)
    project = Project.create(folder / "p.hitl")
    folder_id = project.add_folder(folder)
    names = find_card(DEFAULT_DETECTOR).classes
    ids = [project.categories.ensure(f"thing {n}").id for n in range(CATEGORIES)]
    kinds = rng.normal(size=(CATEGORIES + 1, 448))
    with project.db.transaction():
        detector = project.models.ensure(find_card(DEFAULT_DETECTOR).sha256, "detector", names)
        project.models.set_detector(detector.id)
        encoder = encoder_record_id(project)
        project.db.many(
            "INSERT INTO images (folder_id, path, width, height, content_hash, state) VALUES (?, ?, 640, 480, ?, ?)",
            (
                (
                    folder_id,
                    f"{n}.jpg",
                    str(n),
                    (ImageState.DECIDED if n < decided else ImageState.UNDECIDED).value,
                )
                for n in range(decided + waiting)
            ),
        )
        for image_id in range(1, decided + waiting + 1):
            corners, sides = rng.uniform(0, 400, (8, 2)), rng.uniform(20, 90, (8, 2))
            places = np.concatenate([corners, sides], axis=1)
            scores = rng.uniform(0.05, 0.9, (8, len(names))).astype(np.float32) ** 4
            project.predictions.replace(image_id, detector.id, Detections(places, scores))
            if image_id <= decided:
                project.db.many(
                    """INSERT INTO annotations (image_id, category_id, x, y, w, h, origin, edited, crowd)
                       VALUES (?, ?, ?, ?, ?, ?, 'human', 0, 0)""",
                    ((image_id, ids[(image_id + n) % CATEGORIES], *map(float, places[n])) for n in range(3)),
                )
                project.db.execute(
                    """INSERT INTO decisions (image_id, at, kind, seconds, accepted, moved, relabelled, rejected, drawn)
                       VALUES (?, '', 'corrected', 1.0, 0, 0, 0, 0, 3)""",
                    (image_id,),
                )
            image = project.images.get(image_id)
            assert image is not None
            assert image.content_hash
            boxes = crops_of(project, image)
            which = [(image_id + n) % CATEGORIES if n < 3 else CATEGORIES for n in range(len(boxes))]
            vectors = (kinds[which] + rng.normal(size=(len(boxes), 448))).astype(np.float32)
            keys = [crop_key(image.content_hash, box) for box in boxes]
            project.embeddings.add(encoder, zip(keys, vectors, strict=True))
    return project
