"""When a category appears: decided pictures that probably hold it are to be looked at again."""

from __future__ import annotations

import json

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.project import Project
from hitl_desktop.workflows import bulk
from hitl_desktop.workflows.embed import embed_images
from hitl_desktop.workflows.finding import find_objects
from hitl_desktop.workflows.naming import Naming, load_naming, named_by, proposals_of

PROBABLY = DISPLAY_THRESHOLD
"""A picture is put back for a proposal of the new category that would be shown, where no box is."""
SAME_OBJECT_IOU = 0.4
MOST_LOOKED_AT, MOST_PUT_BACK = 200, 20
"""The latest pictures before the category appeared; those in which it is most likely."""

_PENDING = "look_back"


def note_new_categories(project: Project, before: HeadVersion | None, now: HeadVersion) -> None:
    """Remember which categories the new head has that the one before it had not; the first head has no before."""
    if before is None or not before.is_kept:
        return
    new = set(_ids(now)) - set(_ids(before))
    if new:
        project.meta.set(_PENDING, json.dumps(sorted(new | set(_pending(project)))))


def look_back(project: Project, progress: Progress, *, threads: int | None = None) -> Changes:
    """Look for new categories on pictures decided before they appeared, and put back those that probably hold one.

    That is one edit, which undo takes back. Cancelling keeps what was found out; the next time goes on.
    """
    pending, naming = _pending(project), load_naming(project)
    if not pending or naming is None or naming.head is None:
        return Changes()
    decided = project.decisions.latest_final()
    likely: dict[int, float] = {}
    for category_id in pending:
        holding = {a.image_id for a in project.annotations.of_category(category_id)}
        first = min((decided[i] for i in holding if i in decided), default=0)
        before = sorted((i for i in decided if decided[i] < first and i not in holding), key=lambda i: -decided[i])
        records = [image for i in before[:MOST_LOOKED_AT] if (image := project.images.get(i)) and not image.reason]
        find_objects(project, records, progress, threads=threads)
        embed_images(project, records, progress, threads=threads)
        naming = load_naming(project) or naming  # what heads found is the first of its kind, perhaps
        for image in records:
            chance = _chance(project, project.images.get(image.id) or image, naming, category_id)
            likely[image.id] = max(chance, likely.get(image.id, 0.0))
    chosen = sorted((i for i, chance in likely.items() if chance >= PROBABLY), key=lambda i: -likely[i])[:MOST_PUT_BACK]
    with project.db.transaction():
        project.meta.set(_PENDING, None)
        if not chosen:
            return Changes()
        project.queue.put_back(chosen)
        return bulk.reopen(project, chosen)


def _chance(project: Project, image: ImageRecord, naming: Naming, category_id: int) -> float:
    """How likely the likeliest object of the category is that has no box yet."""
    if image.state is not ImageState.DECIDED:
        return 0.0
    boxes: list[BBox] = [a.bbox for a in project.annotations.of_image(image.id)]
    rejected = project.predictions.rejected_of(image.id)
    return max(
        (
            p.score
            for p in proposals_of(project, image, naming)
            if p.category_id == category_id
            and p.prediction_id not in rejected
            and not any(p.bbox.iou(box) > SAME_OBJECT_IOU for box in boxes)
        ),
        default=0.0,
    )


def _ids(version: HeadVersion) -> list[int]:
    return named_by(version).head.category_ids.tolist()


def _pending(project: Project) -> list[int]:
    return json.loads(project.meta.get(_PENDING) or "[]")
