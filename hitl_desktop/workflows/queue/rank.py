"""Put the undecided pictures in the order of asking."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.queues import OF_DECIDED, REASON_OF, QueueReason, Reason, mix, random_order
from hitl_desktop.domain.review import Ranked
from hitl_desktop.learning.diversity import unlike
from hitl_desktop.learning.strategies import ImageUncertainty, Pool, strategy_named
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.store.queue import Ranking
from hitl_desktop.workflows.annotation.label_issues import above_threshold
from hitl_desktop.workflows.detection.embeddings import embed_pictures, vectors_of
from hitl_desktop.workflows.images.edge_cases import edge_case_ids
from hitl_desktop.workflows.images.near_duplicates import groups_of, one_of_each
from hitl_desktop.workflows.prediction.scoring import Scorer
from hitl_desktop.workflows.prediction.tags import load_tag_head
from hitl_desktop.workflows.queue.policy import QueuePolicy, policy_of
from hitl_desktop.workflows.queue.relabelling import due
from hitl_desktop.workflows.queue.uncertainty import UncertaintyScorer, confident_errors

_KNOWS_FROM = 5
"""So many pictures must be decided, and a head taught, for doubts to mean anything; until then chance
asks."""
_MOST_KNOWN = 500
MOST_RANKED = 2000
"""How many pictures one ranking looks at; of a larger project the front of the old order and a random
part."""
_MOST_MIXED = MOST_RANKED
"""So many pictures in front are mixed: before they are through, the next ranking has come."""


def rank_images(
    project: Project,
    scorer: Scorer | None,
    progress: Progress,
    *,
    before: Scorer | None = None,
    how: QueuePolicy | None = None,
    seed: int = 0,
) -> Ranking:
    """The new order of the queue; nothing is written.

    `before` names boxes as the head that is being followed did; `how` is the project's own choice where it is
    not given. Pictures without predictions keep their place behind the others.
    """
    how = how or policy_of(project)
    strategy = strategy_named(how.strategy)
    if scorer is not None and strategy.needs_vectors:
        embed_pictures(project, project.images.some(project.queue.ids()[:MOST_RANKED]), progress, threads=1)
    knows = (
        scorer is not None
        and scorer.head is not None
        and project.images.count(ImageState.DECIDED) >= _KNOWS_FROM
    )
    if not strategy.works_before_training and not knows:
        how = replace(how, shares=_drawn(how.shares))
    with project.db.snapshot():
        turns = project.queue.turns()
        ids = project.queue.ids()
        looked = _look(project, scorer, before, ids, how, progress, seed) if scorer else _Looked([], ids, {})
        put_back = project.queue.put_back_ids()
        edge_cases = edge_case_ids(project)
        again = dict.fromkeys(due(project), QueueReason.AGAIN)
        if how.shares.get(QueueReason.SUSPECTED):
            again |= dict.fromkeys((s.image_id for s in above_threshold(project)), QueueReason.SUSPECTED)
    said = {item.image_id: item for item in looked.said}

    def say(image_id: int, why: QueueReason) -> None:
        item = said.get(image_id, Ranked(image_id, 0.0, ""))
        said[image_id] = replace(item, reason=REASON_OF[why], queues=item.queues | why)

    for image_id in put_back:
        say(image_id, QueueReason.EXPECTED)
    first = set(put_back)
    rest = [i for i in looked.order if i not in first]
    queues = {why: [i for i in rest if i in said and said[i].queues & why] for why in how.shares}
    if QueueReason.RANDOM in queues:
        queues[QueueReason.RANDOM] = random_order(rest, seed)
    queues[QueueReason.EDGE] = [i for i in rest if i in edge_cases]
    for why in OF_DECIDED:
        queues[why] = [i for i in again if again[i] is why]
    front = mix(rest, queues, how.shares, most=_MOST_MIXED, after=turns)
    for image_id, why in front:
        if why and image_id not in again:
            say(image_id, why)
    mixed = dict.fromkeys(image_id for image_id, _ in front)
    order = [*put_back, *mixed, *(i for i in rest if i not in mixed)]
    return Ranking(one_of_each(order, looked.groups, again), list(said.values()), looked.groups, again)


def refresh_queue(
    project: Project,
    scorer: Scorer | None,
    progress: Progress,
    *,
    how: QueuePolicy | None = None,
    seed: int = 0,
) -> None:
    """Rank and make the new order active."""
    ranking = rank_images(project, scorer, progress, how=how, seed=seed)
    with project.db.transaction():
        project.queue.take(ranking)


def _drawn(shares: Mapping[QueueReason, int]) -> dict[QueueReason, int]:
    """The shares of queues that no doubt fills; all others are drawn at random."""
    sure = {why: share for why, share in shares.items() if why & (OF_DECIDED | QueueReason.EDGE)}
    return {**sure, QueueReason.RANDOM: 100 - sum(sure.values())}


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is said of pictures, the order of all by the strategy, and which are nearly the same."""

    said: list[Ranked]
    order: list[int]
    groups: dict[int, str]


