"""Learn from what people decided: a new head, its scores, and the new queue order become active together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.learning.calibration import fit_calibration
from hitl_desktop.learning.classification_head import Samples, fit
from hitl_desktop.learning.detection_head import DetectionHead
from hitl_desktop.progress import Progress, Quiet
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.translation import tr
from hitl_desktop.workflows.detection.detector import finding_key
from hitl_desktop.workflows.detection.embeddings import embed_images, encoder_record_id
from hitl_desktop.workflows.images.edge_cases import edge_case_ids
from hitl_desktop.workflows.prediction.scoring import CalibratedHead, load_scorer
from hitl_desktop.workflows.prediction.unseen_predictions import (
    UnseenResult,
    calibration_samples,
    precision_interval,
    unseen_results,
)
from hitl_desktop.workflows.queue.policy import QueuePolicy
from hitl_desktop.workflows.queue.rank import rank_images, refresh_queue
from hitl_desktop.workflows.training.classification_samples import (
    Collected,
    collect,
    decided_for_training,
    without_unlabelled_objects,
)
from hitl_desktop.workflows.training.detection_head import (
    ImagesAwayError,
    TrainingCache,
    train_detection_head,
)
from hitl_desktop.workflows.training.holdout import in_holdout
from hitl_desktop.workflows.training.input_resolution import wanted_sides
from hitl_desktop.workflows.training.late_categories import note_new_categories
from hitl_desktop.workflows.training.promotion import Comparison, HoldoutModel, compare, kept_holdout_model
from hitl_desktop.workflows.training.tag_head import learn_tags


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The new head's id (None while there is too little to learn from), and what it learned from.

    `waits` is why it is not the active one, if it is not; `small` whether a closer look would find more;
    `left` how many decided images are for the next one. It `finds_as_before` where the images for that
    are away.
    """

    head_id: int | None
    pictures: int
    boxes: int
    seconds: float
    changes: Changes
    waits: str = ""
    small: bool = False
    left: int = 0
    finds_as_before: bool = False


