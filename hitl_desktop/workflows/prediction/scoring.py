"""What the boxes of a detector are called now: by the active head where it was trained, else by the
detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.calibration import BY_DETECTOR, BY_HEAD, FOUND, Calibration
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Prediction
from hitl_desktop.learning.blending import found_weight
from hitl_desktop.learning.classification_head import ClassificationHead
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.detection.class_map import NOT_SHOWN, class_to_category

SECOND = 1 - 1e-6
"""Other names of a box are less likely than the best one by this factor at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Scorer:
    """How boxes get their names: columns are the names, each with its category id (None until its first
    acceptance).

    The first `trained_count` columns are those of the head (`head_column` is the index among its
    own); the others are the detector's classes that it was not trained on. Row g of `class_index` [G, m]
    holds the detector's classes that are mapped to the name in column `class_column[g]` (of m at most; C is
    none), `trust` [G] how often those were right.
    """

    detector: ModelRecord
    finder_id: int | None
    encoder_id: int | None
    head: ClassificationHead | None
    head_id: int | None
    names: tuple[str, ...]
    category_ids: tuple[int | None, ...]
    trained_count: int
    head_column: NDArray[np.intp]
    class_column: NDArray[np.intp]
    class_index: NDArray[np.intp]
    trust: NDArray[np.float32]
    calibration: Calibration

    @property
    def own(self) -> NDArray[np.intp]:
        """The columns of the project's categories; all others are classes of the detector that are none."""
        return np.array([c for c, category in enumerate(self.category_ids) if category is not None], np.intp)

    def score(
        self,
        class_scores: NDArray[np.float32],
        found: NDArray[np.float32],
        embeddings: NDArray[np.float32] | None,
    ) -> NDArray[np.float64]:
        """Scores [N, names] of boxes before calibration; by the head where there are embeddings.

        `class_scores` [N, C] are the detector's, zeros where the head itself found the box, as surely as
        `found` [N].
        """
        scores = np.zeros((len(class_scores), len(self.names)))
        detector_scores = self.detector_scores(class_scores)
        if self.head is None or embeddings is None:
            scores[:, self.class_column] = detector_scores
            return scores
        logits = self.head.logits(embeddings)
        objectness = np.maximum(class_scores.max(axis=1), found * np.float32(self.head.typical_score))
        scores[:, : self.trained_count] = self.head.scores(logits, objectness)[:, self.head_column]
        if found.any():  # where the detector seldom fits training objects, what the head found goes first
            scores[found == 0, : self.trained_count] *= self.head.detector_recall
        # Every name the detector has is a blend; of boxes that the head itself found the detector said
        # nothing.
        own = np.where(found[:, None] > 0, found_weight(self.trust), 1 - self.trust)
        scores[:, self.class_column] = own * scores[:, self.class_column] + self.trust * detector_scores
        return scores

    def detector_scores(self, class_scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """The detector's scores [N, G] of names: of several classes that are mapped to one the highest."""
        if self.class_index.size == 0:
            return np.zeros((len(class_scores), 0), np.float32)
        padded = np.pad(class_scores, ((0, 0), (0, 1)))
        return padded[:, self.class_index].max(axis=2)

    def detector_part(self, class_scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the detector's scores [N, C] contribute to the calibrated scores [N, names] of its boxes."""
        scores = np.zeros((len(class_scores), len(self.names)))
        scores[:, self.class_column] = self.trust * self.detector_scores(class_scores)
        return self.calibrated(scores, np.full(len(class_scores), BY_HEAD))

    def calibrated(self, scores: NDArray[np.float64], sources: NDArray[np.integer]) -> NDArray[np.float64]:
        """Scores [N, names] as chances, each calibrated by itself; what is best in a row stays best.

        Scaling rows by what the best one becomes costs .02 of AP50 on coco-open100: the order within a name
        changes.
        """
        if scores.size == 0:
            return scores
        ids = np.array([c or 0 for c in self.category_ids], np.int64)
        shape = scores.shape
        chances = self.calibration.chances(
            scores.ravel(), np.repeat(sources, shape[1]), np.tile(ids, shape[0])
        ).reshape(shape)
        best = scores.argmax(axis=1)
        most = np.take_along_axis(chances, best[:, None], axis=1)
        chances = np.minimum(chances, most * SECOND)
        np.put_along_axis(chances, best[:, None], most, axis=1)
        return chances


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedHead:
    """A head that names boxes, on the vectors of which encoder, and what its scores mean."""

    head: ClassificationHead
    encoder_id: int
    calibration: Calibration = field(default_factory=Calibration)
    head_id: int | None = None


def load_scorer(
    project: Project, *, named: CalibratedHead | None = None, mapping: Mapping[str, int] | None = None
) -> Scorer | None:
    """The names as the active head and the detector give them; `named` is one that is not active.

    `mapping` is the category to which each class of the detector is mapped, where it is not the project's own
    choice that counts (`workflows/prediction/detector_classes`). None before the first pre-labelling.
    """
    detector = project.models.detector()
    if detector is None:
        return None
    categories = [c for c in project.categories.all() if not c.retired]
    version = project.heads.active() if named is None else None
    if version is not None:
        named = named_by(version)
    head = named.head if named else None
    classes = class_to_category(project, detector, mapping)
    columns = _columns({c.id: c.name for c in categories}, head, detector.classes, classes)
    groups = list(columns.classes_of.values())
    finder = project.models.detection_head_of(detector) if head is not None else None
    return Scorer(
        detector, finder.id if finder else None,
        named.encoder_id if named else None, head, named.head_id if named else None,
        tuple(columns.names), tuple(columns.category_ids), len(columns.head_column),
        np.array(columns.head_column, np.intp), np.array(list(columns.classes_of), np.intp),
        _padded(groups, len(detector.classes)), _detector_weights(head, groups, len(detector.classes)),
        named.calibration if named else Calibration(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Columns:
    """The names that boxes may get, first those of the head.

    `head_column` has the head's own columns of these, `classes_of` the detector's classes that are mapped to
    a name, by its column here.
    """

    names: list[str]
    category_ids: list[int | None]
    head_column: list[int]
    classes_of: dict[int, list[int]]


def _columns(
    categories: Mapping[int, str],
    head: ClassificationHead | None,
    class_names: Sequence[str],
    class_categories: Sequence[int | None],
) -> _Columns:
    """The names of `categories` that the head was trained on, and those of the detector's classes."""
    head_column = [k for k, c in enumerate(head.category_ids) if int(c) in categories] if head else []
    trained = [int(head.category_ids[k]) for k in head_column] if head else []
    columns = _Columns([categories[c] for c in trained], list(trained), head_column, {})
    for number, category in enumerate(class_categories):
        if category == NOT_SHOWN:
            continue
        if category is None or category not in columns.category_ids:
            columns.names.append(categories[category] if category is not None else class_names[number])
            columns.category_ids.append(category)
            columns.classes_of[len(columns.names) - 1] = [number]
        else:
            columns.classes_of.setdefault(columns.category_ids.index(category), []).append(number)
    return columns


def _padded(groups: Sequence[Sequence[int]], nothing: int) -> NDArray[np.intp]:
    """Groups of classes as rows of one array [G, m], filled up with the number that is `nothing`."""
    index = np.full((len(groups), max(map(len, groups), default=0)), nothing)
    for row, members in enumerate(groups):
        index[row, : len(members)] = members
    return index


def _detector_weights(
    head: ClassificationHead | None, groups: Sequence[Sequence[int]], classes: int
) -> NDArray[np.float32]:
    """The weight [G] of the detector's own score under each name; one without a head that measured it."""
    # The weights of a head that was trained beside another detector are of other classes.
    is_measured = head is not None and len(head.trust) == classes
    weights = head.trust if head and is_measured else np.ones(classes, np.float32)
    return np.array([weights[list(members)].mean() for members in groups], np.float32)


def named_by(version: HeadVersion) -> CalibratedHead:
    """A stored version's way to name boxes."""
    return CalibratedHead(
        ClassificationHead.from_bytes(version.weights), version.model_id, version.calibration, version.id
    )


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """An image's boxes with a score [N, names] for each name, and the best one [N] before calibration.

    `raw` is of the best category of the project. `probabilities` [N, categories + 1] sum to one, the last is
    that of no object of any of them; `by_head` is whether the head scored the boxes, `vectors` [N, D] by
    which it did.
    """

    predictions: list[Prediction]
    scores: NDArray[np.float64]
    raw: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    by_head: bool
    vectors: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """An image's boxes as they are to be named: the detector's scores [N, C], zeros where the head found the
    box, as surely as `found` [N], and the `vectors` [N, D] if all of them are there."""

    predictions: list[Prediction]
    class_scores: NDArray[np.float32]
    found: NDArray[np.float32]
    vectors: NDArray[np.float32] | None


def boxes_of(project: Project, image: ImageRecord, scorer: Scorer, *, candidates_only: bool) -> Boxes:
    """The boxes of an image, of the detector and of what heads found."""
    models = [m for m in (scorer.detector.id, scorer.finder_id) if m is not None]
    predictions = project.predictions.of_image(image.id, *models, candidates_only=candidates_only)
    vectors = None
    if scorer.encoder_id is not None and image.content_hash is not None and predictions:
        keys = [crop_key(image.content_hash, p.bbox) for p in predictions]
        known = project.embeddings.get(scorer.encoder_id, keys)
        vectors = np.stack([known[key] for key in keys]) if len(known) == len(set(keys)) else None
    class_scores = np.zeros((len(predictions), len(scorer.detector.classes)), np.float32)
    found = np.zeros(len(predictions), np.float32)
    for row, p in enumerate(predictions):
        if len(p.class_scores):
            class_scores[row] = p.class_scores
        else:
            found[row] = p.score
    return Boxes(predictions, class_scores, found, vectors)


def score(scorer: Scorer, boxes: Boxes) -> Scored:
    """What boxes are called, and how surely; by the head where all their vectors are there."""
    if not boxes.predictions:
        nothing = np.zeros((0, len(scorer.names)))
        return Scored([], nothing, np.zeros(0), with_background(nothing[:, scorer.own]), by_head=False)
    raw = scorer.score(boxes.class_scores, boxes.found, boxes.vectors)
    by_head = scorer.head is not None and boxes.vectors is not None
    scores = scorer.calibrated(raw, np.where(boxes.found > 0, FOUND, BY_HEAD if by_head else BY_DETECTOR))
    raw_own, scores_own = raw[:, scorer.own], scores[:, scorer.own]
    best = raw_own.max(axis=1, initial=0.0)
    chances = _shared(raw_own, scores_own.max(axis=1, initial=0.0) / np.maximum(best, 1e-9))
    return Scored(boxes.predictions, scores, best, chances, by_head=by_head, vectors=boxes.vectors)


def score_boxes(project: Project, image: ImageRecord, scorer: Scorer, *, candidates_only: bool) -> Scored:
    """What the boxes of an image are called, and how surely."""
    return score(scorer, boxes_of(project, image, scorer, candidates_only=candidates_only))


def _shared(raw: NDArray[np.float64], scales: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances [N, K + 1] that sum to one, the last that of "no object": each calibrated by itself, the small
    ones of many names would add up to an object where there is none."""
    return with_background(raw * scales[:, None])


def with_background(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores [N, M] of names as chances [N, M + 1] that sum to one, the last being that of "no object"."""
    chances = scores / np.maximum(scores.sum(axis=1, keepdims=True), 1.0)
    return np.concatenate([chances, 1.0 - chances.sum(axis=1, keepdims=True)], axis=1)
