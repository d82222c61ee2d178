"""When a category appears: decided images that probably hold it are to be looked at again.

The head itself was taught that nothing is there, so another one is asked, that was not taught what those
images show beside their boxes. It is asked again whenever twice as many images hold the category, while
these are few.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.overlap import HAS_BOX_IOU
from hitl_desktop.progress import Progress
from hitl_desktop.settings import DISPLAY_THRESHOLD
from hitl_desktop.store.heads import HeadVersion
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.annotation import bulk_edits
from hitl_desktop.workflows.detection.embeddings import embed_images, encoder_record_id
from hitl_desktop.workflows.prediction.proposals import proposals_of
from hitl_desktop.workflows.prediction.scoring import CalibratedHead, Scorer, load_scorer, named_by
from hitl_desktop.workflows.training.classification_samples import (
    Collected,
    collect,
    decided_for_training,
    head_without_background,
)

PROBABLY, PROBABLY_EVENLY = DISPLAY_THRESHOLD, 0.5
"""An image is put back for a proposal of the new category that would be shown, where no box is; or for one
that is likelier of it than of all else, were there as many examples of each. White cells on bccd, named after
10 images that hold them all: 7 are put back (by the head itself 4 or 5); platelets, named after 16, two
runs: 3 of the 5 images that hold them, and 2 others. Of 146 images of cards and scenes that do not hold
the new category none."""
MOST_EXAMINED, MOST_REOPENED = 200, 20
"""The latest images before the category appeared; those in which it is most likely."""
ENOUGH = 8
"""A category that so many images hold is known as well as it will be."""

_KNOWN = "categories_known"


@dataclass(frozen=True, slots=True)
class _Late:
    """A category: the decision since which it is known, and how many images held it when it was looked for
    last."""

    since: int
    known: int


def note_new_categories(project: Project, before: HeadVersion | None, now: HeadVersion) -> None:
    """Remember which categories the new head is the first to have; those of the first head were never
    missing.

    Nor were those that came with imported labels, which whoever drew them looked for.
    """
    if before is None or not before.is_kept:
        return
    known, decided = _known(project), project.decisions.latest_final()
    noted = {c: _Late(0, ENOUGH) for c in _ids(before)} | known
    for category_id in set(_ids(now)) - noted.keys():
        holding = _holding(project, category_id)
        since = min((decided[i] for i in holding if i in decided), default=0)
        noted[category_id] = _Late(since, 0 if holding <= decided.keys() else ENOUGH)
    if noted != known:
        _keep(project, noted)


@dataclass(frozen=True, slots=True)
class LateCategories:
    """Decided images that probably hold objects of categories that appeared later, and the names of
    these."""

    images: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


def find_late_categories(
    project: Project, progress: Progress, *, threads: int | None = None
) -> LateCategories:
    """Look for new categories on images decided before they appeared; `reopen` puts the found ones back.

    Cancelling keeps what was found out; the next time goes on.
    """
    known, detector = _known(project), project.models.detector()
    wanted = _worth_a_search(project, known)
    if not wanted or detector is None:
        return LateCategories()
    collected = collect(
        project, decided_for_training(project), detector, encoder_record_id(project), progress
    )
    likely: dict[int, tuple[float, int]] = {}
    for category_id in wanted:
        since = known[category_id].since
        for image_id, chance in _chances(project, collected, category_id, since, progress, threads):
            if chance > likely.get(image_id, (0.0, 0))[0]:
                likely[image_id] = chance, category_id
    probable = sorted((i for i, (chance, _) in likely.items() if chance >= 1.0), key=lambda i: -likely[i][0])
    chosen = probable[:MOST_REOPENED]
    progress.check_cancelled()
    _keep(project, known | {c: _Late(known[c].since, count) for c, count in wanted.items()})
    names = {c.id: c.name for c in project.categories.all()}
    return LateCategories(tuple(chosen), tuple(sorted({names[likely[i][1]] for i in chosen})))


def _worth_a_search(project: Project, known: Mapping[int, _Late]) -> dict[int, int]:
    """The categories to search for, each with how many images hold it: twice as many as at the last
    search."""
    offered = {c.id for c in project.categories.all() if not c.retired}
    rare = {c: late.known for c, late in known.items() if late.known < ENOUGH and c in offered}
    counts = {c: len(_holding(project, c)) for c in rare}
    return {c: count for c, count in counts.items() if count >= max(1, 2 * rare[c])}


def _chances(
    project: Project,
    collected: Collected | None,
    category_id: int,
    since: int,
    progress: Progress,
    threads: int | None,
) -> Iterator[tuple[int, float]]:
    """How likely images decided before `since` hold a category: 1 and more is enough, by each judge once."""
    holding = _holding(project, category_id)
    before = [i for i in _decided_before(project, since) if i not in holding]
    records = [image for image in project.images.some(before[:MOST_EXAMINED]) if not image.reason]
    embed_images(project, records, progress, threads=threads)
    for scorer, enough in _judges(project, collected, set(before)):
        for image in records:
            progress.check_cancelled()
            yield (
                image.id,
                _chance(project, project.images.get(image.id) or image, scorer, category_id) / enough,
            )


def reopen(project: Project, late_categories: LateCategories) -> Changes:
    """Let these images be to do again, as one step that undo takes back."""
    with project.db.transaction():
        decided = project.images.decided_of(late_categories.images)
        still = [i for i in late_categories.images if i in decided]
        project.queue.note_reopened_for_new_category(still)
        return bulk_edits.reopen(project, still) if still else Changes()


def _holding(project: Project, category_id: int) -> set[int]:
    """The decided images that hold a category."""
    return project.annotations.decided_images_of(category_id)


def _decided_before(project: Project, since: int) -> list[int]:
    """Images decided last before this decision, the latest first; not those that a person left so when put
    back."""
    before = sorted(((d, i) for i, d in project.decisions.latest_final().items() if d < since), reverse=True)
    undone = project.decisions.last_undone()
    return [i for _, i in before if i not in undone]


def _judges(
    project: Project, collected: Collected | None, before: Set[int]
) -> Iterator[tuple[Scorer, float]]:
    """Who is asked of images decided `before`, and from which chance on that is enough.

    The second one takes no account of how few examples there are, so that one or two can be enough.
    """
    for evenly, enough in ((False, PROBABLY), (True, PROBABLY_EVENLY)):
        judge = head_without_background(collected, before, evenly=evenly) if collected is not None else None
        scorer = (
            load_scorer(project, named=CalibratedHead(judge, encoder_record_id(project)))
            if judge is not None
            else None
        )
        if scorer is not None:
            yield scorer, enough


def _chance(project: Project, image: ImageRecord, scorer: Scorer, category_id: int) -> float:
    """How likely the likeliest object of the category is that has no box yet."""
    if image.state is not ImageState.DECIDED:
        return 0.0
    boxes: list[BBox] = [a.bbox for a in project.annotations.of_image(image.id)]
    return max(
        (
            p.score
            for p in proposals_of(project, image, scorer)
            if p.category_id == category_id  # also what was rejected: nobody could say then that it is one
            and not any(p.bbox.iou(box) > HAS_BOX_IOU for box in boxes)
        ),
        default=0.0,
    )


def _ids(version: HeadVersion) -> list[int]:
    return named_by(version).head.category_ids.tolist()


def _known(project: Project) -> dict[int, _Late]:
    return {int(c): _Late(*each) for c, each in json.loads(project.meta.get(_KNOWN) or "{}").items()}


def _keep(project: Project, known: Mapping[int, _Late]) -> None:
    project.meta.set(_KNOWN, json.dumps({str(c): [late.since, late.known] for c, late in known.items()}))
