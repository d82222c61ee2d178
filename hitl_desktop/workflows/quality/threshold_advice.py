"""How well scores are calibrated, and from which score on proposals are worth showing, from unseen
predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.calibration import Calibration
from hitl_desktop.domain.categories import UNKNOWN, normalise_name
from hitl_desktop.domain.review import SECONDS_TO_DRAW, SECONDS_TO_REJECT, SECONDS_TO_VERIFY
from hitl_desktop.learning.calibration import (
    CalibrationSamples,
    ReliabilityBin,
    calibration_error_interval,
    error_if_honest,
    expected_calibration_error,
    reliability_bins,
)
from hitl_desktop.learning.metrics import Interval, clustered_interval
from hitl_desktop.store.predictions import KEEP_FROM
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.prediction.unseen_predictions import (
    UnseenResult,
    calibration_samples,
    unseen_results,
)

WORTH_SHOWING = round(SECONDS_TO_VERIFY / SECONDS_TO_DRAW + 0.07, 2)
"""A proposal that is right this often pays: looking at it costs 1.6 s, deleting it some more, drawing it 7
s."""

ENOUGH_BOXES = 50
_STEP = 0.05
_HIGHEST = 0.95


@dataclass(frozen=True, slots=True)
class Reliability:
    """Scores as they were shown beside the share that was right, for each tenth.

    `error` is the expected calibration error with its 95 % interval, over `boxes` on `images`; `by_chance`
    the error of perfectly calibrated scores on as many.
    """

    bins: tuple[ReliabilityBin, ...]
    error: float
    interval: Interval
    by_chance: float
    boxes: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Advice:
    """From which score on proposals of a category should be shown, and what to expect then.

    `precision` is the share of right ones among those `shown` before training on their images, with its 95 %
    interval; `objects` is how many there were on these images, `found` how many of them were among the right
    ones. None where none was shown.
    """

    category_id: int
    name: str
    threshold: float
    precision: float | None
    interval: Interval
    measured: int
    shown: int
    found: int
    objects: int


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The latest unseen predictions, read once: for a job, and then for as many questions as people
    have."""

    seen: list[UnseenResult]
    samples: CalibrationSamples
    chances: NDArray[np.float64]
    objects: dict[int, int]
    categories: list[tuple[int, str]]


def gather(project: Project) -> Evidence:
    """Read the latest unseen predictions, with scores as the active head gives them now."""
    version, seen = project.heads.active(), unseen_results(project)
    samples = calibration_samples(project, seen)
    calibration = version.calibration if version else Calibration()
    chances = calibration.chances(samples.scores, samples.sources, samples.category_ids)
    categories = [
        (c.id, c.name)
        for c in project.categories.all()
        if not c.retired and normalise_name(c.name) != UNKNOWN
    ]
    return Evidence(seen, samples, chances, _objects(project, seen), categories)


def reliability(evidence: Evidence) -> Reliability:
    """How well the scores that were shown lately were calibrated."""
    rows = [
        (box.score, right, result.image_id)
        for result in evidence.seen
        for box, right in zip(result.boxes, result.right, strict=True)
        if box.raw > 0 and box.shown
    ]
    if not rows:
        return Reliability((), 0.0, (0.0, 1.0), 0.0, 0, 0)
    scores, right, images = (np.array(column) for column in zip(*rows, strict=True))
    return Reliability(
        reliability_bins(scores, right, images), expected_calibration_error(scores, right),
        calibration_error_interval(scores, right, images), error_if_honest(scores), len(rows),
        len(np.unique(images)),
    )  # fmt: skip


def advise(evidence: Evidence, wanted: float = 0.0) -> list[Advice]:
    """For each category the lowest threshold that pays and at which `wanted` (0..1) of what is shown is
    right."""
    return [
        _advice(
            category_id,
            name,
            evidence.chances,
            evidence.samples,
            evidence.objects.get(category_id, 0),
            wanted,
        )
        for category_id, name in evidence.categories
    ]


_LOWEST_START = 0.15
"""Less sure suggestions hide the image, whatever they save by themselves."""


@dataclass(frozen=True, slots=True)
class StartThreshold:
    """The score from which showing proposals saved most time, on so many boxes that were scored before
    training."""

    threshold: float
    boxes: int


def start_threshold(evidence: Evidence) -> StartThreshold | None:
    """The threshold for all categories at which people would have saved most; None on fewer than
    `ENOUGH_BOXES`.

    A right proposal saves drawing at the price of verifying, a wrong one costs rejecting.
    """
    scores, right = evidence.chances, evidence.samples.right
    if len(scores) < ENOUGH_BOXES or not right.any():
        return None
    saved = np.where(right, SECONDS_TO_DRAW - SECONDS_TO_VERIFY, -SECONDS_TO_REJECT)
    steps = np.arange(round(_LOWEST_START / _STEP), round(_HIGHEST / _STEP) + 1) * _STEP
    totals = [float(saved[scores >= step].sum()) for step in steps]
    return StartThreshold(round(float(steps[int(np.argmax(totals))]), 2), len(scores))


def _objects(project: Project, seen: Sequence[UnseenResult]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for result in seen:
        for a in project.annotations.of_image(result.image_id):
            if not a.crowd:
                counts[a.category_id] = counts.get(a.category_id, 0) + 1
    return counts


def _advice(
    category_id: int,
    name: str,
    chances: NDArray[np.float64],
    samples: CalibrationSamples,
    objects: int,
    wanted: float,
) -> Advice:
    in_category = (samples.category_ids == category_id) & (chances >= KEEP_FROM)
    steps = np.arange(round(WORTH_SHOWING / _STEP), round(_HIGHEST / _STEP) + 1) * _STEP
    threshold = next(
        (
            t
            for t in steps
            if (above := in_category & (chances >= t)).any() and chances[above].mean() >= wanted
        ),
        steps[-1] if wanted else steps[0],
    )
    above = in_category & (chances >= threshold)
    right = samples.right[above]
    return Advice(
        category_id, name, round(float(threshold), 2), float(right.mean()) if len(right) else None,
        clustered_interval(right, samples.image_ids[above]), int(in_category.sum()), len(right),
        int(right.sum()), objects,
    )  # fmt: skip