def _look(
    project: Project,
    scorer: Scorer,
    before: Scorer | None,
    ids: Sequence[int],
    how: QueuePolicy,
    progress: Progress,
    seed: int,
) -> _Looked:
    done = project.predictions.images_done(scorer.detector.id)
    chosen, rest = _choose([i for i in ids if i in done], seed)
    records = project.images.some(chosen)
    decided = project.images.latest_decided(_MOST_KNOWN)
    vectors = vectors_of(project, [*records, *decided])
    known = [vectors[i.id] for i in decided if i.id in vectors]
    look = UncertaintyScorer(
        scorer, before, vectors, confident_errors(project, scorer), load_tag_head(project)
    )
    doubts: list[ImageUncertainty] = []
    queues: dict[int, QueueReason] = {}
    for number, image in enumerate(records):
        if number % 16 == 0:
            progress.check_cancelled()
        seen, queues[image.id] = look.at(project, image)
        doubts.append(seen)
    if before is None:  # the head is the one of the last ranking: what it sees otherwise is as it was
        for image_id in project.queue.in_queue(QueueReason.CHANGED) & queues.keys():
            queues[image_id] |= QueueReason.CHANGED
    pool = Pool(doubts, np.stack(known) if known else np.zeros((0, 0), np.float32), seed)
    for image_id in _unlike(pool):
        queues[image_id] |= QueueReason.UNLIKE
    said = [_with_queues(item, queues[item.image_id]) for item in strategy_named(how.strategy).rank(pool)]
    order = [*_merged(said, rest, project.queue.scores()), *(i for i in ids if i not in done)]
    return _Looked(said, order, groups_of(project, [*decided, *records], vectors))


def _merged(said: Sequence[Ranked], rest: Sequence[int], scores: Mapping[int, float]) -> list[int]:
    """The pictures that were looked at and the rest in one order by score; neither order changes in
    itself."""
    fresh = np.minimum.accumulate([item.score for item in said]) if said else np.zeros(0)
    old = np.zeros(len(rest))
    if scores and rest:
        places = {image_id: n for n, image_id in enumerate(rest)}
        for image_id in places.keys() & scores.keys():
            old[places[image_id]] = scores[image_id]
    every = np.array([*(item.image_id for item in said), *rest], np.int64)
    return every[np.argsort(-np.concatenate([fresh, old]), kind="stable")].tolist()


def _choose(ids: list[int], seed: int) -> tuple[list[int], list[int]]:
    """The pictures that are looked at, and the others."""
    if len(ids) <= MOST_RANKED:
        return ids, []
    front, rest = ids[: MOST_RANKED // 2], ids[MOST_RANKED // 2 :]
    drawn = set(random.Random(seed + len(ids)).sample(range(len(rest)), MOST_RANKED - len(front)))  # noqa: S311
    return [*front, *(rest[i] for i in sorted(drawn))], [
        item for i, item in enumerate(rest) if i not in drawn
    ]


def _with_queues(item: Ranked, queues: QueueReason) -> Ranked:
    """The rarer reason is the one that is said."""
    said = next((why for why in (QueueReason.LOOK_ALIKE, QueueReason.UNLIKE) if why & queues), None)
    return replace(
        item, queues=queues, reason=REASON_OF[said] if said and item.reason == Reason.SURE else item.reason
    )


def _unlike(pool: Pool) -> list[int]:
    known = [image for image in pool.images if image.vector is not None]
    if not known:
        return []
    far = unlike(np.stack([image.vector for image in known if image.vector is not None]), pool.known)
    return [image.image_id for image, is_far in zip(known, far.tolist(), strict=True) if is_far]
