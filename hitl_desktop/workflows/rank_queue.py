"""Put the undecided pictures in the order of asking."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.categories import normalise_name
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.domain.predictions import Proposal
from hitl_desktop.domain.review import Ranked
from hitl_desktop.learning.query import DEFAULT_STRATEGY, ImageDoubts, rank
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.workflows.naming import Naming, proposals_of

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
    with project.db.snapshot():
        return _rank(project, naming, progress, strategy, seed)


def _rank(project: Project, naming: Naming | None, progress: Progress, strategy: str, seed: int) -> list[Ranked]:
    order = project.queue.order()
    if naming is None:
        return order
    done = project.predictions.images_done(naming.detector.id)
    chosen = _choose([item for item in order if item.image_id in done], seed)
    records = {image.id: image for image in project.images.all(state=ImageState.UNDECIDED)}
    doubts: list[ImageDoubts] = []
    for number, item in enumerate(chosen.looked_at):
        if number % 16 == 0:
            progress.check_cancelled()
        doubts.append(_doubts(project, records[item.image_id], naming))
    ranked = sorted([*rank(doubts, strategy, seed=seed), *chosen.left], key=lambda item: -item.score)
    return [*ranked, *(item for item in order if item.image_id not in done)]


def _choose(order: list[Ranked], seed: int) -> _Chosen:
    if len(order) <= MOST_RANKED:
        return _Chosen(order, [])
    front, rest = order[: MOST_RANKED // 2], order[MOST_RANKED // 2 :]
    drawn = set(random.Random(seed + len(order)).sample(range(len(rest)), MOST_RANKED - len(front)))  # noqa: S311
    return _Chosen([*front, *(rest[i] for i in sorted(drawn))], [item for i, item in enumerate(rest) if i not in drawn])


def _doubts(project: Project, image: ImageRecord, naming: Naming) -> ImageDoubts:
    proposals = proposals_of(project, image, naming)
    if not proposals:
        return ImageDoubts(image.id, np.zeros((0, len(naming.names) + 1)), np.zeros(0, bool))
    taught = {normalise_name(name) for name in naming.names[: naming.taught]}
    disagrees = np.array([_disagrees(p, taught) for p in proposals])
    return ImageDoubts(image.id, np.stack([p.probabilities for p in proposals]), disagrees)


def _disagrees(proposal: Proposal, taught: set[str]) -> bool:
    """Whether the detector is rather sure of another name that the head was taught as well."""
    own = normalise_name(proposal.detector_name)
    return (
        proposal.logits is not None
        and proposal.detector_score >= 0.3
        and own in taught
        and own != normalise_name(proposal.name)
    )


def refresh_queue(
    project: Project, naming: Naming | None, progress: Progress, *, strategy: str = DEFAULT_STRATEGY, seed: int = 0
) -> None:
    """Rank and make the new order active."""
    ranking = project.queue.write(rank_undecided(project, naming, progress, strategy=strategy, seed=seed))
    with project.db.transaction():
        project.queue.activate(ranking)
    project.queue.forget_old()
