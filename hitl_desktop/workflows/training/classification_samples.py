"""What decided images teach the head that names boxes: crops with their names, and crops of background."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.categories import UNKNOWN
from hitl_desktop.domain.geometry import BBox, as_array, iou_matrix
from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.domain.overlap import BACKGROUND_IOU, SAME_OBJECT_IOU
from hitl_desktop.domain.predictions import Prediction, Vector
from hitl_desktop.domain.queues import Reason, random_order
from hitl_desktop.learning.blending import Opinions, detector_weight
from hitl_desktop.learning.classification_head import BACKGROUND, ClassificationHead, Samples, fit
from hitl_desktop.learning.softmax import softmax
from hitl_desktop.progress import Progress
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.class_map import class_to_category
from hitl_desktop.workflows.prediction.unseen_predictions import in_crowd

LIKELY_UNLABELLED = 0.5
"""A crop on an image decided before a category appeared is no background if it is this likely of that
category."""
MOST_IMAGES, _LATEST = 1500, 300
"""More decided images than this teach by the latest ones and a random part of the others: the fit stays
within seconds."""
_ENOUGH_DRAWN = 5
_PORTION = 200
"""Images whose boxes are read, and kept in memory, at a time."""
_PRIOR_WEIGHT, _FIRST_WEIGHT = 0.75, 0.375
"""The detector's weight in a score as a prior, and while nothing can be compared: its name being right on
objects proves nothing about what it takes for an object, or misses."""
_MOST_COMPARED = 40
"""Detector and head are compared on so many images at most: two small fits more."""


def decided_images(project: Project) -> list[ImageRecord]:
    """The readable decided images that are not held back."""
    return [
        image
        for image in project.images.all(state=ImageState.DECIDED)
        if image.split in (None, Split.TRAIN) and image.reason is None
    ]


def decided_for_training(project: Project) -> list[ImageRecord]:
    """The decided images that teach; of very many the latest, and a random part that stays as it is."""
    images = decided_images(project)
    if len(images) <= MOST_IMAGES:
        return images
    ids = {image.id for image in images}
    latest = [i for i in project.decisions.decided_order() if i in ids][-_LATEST:]
    chosen = [*latest, *random_order(sorted(ids))]
    kept = set(list(dict.fromkeys(chosen))[:MOST_IMAGES])
    return [image for image in images if image.id in kept]


@dataclass(frozen=True, slots=True, eq=False)
class Collected:
    """Samples, the images they are from, and for those the categories that appeared after their
    decision."""

    samples: Samples
    image_ids: NDArray[np.int64]
    later: dict[int, set[int]]
    trust: NDArray[np.float32]
    typical_score: float
    detector_recall: float
    boxes: int


class _Trust:
    """Counts how often each class name of the detector was right on an object, and the scores it gave to
    objects."""

    def __init__(self, stand_for: Sequence[int | None]) -> None:
        self._categories = stand_for
        self._right, self._seen = np.zeros(len(stand_for)), np.zeros(len(stand_for))
        self._scores: list[float] = []

    def add(self, proposed: Sequence[tuple[Prediction, int]]) -> None:
        """Proposals with what they show; those of the detector that lie on an object count."""
        for prediction, category_id in proposed:
            if category_id != BACKGROUND and len(prediction.class_scores):
                best = int(np.argmax(prediction.class_scores))
                self._seen[best] += 1
                self._right[best] += self._categories[best] == category_id
                self._scores.append(prediction.score)

    def per_class(self) -> NDArray[np.float32]:
        """[C] smoothed shares, backed off to the project's overall rate; 1 before any decision."""
        rate = (self._right.sum() + 2.0) / (self._seen.sum() + 2.0)
        return ((self._right + 4.0 * rate) / (self._seen + 4.0)).astype(np.float32)

    def typical_score(self) -> float:
        """The mean score on objects, towards 1 while there are few."""
        return (sum(self._scores) + 1.0) / (len(self._scores) + 1.0)


def collect(
    project: Project,
    images: Sequence[ImageRecord],
    detector: ModelRecord | None,
    encoder_id: int,
    progress: Progress,
) -> Collected | None:
    """Crops with names from decided images, and how far the detector's class names can be trusted.

    Images drawn at random show how far, once there are some: those chosen for their uncertainty are harder.
    """
    drawn = project.decisions.asked_because(Reason.RANDOM)
    class_categories = class_to_category(project, detector) if detector else ()
    trust = _Trust(class_categories)
    unknown = project.categories.find(UNKNOWN)
    unknown_id = unknown.id if unknown else -1
    embeddings: list[NDArray[np.float32]] = []
    targets: list[int] = []
    image_ids: list[int] = []
    by_detector: dict[int, NDArray[np.float32]] = {}
    boxes = fitted = 0
    for image in _images(project, images, encoder_id, progress):
        overlaps = image.overlaps()
        objects, on_objects = image.objects(overlaps)
        boxes += objects
        fitted += on_objects
        proposed = image.proposed(overlaps, unknown_id)
        if len(drawn) < _ENOUGH_DRAWN or image.image_id in drawn:
            trust.add(proposed)
        for vector, target, class_scores in image.samples(proposed, unknown_id):
            if len(class_scores):
                by_detector[len(targets)] = class_scores
            embeddings.append(vector)
            targets.append(target)
            image_ids.append(image.image_id)
    if not targets:
        return None
    samples = Samples(np.stack(embeddings), np.array(targets, np.int64))
    detector_recall = (fitted + 1) / (boxes + 1)
    later = _later_categories(project)
    collected = Collected(
        samples, np.array(image_ids), later, trust.per_class(), trust.typical_score(), detector_recall, boxes
    )
    return replace(collected, trust=_weights(collected, class_categories, by_detector))


