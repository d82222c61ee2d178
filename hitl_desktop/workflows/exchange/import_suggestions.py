"""The boxes of a data set file as suggestions, such as what another model found: people accept or correct them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from hitl_desktop.domain.acts import Act, ActKind
from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.dataset import ImportIssue, ImportOptions, ImportResult, IssueKind
from hitl_desktop.domain.edits import Changes, Edit, Side
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.domain.words import counted
from hitl_desktop.progress import NoProgress, Progress
from hitl_desktop.store.models import OF_LABELS
from hitl_desktop.store.predictions import KEEP_FROM
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.annotation import edits
from hitl_desktop.workflows.exchange.align_dataset import align
from hitl_desktop.workflows.exchange.import_dataset import ImportSummary, import_dataset, with_categories

_AT_ONCE = 100


def take_in(
    project: Project,
    result: ImportResult,
    options: ImportOptions,
    *,
    file: Path | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a data set as labels or as suggestions, as was chosen (`import_dataset`, `import_suggestions`)."""
    take = import_suggestions if options.as_suggestions else import_dataset
    return take(project, result, options, file=file, progress=progress)


def import_suggestions(
    project: Project,
    result: ImportResult,
    options: ImportOptions | None = None,
    *,
    file: Path | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Let the boxes of a data set be what is suggested on the project's images, in place of the detector's.

    Labels stay as they are. A box without a score has 1. The file takes the place of the project's detector; those
    that worked here before are still there and can be chosen again. Cancelled, it leaves the detector that was, and
    undo brings that back.

    Raises:
        JobCancelled: `progress` was cancelled.
    """
    options, progress = options or ImportOptions(), progress or NoProgress()
    result = with_categories(result, options.categories)
    aligned = align(project, result, options)
    place = {c.id: n for n, c in enumerate(aligned.dataset.categories)}
    classes = tuple(c.name for c in aligned.dataset.categories)
    notes = [*result.issues, *aligned.issues]
    weak = sum(_score(a) < KEEP_FROM for a in aligned.dataset.annotations)
    if weak:
        what = tr(
            "{boxes} with a score below {least:g} left out", boxes=counted(weak, "box"), least=KEEP_FROM
        )
        notes.append(ImportIssue("annotations", what, IssueKind.DROPPED, weak))
    record = project.models.ensure(OF_LABELS + _digest(result), file.name if file else tr("a file"), classes)
    images = [image for image in aligned.dataset.images if aligned.records[image.id].reason is None]
    with project.db.transaction():
        before = {c.id for c in project.categories.all() if not c.retired}
        for name in classes:  # else they would be hints, which nobody can accept as they are
            project.categories.ensure(name)
        new_ids = {c.id for c in project.categories.all() if not c.retired} - before
    for start in range(0, len(images), _AT_ONCE):
        progress.check_cancelled()
        with project.db.transaction():
            for image in images[start : start + _AT_ONCE]:
                found = _detections(aligned.boxes[image.id], place)
                project.predictions.replace(aligned.records[image.id].id, record.id, found)
        progress.report(min(start + _AT_ONCE, len(images)), len(images))
    detector = project.models.detector()
    hash_before = detector.hash if detector else ""
    if hash_before != record.hash:
        # as they are now: a person may have renamed them meanwhile
        new = tuple(c for c in project.categories.all() if c.id in new_ids and not c.retired)
        was = Side(categories=tuple(replace(c, retired=True) for c in new), detector=hash_before)
        label = Act(ActKind.IMPORT, name=file.name if file else "")
        edits.do(project, Edit(label, None, was, Side(categories=new, detector=record.hash)))
    on = frozenset(aligned.records[image.id].id for image in images)
    return ImportSummary(
        len(images),
        sum(len(aligned.boxes[image.id]) for image in images) - weak,
        len(classes),
        tuple(notes),
        Changes(predictions_of=on, images=True, queue=True, head=True, categories=True),
        len(result.dataset.images) - aligned.repeated_images,
        result.boxes - aligned.repeated_boxes,
    )


def _digest(result: ImportResult) -> str:
    """What tells this file's suggestions from another's: names and boxes."""
    content = msgspec.json.encode((result.dataset.images, result.dataset.annotations))
    return hashlib.sha256(content).hexdigest()


def _score(a: Annotation) -> float:
    return 1.0 if a.score is None else min(max(a.score, 0.0), 1.0)


def _detections(boxes: Sequence[Annotation], place: Mapping[int, int]) -> Detections:
    boxes = sorted(boxes, key=_score, reverse=True)
    scores = np.zeros((len(boxes), len(place)), np.float32)
    for row, a in enumerate(boxes):
        scores[row, place[a.category_id]] = _score(a)
    return Detections(np.array([a.bbox for a in boxes], np.float64).reshape(-1, 4), scores)
