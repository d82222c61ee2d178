"""What the boxes of a detector are called now: by the active head where it was taught, else by the detector."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.calibration import BY_DETECTOR, BY_HEAD, FOUND, Calibration
from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.geometry import BBox, as_array, iou_matrix
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Prediction, Proposal
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.learning.blending import found_weight
from hitl_desktop.learning.naming_head import NamingHead
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.models import ModelRecord
from hitl_desktop.store.project import Project

_DETECTOR = "detector"
NOT_SHOWN = 0
"""What a class of the detector stands for of which people want to see nothing."""

SAME_SPOT_IOU = 0.4
"""Two proposals of one name that overlap more than this are one object seen twice."""
SECOND = 1 - 1e-6
"""Other names of a box are less likely than the best one by this factor at least."""


def set_detector(project: Project, model_id: int) -> None:
    """Make a detector the one whose proposals are shown."""
    project.meta.set(_DETECTOR, model_id)


def detector_of(project: Project) -> ModelRecord | None:
    """The detector whose proposals are shown; None before the first pre-labelling."""
    model_id = project.meta.get_id(_DETECTOR)
    return project.models.get(model_id) if model_id is not None else None


def found_on(detector: ModelRecord) -> str:
    """The hash under which is kept what heads find on a detector's feature maps."""
    return f"found on {detector.hash}"


def proposers(project: Project) -> list[int]:
    """The ids of the detector whose proposals are shown, and of what heads found beside it."""
    detector = detector_of(project)
    finder = project.models.find(found_on(detector)) if detector else None
    return [model.id for model in (detector, finder) if model is not None]


def stands_for(project: Project, detector: ModelRecord, mapping: Mapping[str, int] | None = None) -> list[int | None]:
    """The category that each class of a detector stands for: as people chose, else the one of its name.

    None where there is none yet, `NOT_SHOWN` where people want to see nothing of it.
    """
    chosen = project.class_maps.get(detector.hash) if mapping is None else mapping
    by_key, merged = project.categories.by_name(), project.categories.merged()
    offered = {c.id for c in project.categories.all() if not c.retired}
    found: list[int | None] = []
    for name in detector.classes:
        category = chosen.get(name)
        category = merged.get(category, category) if category else category
        is_one = category == NOT_SHOWN or category in offered
        found.append(category if is_one else by_key.get(normalise_name(name)))
    return found


