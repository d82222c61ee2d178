"""When a category appears: decided pictures that probably hold it are to be looked at again.

The head itself was taught that nothing is there, so another one is asked, that was not taught what those pictures show
beside their boxes. It is asked again whenever twice as many pictures hold the category, while these are few.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.project import Project
from hitl_desktop.workflows import bulk
from hitl_desktop.workflows.embed import embed_images, encoder_record_id
from hitl_desktop.workflows.naming import Named, Naming, detector_of, load_naming, named_by, proposals_of
from hitl_desktop.workflows.naming_samples import Collected, collect, decided_for_training, head_without_background

PROBABLY, PROBABLY_EVENLY = DISPLAY_THRESHOLD, 0.5
"""A picture is put back for a proposal of the new category that would be shown, where no box is; or for one that is
likelier of it than of all else, were there as many examples of each. White cells on bccd, named after 10 pictures that
hold them all: 7 are put back (by the head itself 4 or 5); platelets, named after 16, two runs: 3 of the 5 pictures that
hold them, and 2 others. Of some 110 pictures of cards and scenes that do not hold the new category none."""
SAME_OBJECT_IOU = 0.4
MOST_LOOKED_AT, MOST_PUT_BACK = 200, 20
"""The latest pictures before the category appeared; those in which it is most likely."""
ENOUGH = 8
"""A category that so many pictures hold is known as well as it will be."""

_PENDING = "looked_back_for"


def note_new_categories(project: Project, before: HeadVersion | None, now: HeadVersion) -> None:
    """Remember which categories the new head has that the one before it had not; the first head has no before."""
    if before is None or not before.is_kept:
        return
    new = set(_ids(now)) - set(_ids(before))
    if new:
        _keep_pending(project, dict.fromkeys(new, 0) | _pending(project))


def look_back(project: Project, progress: Progress, *, threads: int | None = None) -> Changes:
    """Look for new categories on pictures decided before they appeared, and put back those that probably hold one.

    That is one edit, which undo takes back. Cancelling keeps what was found out; the next time goes on.
    """
    pending, detector = _pending(project), detector_of(project)
    holding = {c: {a.image_id for a in project.annotations.of_category(c)} for c in pending}
    decided = project.decisions.latest_final()
    counts = {c: len(ids & decided.keys()) for c, ids in holding.items()}
    wanted = [c for c, known in pending.items() if counts[c] >= max(1, 2 * known)]
    if not wanted or detector is None:
        return Changes()
    collected = collect(project, decided_for_training(project), detector, encoder_record_id(project), progress)
    likely: dict[int, float] = {}
    for category_id in wanted:
        first = min((decided[i] for i in holding[category_id] if i in decided), default=0)
        before = sorted(
            (i for i in decided if decided[i] < first and i not in holding[category_id]), key=lambda i: -decided[i]
        )
        records = [image for i in before[:MOST_LOOKED_AT] if (image := project.images.get(i)) and not image.reason]
        embed_images(project, records, progress, threads=threads)
        for naming, enough in _judges(project, collected, set(before)):
            for image in records:
                chance = _chance(project, project.images.get(image.id) or image, naming, category_id) / enough
                likely[image.id] = max(chance, likely.get(image.id, 0.0))
    chosen = sorted((i for i, chance in likely.items() if chance >= 1.0), key=lambda i: -likely[i])[:MOST_PUT_BACK]
    with project.db.transaction():
        looked_for = pending | {c: counts[c] for c in wanted}
        _keep_pending(project, {c: n for c, n in looked_for.items() if n < ENOUGH})
        if not chosen:
            return Changes()
        project.queue.put_back(chosen)
        return bulk.reopen(project, chosen)


def _judges(project: Project, collected: Collected | None, before: Set[int]) -> Iterator[tuple[Naming, float]]:
    """Who is asked of pictures decided `before`, and from which chance on that is enough.

    The second one takes no account of how few examples there are, so that one or two can be enough.
    """
    for evenly, enough in ((False, PROBABLY), (True, PROBABLY_EVENLY)):
        judge = head_without_background(collected, before, evenly=evenly) if collected is not None else None
        naming = load_naming(project, named=Named(judge, encoder_record_id(project))) if judge is not None else None
        if naming is not None:
            yield naming, enough


def _chance(project: Project, image: ImageRecord, naming: Naming, category_id: int) -> float:
    """How likely the likeliest object of the category is that has no box yet."""
    if image.state is not ImageState.DECIDED:
        return 0.0
    boxes: list[BBox] = [a.bbox for a in project.annotations.of_image(image.id)]
    return max(
        (
            p.score
            for p in proposals_of(project, image, naming)
            if p.category_id == category_id  # also what was rejected: nobody could say then that it is one
            and not any(p.bbox.iou(box) > SAME_OBJECT_IOU for box in boxes)
        ),
        default=0.0,
    )


def _ids(version: HeadVersion) -> list[int]:
    return named_by(version).head.category_ids.tolist()


def _pending(project: Project) -> dict[int, int]:
    """New categories, and how many decided pictures held each when it was looked for last."""
    return {int(c): n for c, n in json.loads(project.meta.get(_PENDING) or "{}").items()}


def _keep_pending(project: Project, pending: Mapping[int, int]) -> None:
    project.meta.set(_PENDING, json.dumps({str(c): n for c, n in pending.items()}) if pending else None)
