"""Validation only: people judge what the model proposes on images it was not trained on, and nothing learns
from that."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hitl_desktop.domain.acts import ActKind
from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.proposals import shown_to_people
from hitl_desktop.domain.queues import Reason, random_order
from hitl_desktop.domain.review import Thresholds
from hitl_desktop.domain.validation import JudgedBox, Judgement, Validated
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import NotPrelabelledError, NotYetError
from hitl_desktop.learning.calibration import (
    calibration_error_interval,
    expected_calibration_error,
    reliability_bins,
)
from hitl_desktop.learning.metrics import (
    Interval,
    average_precision_of_judged,
    bootstrap_images,
    clustered_interval,
    share_interval,
)
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.texts import JUDGEMENT_TEXT
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation.bulk_edits import Addition, add_and_decide
from hitl_desktop.workflows.detection.embeddings import embed_images
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import load_scorer
from hitl_desktop.workflows.training.detection_head import find_objects

WORST = 20
_SALT = 1


def next_image(project: Project) -> ImageRecord | None:
    """The next image to be judged, if any is left (`next_images`)."""
    return next(iter(next_images(project, 1)), None)


def prepare_images(
    project: Project, images: Sequence[ImageRecord], progress: Progress, *, threads: int | None = None
) -> None:
    """Run the active heads on these images, as is done ahead of the queue: people judge the
    proposals, and nobody waits for the vectors of boxes that are there already."""
    find_objects(project, images, progress, threads=threads)
    embed_images(project, images, progress, threads=threads, candidates_only=True)


def prepare_next_images(
    project: Project, most: int, progress: Progress, *, threads: int | None = None
) -> list[ImageRecord]:
    """The next images to validate, with proposals of the head on the first of them."""
    while waiting := next_images(project, most):
        prepare_images(project, waiting[:1], progress, threads=threads)
        first = project.images.get(waiting[0].id)
        if first is not None and first.reason is None:  # it may have turned out to be unreadable
            break
    return waiting


def take_back(validation_id: int, project: Project) -> Changes:
    """Delete the verdicts on one image."""
    project.validations.forget(validation_id)
    return Changes()


def next_images(project: Project, most: int) -> list[ImageRecord]:
    """The next images to be judged: undecided ones the active head has no verdict on.

    One that shows nearly the same as an image the head was trained on is none. They come in a random order
    that is always the same, whatever the queue is.

    Raises:
        NotPrelabelledError: no detector has run on the images.
        HitlError: every image is decided.
    """
    if load_scorer(project) is None:
        raise NotPrelabelledError
    head_id = project.heads.active_id()
    done = {v.image_id for v in project.validations.all() if v.head_id == head_id}
    waiting = _unseen(project)
    if not waiting:
        raise NotYetError(
            tr("Every readable image is done or skipped, so there is no unseen image left."),
            hint=tr("Add images, or leave some to do."),
        )
    absent, found = project.absent_folders(), list[ImageRecord]()
    for image_id in random_order([i for i in waiting if i not in done], _SALT):
        image = project.images.get(image_id)
        if image is not None and image.folder_id not in absent:
            found.append(image)
        if len(found) == most:
            break
    return found


def _unseen(project: Project) -> list[int]:
    """The undecided images that are no near-duplicates of one that the active head was trained on."""
    version = project.heads.active()
    trained_on = version.learned if version is not None else frozenset[int]()
    groups = project.files.same_as()
    known = {groups[i] for i in trained_on if i in groups}
    return [
        i
        for i, status in project.images.statuses().items()
        if status == "undecided" and i not in trained_on and groups.get(i) not in known
    ]


def to_judge(project: Project, image: ImageRecord, thresholds: Thresholds) -> list[Proposal]:
    """What a person would see on this image, the surest first."""
    return shown_to_people(proposals_of(project, image, load_scorer(project)), thresholds)


def judge(project: Project, validated: Validated) -> int | None:
    """Store the verdicts on an image; returns their number, None where somebody decided the image
    meanwhile."""
    image = project.images.get(validated.image_id)
    if image is None or image.state is not ImageState.UNDECIDED:
        return None
    return project.validations.add(validated)


@dataclass(frozen=True, slots=True)
class CategoryValidated:
    """How one category did: precision of what was shown, recall, average precision, each with its 95 %
    interval."""

    name: str
    shown: int
    right: int
    objects: int
    precision: float | None
    precision_interval: Interval
    recall: float | None
    recall_interval: Interval
    ap: float | None
    ap_interval: Interval


def report(project: Project, *, head_id: int | str | None = "latest") -> dict[str, Any]:
    """The result of the verdicts on a head's proposals, as plain data; by default on the active one, or the
    last judged.

    Intervals are by image, for boxes of one image hang together: of shares Wilson's with as many boxes as
    would say as much alone, of average precision (of what was shown, judged by eye) the bootstrap. An object
    with a badly placed box counts as not found; what a box of a wrong category really is counts where a
    person said it.
    """
    every = project.validations.all()
    wanted = _judged_last(project, every) if isinstance(head_id, str) else head_id
    seen = [v for v in every if v.head_id == wanted]
    names = {c.id: c.name for c in project.categories.all()}
    boxes = [(v.image_id, box) for v in seen for box in v.boxes if box.judgement is not Judgement.MISSED]
    kinds = Counter(box.judgement for v in seen for box in v.boxes)
    return {
        "head": wanted,
        "pictures": len(seen),
        "boxes": len(boxes),
        "seconds": round(sum(v.seconds for v in seen), 1),
        "verdicts": {JUDGEMENT_TEXT[kind]: kinds[kind] for kind in Judgement},
        "categories": [_as_record(c) for c in _per_category(seen, names)],
        "reliability": _reliability(boxes),
        "worst": _worst(project, seen),
        "promoted": sum(v.is_promoted for v in seen),
    }


def _worst(project: Project, seen: Sequence[Validated]) -> list[dict[str, Any]]:
    """The images with the most errors."""
    with_errors = [v for v in sorted(seen, key=lambda v: -v.errors)[:WORST] if v.errors]
    images = [(v, project.images.get(v.image_id)) for v in with_errors]
    return [
        {"picture": image.path if image else "gone", "errors": v.errors, "boxes": len(v.boxes)}
        for v, image in images
    ]


def _judged_last(project: Project, every: Sequence[Validated]) -> int | None:
    active = project.heads.active_id()
    if any(v.head_id == active for v in every) or not every:
        return active
    return every[-1].head_id


def lines_of(validation_report: dict[str, Any]) -> list[str]:
    """The report in lines: categories with their 95 % intervals, how well scores are calibrated, the worst
    images."""

    def line(c: dict[str, Any]) -> str:
        shares = (
            tr(
                "{word} {c:.0%} ({c_2:.0%} to {c_3:.0%})",
                word=word,
                c=c[key],
                c_2=c[f"{key}_interval"][0],
                c_3=c[f"{key}_interval"][1],
            )
            for key, word in (
                ("precision", "precision"),
                ("recall", "recall"),
                ("ap_of_shown", tr("AP of what was shown")),
            )
            if c[key] is not None
        )
        counts = tr(
            "{right} of {shown} shown right, {right} of {objects} found",
            right=c["right"],
            shown=c["shown"],
            objects=c["objects"],
        )
        return f"{c['name']}: {counts}; {', '.join(shares)}"

    r = validation_report["reliability"]
    calibration_lines = (
        [
            tr(
                "Scores are off by {error:.2f} on average ({interval:.2f} to {interval_2:.2f}).",
                error=r["error"],
                interval=r["interval"][0],
                interval_2=r["interval"][1],
            )
        ]
        if r["error"] is not None
        else []
    )
    lines = [*(line(c) for c in validation_report["categories"]), *calibration_lines]
    return [
        *lines,
        *(
            tr(
                "{image}: {errors} of {boxes} wrong",
                image=w["picture"],
                errors=w["errors"],
                boxes=w["boxes"],
            )
            for w in validation_report["worst"]
        ),
    ]


def in_words(validation_report: dict[str, Any]) -> str:
    """The report in a sentence or two."""
    if not validation_report["pictures"]:
        return tr(
            "Nothing has been validated yet. Judge the suggestions on some images first (Model > Validation)."
        )
    shown, right = (
        validation_report["boxes"],
        validation_report["verdicts"][JUDGEMENT_TEXT[Judgement.CORRECT]],
    )
    low, high = validation_report["reliability"]["precision_interval"]
    share = (
        tr("{right:.0%} (95 %: {low:.0%} to {high:.0%})", right=right / shown, low=low, high=high)
        if shown
        else "none"
    )
    images = counted(validation_report["pictures"], "image")
    whose = (
        tr("the detector alone")
        if validation_report["head"] is None
        else tr("version {head}", head=validation_report["head"])
    )
    return tr(
        "On {images} that were not taught, {right} of {shown} boxes that {whose} showed "
        "were correct: {share}.",
        images=images,
        right=right,
        shown=shown,
        whose=whose,
        share=share,
    )


def _reliability(boxes: Sequence[tuple[int, JudgedBox]]) -> dict[str, Any]:
    """How far the scores of boxes, each with the id of its image, are from the share that is correct."""
    if not boxes:
        return {"bins": [], "error": None, "interval": None, "precision_interval": (0.0, 1.0)}
    scores = np.array([box.score for _, box in boxes])
    right = np.array([box.judgement is Judgement.CORRECT for _, box in boxes], bool)
    images = np.array([image_id for image_id, _ in boxes], np.int64)
    return {
        "bins": [list(one) for one in reliability_bins(scores, right, images)],
        "error": expected_calibration_error(scores, right),
        "interval": calibration_error_interval(scores, right, images),
        "precision_interval": clustered_interval(right, images),
    }


def _per_category(seen: Sequence[Validated], names: dict[int, str]) -> list[CategoryValidated]:
    """Categories by how many objects there were; wrong boxes whose real category was not given are left
    out."""

    def called(box: JudgedBox) -> str:
        return names.get(box.category_id or 0, box.name)

    def really(box: JudgedBox) -> str:
        if box.judgement in (Judgement.CORRECT, Judgement.PLACE):
            return called(box)
        return names.get(box.true_category_id or 0, "")

    every = sorted({name for v in seen for b in v.boxes for name in (called(b), really(b)) if name})
    return [
        _category(
            name,
            [
                [(b.score, b.judgement is Judgement.CORRECT) for b in v.boxes if b.bbox and called(b) == name]
                for v in seen
            ],
            [sum(b.judgement is not Judgement.FALSE and really(b) == name for b in v.boxes) for v in seen],
        )
        for name in every
    ]


def _category(name: str, boxes: list[list[tuple[float, bool]]], objects: list[int]) -> CategoryValidated:
    table = np.array(
        [[sum(ok for _, ok in own), len(own), n] for own, n in zip(boxes, objects, strict=True)], float
    )
    right, shown, there = (int(n) for n in table.sum(axis=0))

    def ap(rows: np.ndarray[tuple[int], np.dtype[np.intp]]) -> float:
        if not any(objects[row] for row in rows.tolist()):
            return math.nan  # of a rare category many draws hold no object
        chosen = [box for row in rows.tolist() for box in boxes[row]]
        return average_precision_of_judged(
            np.array([score for score, _ in chosen]), np.array([ok for _, ok in chosen], bool),
            sum(objects[row] for row in rows.tolist()),
        )  # fmt: skip

    return CategoryValidated(
        name, shown, right, there,
        right / shown if shown else None, share_interval(table[:, 0], table[:, 1]),
        right / there if there else None, share_interval(table[:, 0], table[:, 2]),
        ap(np.arange(len(boxes))) if there else None, bootstrap_images(ap, len(boxes)),
    )  # fmt: skip


def _as_record(c: CategoryValidated) -> dict[str, Any]:
    return {
        "name": c.name, "shown": c.shown, "right": c.right, "objects": c.objects,
        "precision": c.precision, "precision_interval": c.precision_interval,
        "recall": c.recall, "recall_interval": c.recall_interval,
        "ap_of_shown": c.ap, "ap_of_shown_interval": c.ap_interval,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promotion:
    """What became training data: images that are decided now, and those that still want boxes drawn."""

    changes: Changes
    decided: int
    to_finish: int


def promote(project: Project, progress: Progress | None = None, *, reserved: int | None = None) -> Promotion:
    """Make verdicts training data: the one explicit act by which they teach, and one that undo takes back.

    It is done in portions; cancelled, it keeps what was done until then. For `reserved` see `LongAct`.

    Correct boxes, and those whose real category was given, become annotations. An image on which nothing has
    to be drawn or moved is decided, any other is left to be finished. Images that people decided meanwhile
    are left alone.

    Raises:
        HitlError: there are no verdicts on images that nobody decided since.
    """
    detector = project.models.detector()
    additions: dict[int, Addition] = {}
    verdicts: dict[int, list[int]] = {}
    for v in project.validations.all():
        addition = _addition(project, v, detector.name if detector else None)
        if addition is not None:
            additions[v.image_id] = addition  # the latest verdicts count
            verdicts.setdefault(v.image_id, []).append(v.id)
    if not additions:
        raise NotYetError(
            tr("There are no verdicts on images that are still to do."),
            hint=tr("Validate some images first."),
        )
    done: list[Addition] = []

    def note(number: int, some: Sequence[Addition]) -> None:
        project.validations.mark_promoted([i for a in some for i in verdicts[a.image.id]], number)
        done.extend(some)

    every, kind = list(additions.values()), ActKind.TAKE_VERDICTS
    changes = add_and_decide(
        project, every, kind, progress, why=Reason.PROMOTED, note=note, reserved=reserved
    )
    decided = sum(a.is_decided for a in done)
    return Promotion(changes, decided, len(done) - decided)


def _addition(project: Project, v: Validated, detector_name: str | None) -> Addition | None:
    """The annotations that verdicts on an image become; None if it is decided, begun or promoted already."""
    image = project.images.get(v.image_id)
    if image is None or image.state is not ImageState.UNDECIDED or image.reason:
        return None
    if v.is_promoted or project.annotations.of_image(v.image_id):
        return None
    by = tr("version {head_id}", head_id=v.head_id) if v.head_id is not None else detector_name
    boxes = tuple(
        Annotation(0, v.image_id, category_id, box.bbox, Origin.MODEL, proposed_by=by, score=box.score)
        for box in v.boxes
        if box.bbox is not None and (category_id := _category_of(project, box))
    )
    is_whole = all(
        box.judgement in (Judgement.CORRECT, Judgement.FALSE) or (box.bbox and _category_of(project, box))
        for box in v.boxes
    )
    return Addition(image, boxes, is_decided=is_whole, seconds=v.seconds)


def _category_of(project: Project, box: JudgedBox) -> int | None:
    if box.judgement is Judgement.CORRECT:
        return box.category_id or project.categories.ensure(box.name).id
    return box.true_category_id if box.judgement is Judgement.CATEGORY else None