def own_classes(project: Project, model_id: int) -> set[int]:
    """The classes of a detector, by number, that stand for categories of the project."""
    detector = project.models.get(model_id)
    return {n for n, category in enumerate(stands_for(project, detector)) if category} if detector else set()


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """How boxes get their names: columns are the names, each with its category id (None until its first acceptance).

    The first `taught` columns are those of the head (`head_column` says which of its own); the others are the
    detector's classes that it was not taught. Row g of `class_index` [G, m] holds the detector's classes that stand for
    the name in column `class_column[g]` (of m at most; C is none), `trust` [G] how often those were right.
    """

    detector: ModelRecord
    finder_id: int | None
    encoder_id: int | None
    head: NamingHead | None
    head_id: int | None
    names: tuple[str, ...]
    category_ids: tuple[int | None, ...]
    taught: int
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
        self, class_scores: NDArray[np.float32], found: NDArray[np.float32], embeddings: NDArray[np.float32] | None
    ) -> NDArray[np.float64]:
        """Scores [N, names] of boxes before calibration; by the head where there are embeddings.

        `class_scores` [N, C] are the detector's, zeros where the head itself found the box, as surely as `found` [N].
        """
        scores = np.zeros((len(class_scores), len(self.names)))
        said = self.said(class_scores)
        if self.head is None or embeddings is None:
            scores[:, self.class_column] = said
            return scores
        logits = self.head.logits(embeddings)
        objectness = np.maximum(class_scores.max(axis=1), found * np.float32(self.head.typical_score))
        scores[:, : self.taught] = self.head.scores(logits, objectness)[:, self.head_column]
        if found.any():  # where the detector seldom fits what was taught, what the head found goes first
            scores[found == 0, : self.taught] *= self.head.reach
        # Every name the detector has is a blend; of boxes that the head itself found the detector said nothing.
        own = np.where(found[:, None] > 0, found_weight(self.trust), 1 - self.trust)
        scores[:, self.class_column] = own * scores[:, self.class_column] + self.trust * said
        return scores

    def said(self, class_scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the detector says [N, G] of names: of several classes that stand for one the surest."""
        if self.class_index.size == 0:
            return np.zeros((len(class_scores), 0), np.float32)
        padded = np.pad(class_scores, ((0, 0), (0, 1)))
        return padded[:, self.class_index].max(axis=2)

    def detector_part(self, class_scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the detector's scores [N, C] contribute to the calibrated scores [N, names] of its boxes."""
        scores = np.zeros((len(class_scores), len(self.names)))
        scores[:, self.class_column] = self.trust * self.said(class_scores)
        return self.calibrated(scores, np.full(len(class_scores), BY_HEAD))

    def calibrated(self, scores: NDArray[np.float64], sources: NDArray[np.integer]) -> NDArray[np.float64]:
        """Scores [N, names] as chances, each bent by itself; what is best in a row stays best.

        Scaling rows by what the best one becomes costs .02 of AP50 on coco-open100: the order within a name changes.
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
class Named:
    """A head that names boxes, on the vectors of which encoder, and what its scores mean."""

    head: NamingHead
    encoder_id: int
    calibration: Calibration = field(default_factory=Calibration)
    head_id: int | None = None


def load_naming(
    project: Project, *, named: Named | None = None, mapping: Mapping[str, int] | None = None
) -> Naming | None:
    """The names as the active head and the detector give them; `named` is one that is not active.

    `mapping` says which category each class of the detector stands for, where it is not the project's own choice that
    counts (`workflows/class_mapping`). None before the first pre-labelling.
    """
    detector = detector_of(project)
    if detector is None:
        return None
    categories = [c for c in project.categories.all() if not c.retired]
    version = project.heads.active() if named is None else None
    if version is not None:
        named = named_by(version)
    by_id = {c.id: c.name for c in categories}
    head = named.head if named else None
    head_column = [k for k, c in enumerate(head.category_ids) if int(c) in by_id] if head else []
    taught = [int(head.category_ids[k]) for k in head_column] if head else []
    names = [by_id[c] for c in taught]
    ids: list[int | None] = list(taught)
    classes_of: dict[int, list[int]] = {}
    for number, category in enumerate(stands_for(project, detector, mapping)):
        if category == NOT_SHOWN:
            continue
        if category is None or category not in ids:
            names.append(by_id[category] if category is not None else detector.classes[number])
            ids.append(category)
            classes_of[len(names) - 1] = [number]
        else:
            classes_of.setdefault(ids.index(category), []).append(number)
    class_index = np.full((len(classes_of), max(map(len, classes_of.values()), default=0)), len(detector.classes))
    for row, members in enumerate(classes_of.values()):
        class_index[row, : len(members)] = members
    # A head that learned beside another detector cannot judge the names of this one: they count in full.
    taught_beside_it = head is not None and len(head.trust) == len(detector.classes)
    trust = head.trust if head and taught_beside_it else np.ones(len(detector.classes), np.float32)
    finder = project.models.find(found_on(detector)) if head is not None else None
    return Naming(
        detector, finder.id if finder else None,
        named.encoder_id if named else None, head, named.head_id if named else None,
        tuple(names), tuple(ids), len(taught), np.array(head_column, np.intp), np.array(list(classes_of), np.intp),
        class_index, np.array([trust[members].mean() for members in classes_of.values()], np.float32),
        named.calibration if named else Calibration(),
    )  # fmt: skip


def named_by(version: HeadVersion) -> Named:
    """A stored version's way to name boxes."""
    return Named(NamingHead.from_bytes(version.weights), version.model_id, version.calibration, version.id)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A picture's boxes with a score [N, names] for each name, and the best one [N] before calibration.

    `raw` is of the best category of the project. `probabilities` [N, categories + 1] sum to one, the last is that of
    no object of any of them; `by_head` tells whether the head scored the boxes, `vectors` [N, D] by which it did.
    """

    predictions: list[Prediction]
    scores: NDArray[np.float64]
    raw: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    by_head: bool
    vectors: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """A picture's boxes as they are to be named: the detector's scores [N, C], zeros where the head found the box, as
    surely as `found` [N], and the `vectors` [N, D] if all of them are there."""

    predictions: list[Prediction]
    class_scores: NDArray[np.float32]
    found: NDArray[np.float32]
    vectors: NDArray[np.float32] | None


def boxes_of(project: Project, image: ImageRecord, naming: Naming, *, candidates_only: bool) -> Boxes:
    """The boxes of a picture, of the detector and of what heads found."""
    models = [m for m in (naming.detector.id, naming.finder_id) if m is not None]
    predictions = project.predictions.of_image(image.id, *models, candidates_only=candidates_only)
    vectors = None
    if naming.encoder_id is not None and image.content_hash is not None and predictions:
        keys = [crop_key(image.content_hash, p.bbox) for p in predictions]
        known = project.embeddings.get(naming.encoder_id, keys)
        vectors = np.stack([known[key] for key in keys]) if len(known) == len(set(keys)) else None
    class_scores = np.zeros((len(predictions), len(naming.detector.classes)), np.float32)
    found = np.zeros(len(predictions), np.float32)
    for row, p in enumerate(predictions):
        if len(p.class_scores):
            class_scores[row] = p.class_scores
        else:
            found[row] = p.score
    return Boxes(predictions, class_scores, found, vectors)


def score(naming: Naming, boxes: Boxes) -> Scored:
    """What boxes are called, and how surely; the head speaks where all their vectors are there."""
    if not boxes.predictions:
        nothing = np.zeros((0, len(naming.names)))
        return Scored([], nothing, np.zeros(0), with_background(nothing[:, naming.own]), by_head=False)
    raw = naming.score(boxes.class_scores, boxes.found, boxes.vectors)
    by_head = naming.head is not None and boxes.vectors is not None
    scores = naming.calibrated(raw, np.where(boxes.found > 0, FOUND, BY_HEAD if by_head else BY_DETECTOR))
    raw_own, scores_own = raw[:, naming.own], scores[:, naming.own]
    best = raw_own.max(axis=1, initial=0.0)
    chances = _shared(raw_own, scores_own.max(axis=1, initial=0.0) / np.maximum(best, 1e-9))
    return Scored(boxes.predictions, scores, best, chances, by_head=by_head, vectors=boxes.vectors)


def score_boxes(project: Project, image: ImageRecord, naming: Naming, *, candidates_only: bool) -> Scored:
    """What the boxes of a picture are called, and how surely."""
    return score(naming, boxes_of(project, image, naming, candidates_only=candidates_only))


def _shared(raw: NDArray[np.float64], grown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances [N, K + 1] that sum to one, the last that of "no object": each bent by itself, the small ones of many
    names would add up to an object where there is none."""
    return with_background(raw * grown[:, None])


def proposals_of(project: Project, image: ImageRecord, naming: Naming | None) -> list[Proposal]:
    """The picture's candidates as they are named now, best first, whatever people said and whatever their score.

    Each has its best category of the project; where the project has none at all, it is a hint only.
    """
    if naming is None:
        return []
    scored = score_boxes(project, image, naming, candidates_only=True)
    hints = _hints(naming, scored.predictions)
    proposals = [
        _proposal(naming, p, row, raw, chances, hint, by_head=scored.by_head)
        for p, row, raw, chances, hint in zip(
            scored.predictions, scored.scores, scored.raw.tolist(), scored.probabilities, hints, strict=True
        )
    ]
    return sorted(proposals, key=lambda p: (p.category_id is None, -p.score))


def _hints(naming: Naming, predictions: Sequence[Prediction]) -> list[tuple[str, float]]:
    """For each box the detector's surest class that is no category of the project, with the detector's own score."""
    foreign = [g for g, c in enumerate(naming.class_column.tolist()) if naming.category_ids[c] is None]
    by_detector = [row for row, p in enumerate(predictions) if len(p.class_scores)]
    hints = [("", 0.0)] * len(predictions)
    if foreign and by_detector:
        said = naming.said(np.stack([predictions[row].class_scores for row in by_detector]))[:, foreign]
        best = said.argmax(axis=1)
        for row, column, score_ in zip(by_detector, best.tolist(), said.max(axis=1).tolist(), strict=True):
            hints[row] = (naming.names[int(naming.class_column[foreign[column]])], score_)
    return hints


class _Said(Protocol):
    """A box with a name and a score."""

    @property
    def name(self) -> str: ...
    @property
    def bbox(self) -> BBox: ...
    @property
    def score(self) -> float: ...


SaidT = TypeVar("SaidT", bound=_Said)


SAME_OBJECT_IOU = 0.6
"""A proposal that overlaps a box of the picture by this much is of the same object."""


def open_ones(
    proposals: Sequence[Proposal], annotations: Sequence[Annotation], rejected: Collection[int]
) -> list[Proposal]:
    """Proposals that nobody answered and that are not on a box that is there already."""
    answered = {*rejected, *(a.prediction_id for a in annotations)}
    free = [p for p in proposals if p.prediction_id not in answered]
    overlaps = iou_matrix(as_array([p.bbox for p in free]), as_array([a.bbox for a in annotations]))
    uncovered = np.flatnonzero(overlaps.max(axis=1, initial=0.0) <= SAME_OBJECT_IOU)
    return [free[row] for row in uncovered.tolist()]


def shown_to_people(proposals: Sequence[Proposal], thresholds: Thresholds) -> list[Proposal]:
    """What a person sees of proposals, best first: those that are sure enough for their category."""
    return shown([p for p in with_category(proposals) if p.score >= thresholds.of(p.category_id)], 0.0)


def with_category(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Those of the project's categories; the others are hints, which nothing accepts, counts or learns from."""
    return [p for p in proposals if p.category_id is not None]


def hints_beside(
    proposals: Sequence[Proposal], shown_ones: Sequence[Proposal], thresholds: Thresholds
) -> list[Proposal]:
    """Boxes of classes that are no category of the project, best first, where none of `shown_ones` lies.

    There may be an object; what it is, a person decides.
    """
    sure = sorted((p for p in proposals if p.hint and p.hint_score >= thresholds.general), key=lambda p: -p.hint_score)
    boxes = as_array([p.bbox for p in sure])
    overlaps = iou_matrix(boxes, as_array([p.bbox for p in shown_ones]))
    free = overlaps.max(axis=1, initial=0.0) <= SAME_SPOT_IOU
    chosen = _best_of_spots(iou_matrix(boxes, boxes) > SAME_SPOT_IOU, free)
    return [
        replace(p, name=p.hint, category_id=None, score=p.hint_score, named_by=p.proposed_by)
        for p, is_best in zip(sure, chosen.tolist(), strict=True)
        if is_best
    ]


def shown(proposals: Sequence[SaidT], threshold: float) -> list[SaidT]:
    """The sure ones of proposals, best first, and of the same name on one spot only the best."""
    sure = sorted((p for p in proposals if p.score >= threshold), key=lambda p: -p.score)
    boxes, names = as_array([p.bbox for p in sure]), np.array([p.name for p in sure], object)
    same = (iou_matrix(boxes, boxes) > SAME_SPOT_IOU) & (names[:, None] == names[None, :])
    chosen = _best_of_spots(same, np.ones(len(sure), bool))
    return [p for p, is_best in zip(sure, chosen.tolist(), strict=True) if is_best]


def _best_of_spots(same: NDArray[np.bool_], free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of boxes [N], best first, are kept: those that are `free` and the `same` [N, N] as no better one kept."""
    kept = free.copy()
    for row in range(len(kept)):
        if kept[row]:
            kept[row + 1 :] &= ~same[row, row + 1 :]
    return kept


def _proposal(
    naming: Naming,
    prediction: Prediction,
    scores: NDArray[np.float64],
    raw: float,
    chances: NDArray[np.float64],
    hint: tuple[str, float],
    *,
    by_head: bool,
) -> Proposal:
    own = naming.own
    best = int(own[np.argmax(scores[own])]) if own.size else int(np.argmax(scores))
    by_detector = len(prediction.class_scores) > 0
    said = naming.detector.classes[int(np.argmax(prediction.class_scores))] if by_detector else ""
    return Proposal(
        prediction_id=prediction.id,
        image_id=prediction.image_id,
        bbox=prediction.bbox,
        name=naming.names[best],
        category_id=naming.category_ids[best],
        score=float(scores[best]),
        named_by=f"head {naming.head_id}" if by_head and best < naming.taught else naming.detector.name,
        probabilities=chances.astype(np.float32),
        raw=raw,
        by_head=by_head,
        head_id=naming.head_id,
        detector_name=said,
        detector_score=float(prediction.score) if by_detector else 0.0,
        proposed_by=naming.detector.name if by_detector else "found by a head",
        hint=hint[0],
        hint_score=hint[1],
    )


def with_background(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores [N, M] of names as chances [N, M + 1] that sum to one, the last being that of "no object"."""
    chances = scores / np.maximum(scores.sum(axis=1, keepdims=True), 1.0)
    return np.concatenate([chances, 1.0 - chances.sum(axis=1, keepdims=True)], axis=1)
