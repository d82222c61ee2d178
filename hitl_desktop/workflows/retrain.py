"""Learn from what people decided: a new head, its scores, and the new queue order become active together."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import iou_matrix
from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.domain.predictions import Prediction
from hitl_desktop.learning.calibration import fit_temperature
from hitl_desktop.learning.naming_head import BACKGROUND, NamingHead, Samples, fit
from hitl_desktop.learning.query import DEFAULT_STRATEGY
from hitl_desktop.progress import Progress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.embed import embed_images, encoder_record_id
from hitl_desktop.workflows.naming import detector_of, load_naming
from hitl_desktop.workflows.rank_queue import rank_undecided, refresh_queue

MATCH_IOU = 0.6
"""A proposal that overlaps a box this much shows the same object."""
BACKGROUND_IOU = 0.4
"""A proposal that overlaps no box this much shows no object; between the two it teaches nothing."""
MOST_PICTURES = 1500
"""More decided pictures than this teach by a random part: the fit stays within seconds."""


@dataclass(frozen=True, slots=True)
class RetrainResult:
    """The new head's id (None while there is too little to learn from), and what it learned from."""

    head_id: int | None
    pictures: int
    boxes: int
    seconds: float
    changes: Changes


def is_due(new_decisions: int, decided: int) -> bool:
    """Whether so many decisions since the last head are worth a new one: each of the first ten, then one in ten more."""
    return new_decisions >= max(1, min(10, decided // 10))


def retrain(
    project: Project, progress: Progress, *, strategy: str = DEFAULT_STRATEGY, seed: int = 0, threads: int | None = None
) -> RetrainResult:
    """Fit a head on the decided pictures, rank the queue with it, and activate both in one transaction.

    Until then the old head and the old order stand. Too few labels are no error: the queue is ranked by the detector.
    """
    started = time.perf_counter()
    images = _decided_for_training(project)
    detector = detector_of(project)
    progress.report(0, 3, "reading crops")
    if images:
        embed_images(project, images, _Part(progress), threads=threads)
    collected = _collect(project, images, detector)
    progress.check_cancelled()
    progress.report(1, 3, "fitting the head")
    head = fit(collected.samples, collected.trust) if collected is not None else None
    if collected is None or head is None:
        refresh_queue(project, load_naming(project), progress, strategy=strategy, seed=seed)
        return RetrainResult(None, len(images), 0, time.perf_counter() - started, Changes(queue=True))
    sights = _first_sights(project)
    temperature = fit_temperature(sights.logits, sights.targets)
    head = head.at_temperature(temperature or 1.0)
    encoder_id = encoder_record_id(project)
    progress.check_cancelled()
    progress.report(2, 3, "ranking the queue")
    naming = load_naming(project, head=(head, encoder_id))
    ranking = project.queue.write(rank_undecided(project, naming, progress, strategy=strategy, seed=seed))
    seconds = time.perf_counter() - started
    summary = HeadSummary(
        pictures=len(images),
        boxes=collected.boxes,
        categories=len(head.category_ids),
        seconds=round(seconds, 3),
        temperature=round(head.temperature, 3),
        first_sight_right=sights.right,
        first_sight_total=sights.total,
    )
    with project.db.transaction():
        head_id = project.heads.add(encoder_id, head.to_bytes(), summary)
        project.heads.activate(head_id)
        project.queue.activate(ranking)
    project.queue.forget_old()
    progress.report(3, 3, "done")
    return RetrainResult(head_id, len(images), collected.boxes, seconds, Changes(head=True, queue=True))


class _Part:
    """Passes cancellation on but keeps its own steps to itself."""

    def __init__(self, progress: Progress) -> None:
        self.check_cancelled = progress.check_cancelled

    def report(self, done: int, total: int, text: str = "") -> None:
        """Say nothing."""


def _decided_for_training(project: Project) -> list[ImageRecord]:
    images = [
        image
        for image in project.images.all(state=ImageState.DECIDED)
        if image.split in (None, Split.TRAIN) and image.reason is None
    ]
    if len(images) > MOST_PICTURES:
        images = random.Random(len(images)).sample(images, MOST_PICTURES)  # noqa: S311 - a draw, not a secret
    return images


@dataclass(frozen=True, slots=True, eq=False)
class _Collected:
    samples: Samples
    trust: NDArray[np.float32]
    boxes: int


def _collect(project: Project, images: Sequence[ImageRecord], detector: ModelRecord | None) -> _Collected | None:
    """Crops with names from decided pictures, and how far the detector's class names can be trusted."""
    encoder_id = encoder_record_id(project)
    class_count = len(detector.classes) if detector else 0
    embeddings: list[NDArray[np.float32]] = []
    class_scores: list[NDArray[np.float32]] = []
    targets: list[int] = []
    right, decided = np.zeros(class_count), np.zeros(class_count)
    names = {c.id: normalise_name(c.name) for c in project.categories.all()}
    boxes = 0
    for record in images:
        image = project.images.get(record.id) or record
        annotations = [a for a in project.annotations.of_image(image.id) if not a.crowd]
        predictions = project.predictions.of_image(image.id, detector.id, candidates_only=True) if detector else []
        boxes += len(annotations)
        crops, scores, names_of = _crops_of(annotations, predictions, class_count)
        for p, target in zip(predictions, names_of[len(annotations) :], strict=True):
            if target is not None and detector is not None and p.score >= _TRUST_FROM:
                best = int(np.argmax(p.class_scores))
                decided[best] += 1
                right[best] += target != BACKGROUND and names[target] == normalise_name(detector.classes[best])
        if image.content_hash is None:
            continue
        keys = [crop_key(image.content_hash, bbox) for bbox in crops]
        found = project.embeddings.get(encoder_id, keys)
        for key, row, target in zip(keys, scores, names_of, strict=True):
            if target is not None and key in found:
                embeddings.append(found[key])
                class_scores.append(row)
                targets.append(target)
    if not targets:
        return None
    samples = Samples(np.stack(embeddings), np.stack(class_scores), np.array(targets, np.int64))
    return _Collected(samples, _trust(right, decided), boxes)


def _crops_of(
    annotations: Sequence[Annotation], predictions: Sequence[Prediction], class_count: int
) -> tuple[list[tuple[float, float, float, float]], list[NDArray[np.float32]], list[int | None]]:
    """Boxes, detector scores and names (None: teaches nothing) of a decided picture's annotations, then proposals."""
    truth = np.array([a.bbox for a in annotations], float).reshape(-1, 4)
    proposed = np.array([p.bbox for p in predictions], float).reshape(-1, 4)
    overlaps = iou_matrix(proposed, truth)
    names: list[int | None] = [a.category_id for a in annotations]
    scores = [_scores_for(overlaps[:, k], predictions, class_count) for k in range(len(annotations))]
    for row, p in zip(overlaps, predictions, strict=True):
        best = float(row.max(initial=0.0))
        scores.append(p.class_scores)
        if best > MATCH_IOU:
            names.append(annotations[int(np.argmax(row))].category_id)
        else:
            names.append(BACKGROUND if best < BACKGROUND_IOU else None)
    return [*(a.bbox for a in annotations), *(p.bbox for p in predictions)], scores, names


def _scores_for(overlap: NDArray[np.float64], predictions: Sequence[Prediction], class_count: int) -> NDArray[np.float32]:
    """The class scores of the proposal that shows the same object as an annotation; zeros if none does."""
    if overlap.size and overlap.max() > MATCH_IOU:
        return predictions[int(np.argmax(overlap))].class_scores
    return np.zeros(class_count, np.float32)


_TRUST_FROM = 0.2
_TRUST_PRIOR = 4.0


def _trust(right: NDArray[np.float64], decided: NDArray[np.float64]) -> NDArray[np.float32]:
    """How often each class name of the detector was right, backed off to the project's overall rate."""
    overall = (right.sum() + 1.0) / (decided.sum() + 1.0)
    return ((right + _TRUST_PRIOR * overall) / (decided + _TRUST_PRIOR)).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _FirstSights:
    logits: NDArray[np.float64]
    targets: NDArray[np.int64]
    right: int
    total: int


def _first_sights(project: Project) -> _FirstSights:
    """What heads said of proposals before they were taught their picture, beside what people then decided.

    Logits of older heads are padded to a common width. Only proposals that show an object, or were said to, count as
    right or wrong: the rest are too easy to tell anything.
    """
    rows: list[NDArray[np.float32]] = []
    targets: list[int] = []
    right = total = 0
    heads: dict[int, NDArray[np.int64]] = {}
    truth: dict[int, tuple[list[Annotation], NDArray[np.float64]]] = {}
    boxes: dict[int, dict[int, tuple[float, float, float, float]]] = {}
    for prediction_id, image_id, head_id, logits in project.predictions.sightings():
        if head_id not in heads:
            version = project.heads.get(head_id)
            heads[head_id] = NamingHead.from_bytes(version.weights).category_ids if version else np.zeros(0, np.int64)
        if image_id not in truth:
            annotations = [a for a in project.annotations.of_image(image_id) if not a.crowd]
            truth[image_id] = annotations, np.array([a.bbox for a in annotations], float).reshape(-1, 4)
            boxes[image_id] = dict(project.predictions.bboxes_of(image_id))
        column = _true_column(boxes[image_id][prediction_id], *truth[image_id], heads[head_id])
        if column is None:
            continue
        said, background = int(np.argmax(logits)), len(logits) - 1
        if column != background or said != background:
            total += 1
            right += said == column
        rows.append(logits)
        targets.append(column)
    width = max((len(row) for row in rows), default=1)
    padded = np.full((len(rows), width), -1e9)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    return _FirstSights(padded, np.array(targets, np.int64), right, total)


def _true_column(
    bbox: tuple[float, float, float, float], annotations: list[Annotation], truth: NDArray[np.float64], category_ids: NDArray[np.int64]
) -> int | None:
    """The column of a head that would have been right for a box; None where nobody can say or the head did not know."""
    overlaps = iou_matrix(np.array([bbox], float), truth)[0]
    best = float(overlaps.max(initial=0.0))
    if best < BACKGROUND_IOU:
        return len(category_ids)
    if best <= MATCH_IOU:
        return None
    column = np.flatnonzero(category_ids == annotations[int(np.argmax(overlaps))].category_id)
    return int(column[0]) if column.size else None