def _weights(
    collected: Collected, categories: Sequence[int | None], by_detector: Mapping[int, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The detector's weight [C] under each of its class names: the share that was right, and for those of
    categories that the head is trained on what two parts of the images show, each to a head trained on the
    other one.

    A category with few boxes takes most of its weight from all categories together. `by_detector` are the
    detector's scores [C] of samples, by their places.
    """
    weights, mapped = collected.trust.copy(), np.array([category or 0 for category in categories])
    targets = collected.samples.targets
    trained = np.intersect1d(mapped, targets[targets != BACKGROUND])
    classes_of = {c: np.flatnonzero(mapped == c) for c in trained.tolist()}
    if not classes_of:
        return weights
    share = float(np.mean([weights[classes].mean() for classes in classes_of.values()]))
    measured = _opinions(collected, classes_of, by_detector)
    every = detector_weight(_joined(measured.values()), _PRIOR_WEIGHT * share) if measured else None
    prior = every if every is not None else _FIRST_WEIGHT * share
    for category_id, classes in classes_of.items():
        weights[classes] = detector_weight(measured[category_id], prior) if category_id in measured else prior
    return weights


def _opinions(
    collected: Collected,
    classes_of: Mapping[int, NDArray[np.intp]],
    by_detector: Mapping[int, NDArray[np.float32]],
) -> dict[int, Opinions]:
    """What the detector and heads not trained on the image each gave the detector's boxes, by
    category."""
    samples, image_ids = collected.samples, collected.image_ids
    compared = random_order(np.unique(image_ids).tolist())[:_MOST_COMPARED]
    parts: dict[int, list[Opinions]] = {}
    for training, judged in ((compared[::2], compared[1::2]), (compared[1::2], compared[::2])):
        is_training = np.isin(image_ids, training)
        rows = [row for row in np.flatnonzero(np.isin(image_ids, judged)).tolist() if row in by_detector]
        own = Samples(samples.embeddings[is_training], samples.targets[is_training])
        head = fit(own, collected.trust, collected.typical_score) if rows and is_training.any() else None
        if head is None:
            continue
        class_scores, targets = np.stack([by_detector[row] for row in rows]), samples.targets[rows]
        by_head = head.scores(head.logits(samples.embeddings[rows]), class_scores.max(axis=1))
        for column, category_id in enumerate(head.category_ids.tolist()):
            if category_id in classes_of:
                best = class_scores[:, classes_of[category_id]].max(axis=1).astype(np.float64)
                opinions = Opinions(best, by_head[:, column], targets == category_id)
                parts.setdefault(category_id, []).append(opinions)
    return {category_id: _joined(of) for category_id, of in parts.items()}


def _joined(parts: Iterable[Opinions]) -> Opinions:
    """All of them as one."""
    every = list(parts)
    return Opinions(*(np.concatenate([getattr(o, name) for o in every]) for name in Opinions.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class _Image:
    """A decided image: its file, its boxes, the candidates there, and the vectors of its crops that are
    there (and of others)."""

    image_id: int
    content_hash: str
    annotations: list[Annotation]
    predictions: list[Prediction]
    vectors: Mapping[bytes, Vector]

    def overlaps(self) -> NDArray[np.float64]:
        """The overlap [P, A] of each candidate with each annotation."""
        return iou_matrix(
            as_array([p.bbox for p in self.predictions]), as_array([a.bbox for a in self.annotations])
        )

    def objects(self, overlaps: NDArray[np.float64]) -> tuple[int, int]:
        """How many objects there are, and on how many of them the detector has a box."""
        of_detector = np.array([len(p.class_scores) > 0 for p in self.predictions], bool)
        is_object = np.array([not a.crowd for a in self.annotations], bool)
        is_found = (overlaps[of_detector] > SAME_OBJECT_IOU).any(axis=0)
        return int(is_object.sum()), int((is_found & is_object).sum())

    def proposed(self, overlaps: NDArray[np.float64], unknown_id: int) -> list[tuple[Prediction, int]]:
        """The candidates that are training samples, each with the category that it shows or `BACKGROUND`."""
        targets = [
            (p, _target(row, p.bbox, self.annotations))
            for p, row in zip(self.predictions, overlaps, strict=True)
        ]
        return [(p, target) for p, target in targets if target is not None and target != unknown_id]

    def samples(
        self, proposed: Sequence[tuple[Prediction, int]], unknown_id: int
    ) -> Iterator[tuple[Vector, int, Vector]]:
        """The crops with an embedding: that, the target, and the detector's scores where it has any."""
        no_scores = np.zeros(0, np.float32)
        crops = [
            (a.bbox, a.category_id, no_scores)
            for a in self.annotations
            if not a.crowd and a.category_id != unknown_id
        ]
        crops += [(p.bbox, target, p.class_scores) for p, target in proposed]
        for bbox, target, class_scores in crops:
            vector = self.vectors.get(crop_key(self.content_hash, bbox))
            if vector is not None:
                yield vector, target, class_scores


def _images(
    project: Project, images: Sequence[ImageRecord], encoder_id: int, progress: Progress
) -> Iterator[_Image]:
    """These images as they are now, read in portions; those whose file was never read are left out."""
    models = project.models.proposers()
    for start in range(0, len(images), _PORTION):
        progress.check_cancelled()
        now = project.images.some(image.id for image in images[start : start + _PORTION])
        read = {image.id: image.content_hash for image in now if image.content_hash is not None}
        annotations = project.annotations.of_images(read)
        predictions = project.predictions.candidates_of(read, *models)
        boxes = ((file, box) for i, file in read.items() for box in (*annotations[i], *predictions[i]))
        vectors = project.embeddings.get(encoder_id, [crop_key(file, box.bbox) for file, box in boxes])
        for image_id, file in read.items():
            yield _Image(image_id, file, annotations[image_id], predictions[image_id], vectors)


def _later_categories(project: Project) -> dict[int, set[int]]:
    """For images decided before a category appeared: these categories. Nobody looked for them there."""
    first = sorted((since, category) for category, since in project.decisions.first_holding().items())
    appeared = [since for since, _ in first]
    later: dict[int, set[int]] = {}
    for image_id, at in project.decisions.latest_final().items():
        if categories := {category for _, category in first[bisect_right(appeared, at) :]}:
            later[image_id] = categories
    return later


def without_unlabelled_objects(collected: Collected) -> Collected:
    """The samples without crops that are called background but look like a category that came later.

    Their likeness is scored by a head not trained on the background of the images decided before.
    """
    samples, later = collected.samples, collected.later
    doubtful = np.array(
        [
            t == BACKGROUND and i in later
            for t, i in zip(samples.targets, collected.image_ids.tolist(), strict=True)
        ]
    )
    if not doubtful.any() or doubtful.all():
        return collected
    judge = head_without_background(collected, set(later))
    if judge is None:
        return collected
    columns = {c: k for k, c in enumerate(judge.category_ids.tolist())}
    rows = np.flatnonzero(doubtful)
    chances = softmax(judge.logits(samples.embeddings[rows]))
    unlabelled = [
        row
        for row, chance in zip(rows.tolist(), chances, strict=True)
        if sum(chance[columns[c]] for c in later[int(collected.image_ids[row])] if c in columns)
        >= LIKELY_UNLABELLED
    ]
    kept = np.setdiff1d(np.arange(len(samples.targets)), unlabelled)
    return replace(
        collected,
        samples=Samples(samples.embeddings[kept], samples.targets[kept]),
        image_ids=collected.image_ids[kept],
    )


def head_without_background(
    collected: Collected, image_ids: Set[int], *, evenly: bool = False
) -> ClassificationHead | None:
    """A head not trained on what these images show beside their boxes; `evenly` as if of as many
    examples of each name."""
    samples = collected.samples
    is_training = (samples.targets != BACKGROUND) | ~np.isin(collected.image_ids, list(image_ids))
    sure = Samples(samples.embeddings[is_training], samples.targets[is_training])
    head = fit(sure, collected.trust, collected.typical_score, detector_recall=collected.detector_recall)
    if head is None or not evenly:
        return head
    counts = np.array([(sure.targets == c).sum() for c in [*head.category_ids.tolist(), BACKGROUND]])
    return replace(head, bias=(head.bias - np.log(np.maximum(counts, 1))).astype(np.float32))


def _target(overlaps: NDArray[np.float64], bbox: BBox, annotations: Sequence[Annotation]) -> int | None:
    """The category id that a box of a decided image shows, `BACKGROUND`, or None where it teaches nothing.

    That is the case inside crowd regions and where it overlaps an object by half; `overlaps` [M] are those
    with the M annotations.
    """
    if not annotations:
        return BACKGROUND
    best = int(overlaps.argmax())
    if overlaps[best] > SAME_OBJECT_IOU and not annotations[best].crowd:
        return annotations[best].category_id
    unsaid = any(a.crowd and in_crowd(bbox, a.bbox) for a in annotations)
    return BACKGROUND if overlaps[best] < BACKGROUND_IOU and not unsaid else None
