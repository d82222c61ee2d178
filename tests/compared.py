"""A project in which it is known what the model found, missed, invented and called otherwise."""

from __future__ import annotations

import numpy as np

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.store.predictions import UnseenPrediction
from hitl_desktop.store.project import Project

FOUND, RENAMED, INVENTED = BBox(0, 0, 20, 20), BBox(40, 0, 36, 36), BBox(0, 40, 15, 15)
OVERLOOKED, LARGER = BBox(25, 40, 12, 12), BBox(0, 0, 40, 40)


def plant(project: Project) -> dict[str, int]:
    """Decide three of the four small images; returns the categories by name.

    On image 1 a gear is found, a bolt (of medium size) is called a gear, another gear is missed, and one is
    invented. On image 2 a bolt of medium size is missed, and nothing suggested. On image 3 a gear is found;
    a bolt was too unsure to be shown.
    """
    of = {name: project.categories.ensure(name).id for name in ("gear", "bolt")}
    label(project, 1, of, gear=[FOUND, OVERLOOKED], bolt=[RENAMED])
    suggest(project, 1, of, [("gear", FOUND, 0.9), ("gear", RENAMED, 0.8), ("gear", INVENTED, 0.7)])
    label(project, 2, of, bolt=[LARGER])
    suggest(project, 2, of, [])
    label(project, 3, of, gear=[FOUND])
    suggest(project, 3, of, [("gear", FOUND, 0.9), ("bolt", BBox(20, 20, 15, 15), 0.1)])
    return of


def label(project: Project, image_id: int, of: dict[str, int], **boxes: list[BBox]) -> None:
    """A person decided an image."""
    project.annotations.add(
        [Annotation(0, image_id, of[name], box) for name, them in boxes.items() for box in them]
    )
    project.images.set_state(image_id, ImageState.DECIDED)


def suggest(
    project: Project, image_id: int, of: dict[str, int], boxes: list[tuple[str, BBox, float]]
) -> None:
    """What was suggested before training on it, and shown from .3 on."""
    model = project.models.ensure("hash", "detector", ("x",))
    found = Detections(
        np.array([box for _, box, _ in boxes], float).reshape(-1, 4),
        np.array([[score] for _, _, score in boxes], np.float32).reshape(-1, 1),
    )
    project.predictions.replace(image_id, model.id, found)
    ids = {p.bbox: p.id for p in project.predictions.of_image(image_id, model.id)}
    project.predictions.note_unseen_predictions(
        UnseenPrediction(
            ids[box], image_id, box, None, name, score, score, score >= 0.3, category_id=of[name]
        )
        for name, box, score in boxes
    )
    project.predictions.note_first_seen(image_id)
