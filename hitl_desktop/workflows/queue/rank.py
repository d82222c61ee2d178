"""Put the undecided images in the order of asking."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence, Set
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
from hitl_desktop.workflows.detection.embeddings import embed_whole_images, vectors_of
from hitl_desktop.workflows.images.edge_cases import edge_case_ids
from hitl_desktop.workflows.images.near_duplicates import groups_of, one_of_each
from hitl_desktop.workflows.prediction.scoring import Scorer
from hitl_desktop.workflows.prediction.tags import load_tag_head
from hitl_desktop.workflows.queue.policy import QueuePolicy, policy_of
from hitl_desktop.workflows.queue.relabelling import due
from hitl_desktop.workflows.queue.uncertainty import UncertaintyScorer, confident_errors

_KNOWS_FROM = 5
"""So many images must be decided, and a head trained, for doubts to mean anything; until then chance
asks."""
_MOST_KNOWN = 500
MOST_RANKED = 2000
"""How many images one ranking looks at; of a larger project the front of the old order and a random
part."""
_MOST_MIXED = MOST_RANKED
"""So many images in front are mixed: before they are through, the next ranking has come."""


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
    not given. Images without predictions keep their place behind the others.
    """
    how = how or policy_of(project)
    if scorer is not None and strategy_named(how.strategy).needs_vectors:
        embed_whole_images(
            project, project.images.some(project.queue.ids()[:MOST_RANKED]), progress, threads=1
        )
    how = _usable_policy(project, scorer, how)
    with project.db.snapshot():
        turns = project.queue.turns()
        ids = project.queue.ids()
        scored = _score(project, scorer, before, ids, how, progress, seed) if scorer else _Scored([], ids, {})
        reopened = project.queue.reopened_for_new_category()
        edge_cases = edge_case_ids(project)
        again = _decided_in_queues(project, how)
    ranked = {item.image_id: item for item in scored.ranked}
    for image_id in reopened:
        _add_reason(ranked, image_id, QueueReason.EXPECTED)
    first = set(reopened)
    rest = [i for i in scored.order if i not in first]
    queues = _queues(how.shares, rest, ranked, edge_cases, again, seed)
    front = mix(rest, queues, how.shares, most=_MOST_MIXED, after=turns)
    for image_id, why in front:
        if why and image_id not in again:
            _add_reason(ranked, image_id, why)
    mixed = dict.fromkeys(image_id for image_id, _ in front)
    order = [*reopened, *mixed, *(i for i in rest if i not in mixed)]
    return Ranking(one_of_each(order, scored.groups, again), list(ranked.values()), scored.groups, again)


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


def _usable_policy(project: Project, scorer: Scorer | None, how: QueuePolicy) -> QueuePolicy:
    """The policy; while uncertainty means nothing yet, with a random order in the place of a strategy that
    needs it."""
    is_trained = scorer is not None and scorer.head is not None
    if strategy_named(how.strategy).works_before_training or (
        is_trained and project.images.count(ImageState.DECIDED) >= _KNOWS_FROM
    ):
        return how
    return replace(how, shares=_drawn(how.shares))


def _decided_in_queues(project: Project, how: QueuePolicy) -> dict[int, QueueReason]:
    """The decided images that come up again, and why."""
    again = dict.fromkeys(due(project), QueueReason.AGAIN)
    if how.shares.get(QueueReason.SUSPECTED):
        again |= dict.fromkeys((s.image_id for s in above_threshold(project)), QueueReason.SUSPECTED)
    return again


def _add_reason(ranked: dict[int, Ranked], image_id: int, why: QueueReason) -> None:
    """Put an image into one more queue, whose reason is the one that is shown."""
    item = ranked.get(image_id, Ranked(image_id, 0.0, ""))
    ranked[image_id] = replace(item, reason=REASON_OF[why], queues=item.queues | why)


def _queues(
    shares: Mapping[QueueReason, int],
    order: Sequence[int],
    ranked: Mapping[int, Ranked],
    edge_cases: Set[int],
    again: Mapping[int, QueueReason],
    seed: int,
) -> dict[QueueReason, list[int]]:
    """The images of each queue, in the order in which they come up."""
    queues = {why: [i for i in order if i in ranked and ranked[i].queues & why] for why in shares}
    if QueueReason.RANDOM in queues:
        queues[QueueReason.RANDOM] = random_order(order, seed)
    queues[QueueReason.EDGE] = [i for i in order if i in edge_cases]
    for why in OF_DECIDED:
        queues[why] = [i for i in again if again[i] is why]
    return queues


