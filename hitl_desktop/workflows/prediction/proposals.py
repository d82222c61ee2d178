"""The candidates of an image as proposals: each with its best category, and the detector's class as a
hint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.domain.predictions import Prediction, Proposal
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.prediction.scoring import Scorer, score_boxes


def proposals_of(project: Project, image: ImageRecord, scorer: Scorer | None) -> list[Proposal]:
    """The image's candidates as they are named now, best first, whatever people said and whatever their
    score.

    Each has its best category of the project; where the project has none at all, it is a hint only. There
    are none while all classes of the detector are ignored and there is no category.
    """
    if scorer is None or not scorer.names:
        return []
    scored = score_boxes(project, image, scorer, candidates_only=True)
    hints = _hints(scorer, scored.predictions)
    proposals = [
        _proposal(scorer, p, row, raw, chances, hint, by_head=scored.by_head)
        for p, row, raw, chances, hint in zip(
            scored.predictions, scored.scores, scored.raw.tolist(), scored.probabilities, hints, strict=True
        )
    ]
    return sorted(proposals, key=lambda p: (p.category_id is None, -p.score))


def _hints(scorer: Scorer, predictions: Sequence[Prediction]) -> list[tuple[str, float]]:
    """For each box the detector's surest class that is no category of the project, with the detector's own
    score; none where a person ignores that class."""
    foreign = [g for g, c in enumerate(scorer.class_column.tolist()) if scorer.category_ids[c] is None]
    by_detector = [row for row, p in enumerate(predictions) if len(p.class_scores)]
    hints = [("", 0.0)] * len(predictions)
    if foreign and by_detector:
        class_scores = np.stack([predictions[row].class_scores for row in by_detector])
        detector_scores = scorer.detector_scores(class_scores)[:, foreign]
        best, surest = detector_scores.argmax(axis=1), detector_scores.max(axis=1)
        ignored = np.setdiff1d(np.arange(class_scores.shape[1]), scorer.class_index)
        is_wanted = surest >= class_scores[:, ignored].max(axis=1, initial=0.0)
        for row, column, score_, wanted in zip(
            by_detector, best.tolist(), surest.tolist(), is_wanted.tolist(), strict=True
        ):
            if wanted:
                hints[row] = (scorer.names[int(scorer.class_column[foreign[column]])], score_)
    return hints


def _proposal(
    scorer: Scorer,
    prediction: Prediction,
    scores: NDArray[np.float64],
    raw: float,
    chances: NDArray[np.float64],
    hint: tuple[str, float],
    *,
    by_head: bool,
) -> Proposal:
    own = scorer.own
    best = int(own[np.argmax(scores[own])]) if own.size else int(np.argmax(scores))
    by_detector = len(prediction.class_scores) > 0
    detector_class = scorer.detector.classes[int(np.argmax(prediction.class_scores))] if by_detector else ""
    return Proposal(
        prediction_id=prediction.id,
        image_id=prediction.image_id,
        bbox=prediction.bbox,
        name=scorer.names[best],
        category_id=scorer.category_ids[best],
        score=float(scores[best]),
        named_by=tr("model version {head_id}", head_id=scorer.head_id)
        if by_head and best < scorer.trained_count
        else scorer.detector.name,
        probabilities=chances.astype(np.float32),
        raw=raw,
        by_head=by_head,
        head_id=scorer.head_id,
        detector_name=detector_class,
        detector_score=float(prediction.score) if by_detector else 0.0,
        proposed_by=scorer.detector.name if by_detector else tr("found by the trained model"),
        hint=hint[0],
        hint_score=hint[1],
    )
