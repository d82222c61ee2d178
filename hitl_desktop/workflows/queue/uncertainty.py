"""What is to be doubted on an image: the reasons to ask about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Vector
from hitl_desktop.domain.queues import QueueReason
from hitl_desktop.learning.diversity import Floats, unit
from hitl_desktop.learning.strategies import ImageUncertainty, queues_of
from hitl_desktop.learning.tag_head import TagHead
from hitl_desktop.store.embeddings import crop_key
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.scoring import Scored, Scorer, boxes_of, score
from hitl_desktop.workflows.prediction.unseen_predictions import unseen_results

SURE_FROM = 0.5
"""Boxes of which the loop is rather sure."""
LOOK_ALIKE = 0.8
"""Crops whose vectors are as near as this (cosine, from the head's centre) look alike."""
_DISAGREES_FROM = 0.3
_OVERTURNED_ON = 200


def confident_errors(project: Project, scorer: Scorer) -> dict[int, Floats]:
    """Vectors [N, D] of boxes that were confident and wrong before training on their image, by the category
    they were taken for."""
    if scorer.head is None or scorer.encoder_id is None:
        return {}
    keys: dict[bytes, int] = {}
    results = unseen_results(project, latest=_OVERTURNED_ON)
    images = {image.id: image for image in project.images.some(result.image_id for result in results)}
    for result in results:
        image = images.get(result.image_id)
        if image is None or image.content_hash is None:
            continue
        for box, right in zip(result.boxes, result.right, strict=True):
            if box.shown and box.score >= SURE_FROM and not right and box.category_id:
                keys[crop_key(image.content_hash, box.bbox)] = box.category_id
    by_category: dict[int, list[Vector]] = {}
    for key, vector in project.embeddings.get(scorer.encoder_id, list(keys)).items():
        by_category.setdefault(keys[key], []).append(vector)
    return {c: unit(np.stack(vectors), scorer.head.centre) for c, vectors in by_category.items()}


@dataclass(frozen=True, slots=True)
class UncertaintyScorer:
    """What a look at an image needs to know: how boxes are named now and were `before`, the images'
    vectors, the boxes that were `confident_errors`, the tag head."""

    scorer: Scorer
    before: Scorer | None = None
    vectors: Mapping[int, Vector] = field(default_factory=dict[int, Vector])
    confident_errors: Mapping[int, Floats] = field(default_factory=dict[int, Floats])
    tags: TagHead | None = None

    def at(self, project: Project, image: ImageRecord) -> tuple[ImageUncertainty, QueueReason]:
        """The doubts on one image, and the queues it belongs to."""
        boxes = boxes_of(project, image, self.scorer, candidates_only=True)
        scored = score(self.scorer, boxes)
        # The head has looked for objects on the next images only, and more boxes are more doubts: compare
        # like with like.
        own = np.array([len(p.class_scores) > 0 for p in boxes.predictions], bool)
        vector = self.vectors.get(image.id)
        doubts = ImageUncertainty(
            image.id, scored.probabilities[own], self._disagrees(scored)[own], self._tag_doubt(vector), vector
        )
        queues = queues_of(doubts)
        if self._resembles_overturned(scored):
            queues |= QueueReason.LOOK_ALIKE
        if (
            self.before is not None
            and boxes.predictions
            and _seen(self.scorer, scored) != _seen(self.before, score(self.before, boxes))
        ):
            queues |= QueueReason.CHANGED
        return doubts, queues

    def _tag_doubt(self, vector: Vector | None) -> float:
        if self.tags is None or vector is None:
            return 0.0
        return max((1 - abs(2 * p - 1) for p in self.tags.chances(vector[None])[0].tolist()), default=0.0)

    def _disagrees(self, scored: Scored) -> NDArray[np.bool_]:
        """Whether the detector is rather sure of another name that the head was trained on as well, for each
        box."""
        scorer = self.scorer
        if not scored.by_head:
            return np.zeros(len(scored.predictions), bool)
        rows = np.array(
            [p.score >= _DISAGREES_FROM and len(p.class_scores) > 0 for p in scored.predictions], bool
        )
        if not rows.any() or not len(scorer.class_column):
            return np.zeros(len(rows), bool)
        class_scores = np.zeros((len(rows), len(scorer.detector.classes)), np.float32)
        for row in np.flatnonzero(rows).tolist():
            class_scores[row] = scored.predictions[row].class_scores
        own = scorer.class_column[scorer.detector_scores(class_scores).argmax(axis=1)]
        return rows & (own < scorer.trained_count) & (own != scored.scores.argmax(axis=1))

    def _resembles_overturned(self, scored: Scored) -> bool:
        head, vectors = self.scorer.head, scored.vectors
        if head is None or vectors is None or not self.confident_errors:
            return False
        best, top = scored.scores.argmax(axis=1), scored.scores.max(axis=1)
        places = unit(vectors, head.centre)
        for row in np.flatnonzero(top >= SURE_FROM).tolist():
            wrong = self.confident_errors.get(self.scorer.category_ids[int(best[row])] or 0)
            if wrong is not None and float((places[row] @ wrong.T).max()) >= LOOK_ALIKE:
                return True
        return False


def _seen(scorer: Scorer, scored: Scored) -> frozenset[tuple[int, str]]:
    """The boxes that are rather sure, with their names."""
    if not scorer.own.size:
        return frozenset()
    scores = scored.scores[:, scorer.own]
    rows, best = (
        np.flatnonzero(scores.max(axis=1) >= SURE_FROM).tolist(),
        scorer.own[scores.argmax(axis=1)].tolist(),
    )
    return frozenset((scored.predictions[row].id, normalise_name(scorer.names[best[row]])) for row in rows)
