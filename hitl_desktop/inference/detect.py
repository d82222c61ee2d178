"""One image through a detector that may be anybody's: with a time limit, and what comes out is checked."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import numpy as np

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.errors import ModelError
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.postprocess import check_probabilities
from hitl_desktop.inference.registry import Detector
from hitl_desktop.progress import Progress
from hitl_desktop.translation import tr

LONGEST = 60.0
"""Seconds that a detector may take for one image."""
_MOST = 1000
"""Boxes of one image beyond these, the best ones, are more than anybody can look at."""
_USUAL = 0.2
"""Seconds within which nearly every image is done; cancelling is checked between images, and after these."""
_POLL = 0.2
_MOST_WAITS = 3
"""An image is given up after this many times the limit even if it only waits for another one that cannot be stopped."""
_TO_STOP = 5.0
"""Seconds that a graph has to notice that it was stopped, which it does between two operators."""


@dataclass(slots=True)
class _Run:
    ended: threading.Event = field(default_factory=threading.Event)
    found: Detections | None = None
    error: BaseException | None = None


def detect(
    detector: Detector, image: RgbImage, progress: Progress, *, longest: float = LONGEST
) -> Detections:
    """What a detector finds on one image.

    Raises:
        ModelError: it failed, took longer than `longest` seconds, or gave what cannot be boxes and scores.
        JobCancelled: `progress` was cancelled meanwhile.
    """
    run = _Run()
    worker = threading.Thread(target=_predict, args=(detector, image, run), name="detect", daemon=True)
    worker.start()
    thread = worker.ident or 0
    try:
        _wait(run, progress, longest, detector, thread)
    except BaseException:
        detector.session.stop(thread)
        run.ended.wait(_TO_STOP)
        raise
    worker.join()
    if isinstance(run.error, ModelError) or (run.error is not None and not isinstance(run.error, Exception)):
        raise run.error
    if run.error is not None or run.found is None:
        raise ModelError(
            tr(
                "The outputs of {name} are not those of the family {family} ({error}).",
                name=detector.card.name,
                family=detector.card.family,
                error=run.error,
            ),
            hint=tr("Check the family, size and classes in its card."),
        ) from run.error
    return _checked(run.found, detector, image)


def _predict(detector: Detector, image: RgbImage, run: _Run) -> None:
    detector.session.forget(threading.get_ident())
    try:
        run.found = detector.predict([image])[0]
    except BaseException as error:  # noqa: BLE001 - raised again where the result is waited for
        run.error = error
    finally:
        run.ended.set()


def _wait(run: _Run, progress: Progress, longest: float, detector: Detector, thread: int) -> None:
    began = time.monotonic()
    if run.ended.wait(min(_USUAL, longest)):
        return
    while not run.ended.wait(_POLL):
        passed = time.monotonic() - began
        if passed - detector.session.waited(thread) > longest or passed > _MOST_WAITS * longest:
            raise ModelError(
                tr(
                    "{name} did not finish within {longest:g} seconds on one image.",
                    name=detector.card.name,
                    longest=longest,
                ),
                hint=tr("Use a smaller model or a smaller input size."),
            )
        progress.check_cancelled()


def _checked(found: Detections, detector: Detector, image: RgbImage) -> Detections:
    """The best boxes, clipped to the image.

    Raises:
        ModelError: there are other than [N, 4] boxes and [N, classes] scores, or they have impossible values.
    """
    card, (height, width) = detector.card, image.shape[:2]
    boxes, scores = np.asarray(found.bboxes, np.float64), np.asarray(found.scores, np.float32)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != (len(boxes), len(card.classes)):
        raise ModelError(
            tr(
                "{name} gave boxes {shape} and scores {shape_2} for {classes} classes.",
                name=card.name,
                shape=list(boxes.shape),
                shape_2=list(scores.shape),
                classes=len(card.classes),
            ),
            hint=tr("Check the family and the classes in its card."),
        )
    check_probabilities(scores, card.name)
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    size = np.array([width, height] * 2, np.float64)
    is_near = (corners >= -size) & (corners <= 2 * size)  # false for NaN, too
    if not is_near.all() or (boxes[:, 2:] < 0).any():
        raise ModelError(
            tr("{name} gave boxes that do not lie on the image.", name=card.name),
            hint=tr("Check the family and the input size in its card."),
        )
    corners = np.clip(corners, 0, size)
    best = np.argsort(-scores.max(axis=1, initial=0), kind="stable")[:_MOST]
    best = best[(corners[best, 2:] > corners[best, :2]).all(axis=1)]
    return Detections(
        np.concatenate([corners[best, :2], corners[best, 2:] - corners[best, :2]], axis=1),
        np.clip(scores[best], 0, 1),
    )