def is_due(new_decisions: int, decided: int) -> bool:
    """Whether so many decisions since the last head are worth a new one: at first each, later one in ten."""
    return new_decisions >= max(1, min(10, decided // 10))


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A version that was trained and compared, but not stored: its heads, and what they learned from.

    `head` is None while there is too little to learn from; `waits` is why it is not to be the active one.
    """

    images: list[ImageRecord]
    put_off: set[int]
    last_decision: int
    tag_head: bytes | None
    head: CalibratedHead | None = None
    detector: str = ""
    detection_head: DetectionHead | None = None
    holdout_model: HoldoutModel | None = None
    unseen: Sequence[UnseenResult] = ()
    boxes: int = 0
    waits: str = ""
    finds_as_before: bool = False
    seconds: float = 0.0


def train_heads(
    project: Project,
    progress: Progress,
    *,
    how: QueuePolicy | None = None,
    seed: int = 0,
    threads: int | None = None,
    most_new: int | None = None,
    cache: TrainingCache | None = None,
) -> TrainingResult:
    """Train a version on the decided images, rank the queue with it, and activate both in one transaction.

    The two steps are `train_candidate` and `activate`; too few labels are no error.
    """
    candidate = train_candidate(
        project, progress, threads=threads, most_new=most_new, cache=cache or TrainingCache()
    )
    return activate(project, candidate, progress, how=how, seed=seed)


def activate(
    project: Project,
    candidate: Candidate,
    progress: Progress,
    *,
    how: QueuePolicy | None = None,
    seed: int = 0,
) -> TrainingResult:
    """Rank the queue with a trained version, store it, and make both active in one transaction.

    Until then the old heads and the old order stand; a version that is worse is stored, but waits. Without a
    head, for want of labels, the queue is ranked by the detector.
    """
    started = time.perf_counter() - candidate.seconds
    if candidate.head is None:
        with project.db.transaction():
            project.heads.activate(None)  # what the one before learned from was taken back
            project.heads.keep_tag_head(candidate.tag_head)
        refresh_queue(project, load_scorer(project), progress, how=how, seed=seed)
        seconds, nothing = time.perf_counter() - started, Changes(head=True, queue=True)
        return TrainingResult(None, len(candidate.images), 0, seconds, nothing)
    progress.report(2, 3, tr("ranking the queue"))
    before = load_scorer(project)
    scorer = before if candidate.waits else load_scorer(project, named=candidate.head)
    ranking = rank_images(project, scorer, progress, before=before, how=how, seed=seed)
    seconds = time.perf_counter() - started
    progress.check_cancelled()
    head_id = _store(project, candidate, candidate.head, ranking, seconds)
    progress.report(3, 3, "done")
    return TrainingResult(
        head_id,
        len(candidate.images),
        candidate.boxes,
        seconds,
        Changes(head=True, queue=True),
        candidate.waits,
        small=wanted_sides(project) is not None,
        left=len(candidate.put_off),
        finds_as_before=candidate.finds_as_before,
    )


def train_candidate(
    project: Project,
    progress: Progress,
    *,
    threads: int | None,
    most_new: int | None,
    cache: TrainingCache,
) -> Candidate:
    """Train all heads on the decided images and compare them with the active version; nothing is activated.

    With `most_new` only so many images that are new to the latest version are taken in (or a quarter of very
    many), those decided last; the others are for the next version. What is in `cache` is not read
    again.
    """
    started = time.perf_counter()
    last_decision = project.decisions.last_id()
    images, put_off = _in_portions(project, decided_for_training(project), most_new)
    detector, encoder_id = project.models.detector(), encoder_record_id(project)
    progress.report(0, 3, tr("reading crops"))
    if images:
        embed_images(project, images, Quiet(progress), threads=threads)
    progress.check_cancelled()
    tag_head = learn_tags(project, images, Quiet(progress), threads=threads)
    progress.report(0, 3, tr("learning where objects are"))
    as_before = False
    try:
        detection_head, without_holdout = train_detection_head(
            project, images, detector, progress, threads=threads, cache=cache
        )
    except ImagesAwayError:
        (detection_head, without_holdout), as_before = _active_detection_heads(project), True
    with project.db.snapshot():
        collected = collect(project, images, detector, encoder_id, progress)
        unseen = unseen_results(project)
    progress.check_cancelled()
    progress.report(1, 3, tr("fitting the head"))
    nothing = Candidate(images, put_off, last_decision, tag_head)
    if collected is None:
        return replace(nothing, seconds=time.perf_counter() - started)
    collected = without_unlabelled_objects(collected)
    head = fit(
        collected.samples, collected.trust, collected.typical_score, detector_recall=collected.detector_recall
    )
    if head is None:
        return replace(nothing, seconds=time.perf_counter() - started)
    calibration = fit_calibration(calibration_samples(project, unseen))
    progress.check_cancelled()
    holdout_model = _holdout_model(project, collected, encoder_id, without_holdout)
    compared = (
        compare(project, holdout_model, progress, threads=threads, cache=cache) if holdout_model else ()
    )
    return replace(
        nothing,
        head=CalibratedHead(head, encoder_id, calibration),
        detector=finding_key(project, detector) if detector is not None else "",
        detection_head=detection_head,
        holdout_model=holdout_model,
        unseen=unseen,
        boxes=collected.boxes,
        waits=_why_it_waits(project, compared),
        finds_as_before=as_before,
        seconds=time.perf_counter() - started,
    )


def _store(
    project: Project, candidate: Candidate, head: CalibratedHead, ranking: Ranking, seconds: float
) -> int:
    """Store the version and make it and the order active, unless it waits; returns its id."""
    summary = replace(
        _unseen_summary(candidate.unseen),
        pictures=len(candidate.images),
        boxes=candidate.boxes,
        categories=len(head.head.category_ids),
        seconds=round(seconds, 3),
        last_decision=_known_up_to(project, candidate.put_off, candidate.last_decision),
    )
    found, held_out = candidate.detection_head, candidate.holdout_model
    with project.db.transaction():
        head_id = project.heads.add(
            head.encoder_id,
            head.head.to_bytes(),
            summary,
            found.to_bytes() if found else None,
            learned=(image.id for image in candidate.images),
            calibration=head.calibration,
            waits=candidate.waits,
            trial=held_out.to_bytes() if held_out else None,
            detector=candidate.detector,
        )
        if not candidate.waits:
            before, now = project.heads.active(), project.heads.get(head_id)
            if now is not None:
                note_new_categories(project, before, now)
            project.heads.activate(head_id)
        project.heads.keep_tag_head(candidate.tag_head)
        project.queue.take(ranking)
    return head_id


def _unseen_summary(results: Sequence[UnseenResult]) -> HeadSummary:
    """How the loop did before this version, on what it had not seen."""
    low, high = precision_interval(results)
    return HeadSummary(
        first_sight_right=sum(s.shown_right for s in results),
        first_sight_total=sum(s.shown for s in results),
        first_sight_objects=sum(s.objects for s in results),
        first_sight_low=low,
        first_sight_high=high,
    )


def _known_up_to(project: Project, put_off: set[int], last_decision: int) -> int:
    """The decision up to which everything is learned."""
    final = project.decisions.latest_final() if put_off else {}
    return min((final.get(i, last_decision + 1) - 1 for i in put_off), default=last_decision)


def _in_portions(
    project: Project, images: list[ImageRecord], most_new: int | None
) -> tuple[list[ImageRecord], set[int]]:
    """The images to learn now, and those put off."""
    before = project.heads.latest(1)
    if most_new is None or not before:
        return images, set()
    learned, places = before[0].learned, {i: n for n, i in enumerate(project.decisions.decided_order())}
    new = sorted((i.id for i in images if i.id not in learned), key=lambda i: places.get(i, -1))
    put_off = set(new[: -max(most_new, len(new) // 4)])  # a large import is no reason for a hundred versions
    return [i for i in images if i.id not in put_off], put_off


def _active_detection_heads(project: Project) -> tuple[DetectionHead | None, DetectionHead | None]:
    """The detection head of the active version, and of its holdout model on trial."""
    active = project.heads.active_id()
    if active is None:
        return None, None
    detector, trial = project.models.detector(), kept_holdout_model(project, active)
    key = finding_key(project, detector) if detector is not None else ""
    finding = project.heads.finding_of(active, key) if key else None
    return DetectionHead.from_bytes(finding) if finding else None, trial.finding if trial else None


def _holdout_model(
    project: Project, collected: Collected, encoder_id: int, finding: DetectionHead | None
) -> HoldoutModel | None:
    """The holdout model of a head not trained on the images of the trial; None while it has too little to
    learn."""
    images = project.images.some(np.unique(collected.image_ids).tolist())
    tried = edge_case_ids(project) | {image.id for image in images if in_holdout(image.group)}
    is_training = ~np.isin(collected.image_ids, list(tried))
    samples = Samples(collected.samples.embeddings[is_training], collected.samples.targets[is_training])
    head = fit(samples, collected.trust, collected.typical_score, detector_recall=collected.detector_recall)
    learned = frozenset(np.unique(collected.image_ids[is_training]).tolist())
    return HoldoutModel(learned, CalibratedHead(head, encoder_id), finding) if head is not None else None


def _why_it_waits(project: Project, comparisons: Sequence[Comparison]) -> str:
    """Reasons against making a new version the active one; nothing as a rule."""
    held = (
        [tr("version {active_id} was chosen by hand", active_id=project.heads.active_id())]
        if project.heads.is_held()
        else []
    )
    return "; ".join([*held, *(c.words() for c in comparisons if c.is_worse)])