def _drawn(shares: Mapping[QueueReason, int]) -> dict[QueueReason, int]:
    """The shares of queues that no doubt fills; all others are drawn at random."""
    sure = {why: share for why, share in shares.items() if why & (OF_DECIDED | QueueReason.EDGE)}
    return {**sure, QueueReason.RANDOM: 100 - sum(sure.values())}


@dataclass(frozen=True, slots=True)
class _Scored:
    """Images with their scores and reasons, the order of all by the strategy, and groups of
    near-duplicates."""

    ranked: list[Ranked]
    order: list[int]
    groups: dict[int, str]


def _score(
    project: Project,
    scorer: Scorer,
    before: Scorer | None,
    ids: Sequence[int],
    how: QueuePolicy,
    progress: Progress,
    seed: int,
) -> _Scored:
    done = project.predictions.images_done(scorer.detector.id)
    chosen, rest = _choose([i for i in ids if i in done], seed)
    records = project.images.some(chosen)
    decided = project.images.latest_decided(_MOST_KNOWN)
    vectors = vectors_of(project, [*records, *decided])
    known = [vectors[i.id] for i in decided if i.id in vectors]
    uncertainty_scorer = UncertaintyScorer(
        scorer, before, vectors, confident_errors(project, scorer), load_tag_head(project)
    )
    doubts: list[ImageUncertainty] = []
    queues: dict[int, QueueReason] = {}
    for number, image in enumerate(records):
        if number % 16 == 0:
            progress.check_cancelled()
        seen, queues[image.id] = uncertainty_scorer.at(project, image)
        doubts.append(seen)
    if before is None:  # the head is the one of the last ranking: what it sees otherwise is as it was
        for image_id in project.queue.in_queue(QueueReason.CHANGED) & queues.keys():
            queues[image_id] |= QueueReason.CHANGED
    pool = Pool(doubts, np.stack(known) if known else np.zeros((0, 0), np.float32), seed)
    for image_id in _unlike(pool):
        queues[image_id] |= QueueReason.UNLIKE
    ranked = [_with_queues(item, queues[item.image_id]) for item in strategy_named(how.strategy).rank(pool)]
    order = [*_merged(ranked, rest, project.queue.scores()), *(i for i in ids if i not in done)]
    return _Scored(ranked, order, groups_of(project, [*decided, *records], vectors))


def _merged(ranked: Sequence[Ranked], rest: Sequence[int], scores: Mapping[int, float]) -> list[int]:
    """The images that were scored and the rest in one order by score; neither order changes in itself."""
    fresh = np.minimum.accumulate([item.score for item in ranked]) if ranked else np.zeros(0)
    old = np.zeros(len(rest))
    if scores and rest:
        places = {image_id: n for n, image_id in enumerate(rest)}
        for image_id in places.keys() & scores.keys():
            old[places[image_id]] = scores[image_id]
    every = np.array([*(item.image_id for item in ranked), *rest], np.int64)
    return every[np.argsort(-np.concatenate([fresh, old]), kind="stable")].tolist()


def _choose(ids: list[int], seed: int) -> tuple[list[int], list[int]]:
    """The images that are ranked, and the others."""
    if len(ids) <= MOST_RANKED:
        return ids, []
    front, rest = ids[: MOST_RANKED // 2], ids[MOST_RANKED // 2 :]
    drawn = set(random.Random(seed + len(ids)).sample(range(len(rest)), MOST_RANKED - len(front)))  # noqa: S311
    return [*front, *(rest[i] for i in sorted(drawn))], [
        item for i, item in enumerate(rest) if i not in drawn
    ]


def _with_queues(item: Ranked, queues: QueueReason) -> Ranked:
    """The rarer reason is the one that is shown."""
    reason = next((why for why in (QueueReason.LOOK_ALIKE, QueueReason.UNLIKE) if why & queues), None)
    return replace(
        item,
        queues=queues,
        reason=REASON_OF[reason] if reason and item.reason == Reason.SURE else item.reason,
    )


def _unlike(pool: Pool) -> list[int]:
    known = [image for image in pool.images if image.vector is not None]
    if not known:
        return []
    far = unlike(np.stack([image.vector for image in known if image.vector is not None]), pool.known)
    return [image.image_id for image, is_far in zip(known, far.tolist(), strict=True) if is_far]
