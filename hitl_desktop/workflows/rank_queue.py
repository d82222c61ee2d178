"""Put the undecided pictures in the order of asking."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import numpy as np

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.review import Ranked
from hitl_desktop.learning.query import DEFAULT_STRATEGY, EXPECTED, TYPICAL, ImageDoubts, rank
from hitl_desktop.learning.typical import typical_first
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.embed import embed_pictures
from hitl_desktop.workflows.naming import Naming, proposals_of
from hitl_desktop.workflows.tagging import load_tag_head, tag_chances

_KNOWS_BOXES, _KNOWS_OF_TWO = 40, 4
_MOST_COMPARED = 300
MOST_RANKED = 2000
"""How many pictures one ranking looks at; of a larger project the front of the old order and a random part."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    looked_at: list[Ranked]
    left: list[Ranked]


def rank_undecided(
    project: Project, naming: Naming | None, progress: Progress, *, strategy: str = DEFAULT_STRATEGY, seed: int = 0
) -> list[Ranked]:
    """The new order of the queue; nothing is written.

    Pictures without predictions keep their place behind the others.
    """
    typical = [] if strategy == "random" else _typical(project, progress, seed)
    with project.db.snapshot():
        ranked = _rank(project, naming, progress, strategy, seed)
    best = max((item.score for item in ranked), default=0.0)
    reasons = dict.fromkeys(project.queue.put_back_ids(), EXPECTED) | dict.fromkeys(typical, TYPICAL)
    first = [Ranked(i, best + 1 - n / 100, reason) for n, (i, reason) in enumerate(reasons.items())]
    return [*first, *(item for item in ranked if item.image_id not in reasons)]


def _typical(project: Project, progress: Progress, seed: int) -> list[int]:
    """The pictures to begin with, while too little was taught for doubts to mean anything."""
    counts = sorted(project.annotations.count_by_category().values())
    if sum(counts) >= _KNOWS_BOXES or (len(counts) > 1 and counts[-2] >= _KNOWS_OF_TWO):
        return []
    images = [i for i in project.images.all() if i.reason is None and i.split is not Split.TEST]
    waiting = [image for image in images if image.state is ImageState.UNDECIDED]
    if len(waiting) > _MOST_COMPARED:
        waiting = random.Random(seed).sample(waiting, _MOST_COMPARED)  # noqa: S311 - a draw, not a secret
    known = [image for image in images if image.state is ImageState.DECIDED][-_KNOWS_BOXES:]
    vectors = embed_pictures(project, [*known, *waiting], progress)
    waiting, known = ([i for i in some if i.id in vectors] for some in (waiting, known))
    if not waiting:
        return []
    stacked = np.stack([vectors[i.id] for i in waiting])
    taught = np.stack([vectors[i.id] for i in known]) if known else stacked[:0]
    return [waiting[row].id for row in typical_first(stacked, taught, seed=seed)]


def _rank(project: Project, naming: Naming | None, progress: Progress, strategy: str, seed: int) -> list[Ranked]:
    order = project.queue.order()
    if naming is None:
        return order
    done = project.predictions.images_done(naming.detector.id)
    chosen = _choose([item for item in order if item.image_id in done], seed)
    records = {image.id: image for image in project.images.all(state=ImageState.UNDECIDED)}
    tag_head = load_tag_head(project)
    doubts: list[ImageDoubts] = []
    for number, item in enumerate(chosen.looked_at):
        if number % 16 == 0:
            progress.check_cancelled()
        image = records[item.image_id]
        unsure = max((1 - abs(2 * p - 1) for p in tag_chances(project, image, tag_head).values()), default=0.0)
        doubts.append(replace(_doubts(project, image, naming), tag_doubt=unsure))
    ranked = sorted([*rank(doubts, strategy, seed=seed), *chosen.left], key=lambda item: -item.score)
    return [*ranked, *(item for item in order if item.image_id not in done)]


def _choose(order: list[Ranked], seed: int) -> _Chosen:
    if len(order) <= MOST_RANKED:
        return _Chosen(order, [])
    front, rest = order[: MOST_RANKED // 2], order[MOST_RANKED // 2 :]
    drawn = set(random.Random(seed + len(order)).sample(range(len(rest)), MOST_RANKED - len(front)))  # noqa: S311
    return _Chosen([*front, *(rest[i] for i in sorted(drawn))], [item for i, item in enumerate(rest) if i not in drawn])


def _doubts(project: Project, image: ImageRecord, naming: Naming) -> ImageDoubts:
    # The head has looked for objects on the next pictures only, and more boxes are more doubts: compare like with like.
    proposals = [p for p in proposals_of(project, image, naming) if p.detector_name]
    if not proposals:
        return ImageDoubts(image.id, np.zeros((0, len(naming.names) + 1)), np.zeros(0, bool))
    taught = {normalise_name(name) for name in naming.names[: naming.taught]}
    disagrees = np.array([_disagrees(p, taught) for p in proposals])
    return ImageDoubts(image.id, np.stack([p.probabilities for p in proposals]), disagrees)


def _disagrees(proposal: Proposal, taught: set[str]) -> bool:
    """Whether the detector is rather sure of another name that the head was taught as well."""
    own = normalise_name(proposal.detector_name)
    return (
        proposal.by_head and proposal.detector_score >= 0.3 and own in taught and own != normalise_name(proposal.name)
    )


def refresh_queue(
    project: Project, naming: Naming | None, progress: Progress, *, strategy: str = DEFAULT_STRATEGY, seed: int = 0
) -> None:
    """Rank and make the new order active."""
    ranking = project.queue.write(rank_undecided(project, naming, progress, strategy=strategy, seed=seed))
    with project.db.transaction():
        project.queue.activate(ranking)
    project.queue.forget_old()
