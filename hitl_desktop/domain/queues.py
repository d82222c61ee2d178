"""Why an image is asked about: each reason is a queue of its own, and they are mixed by shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from enum import IntFlag, StrEnum
from itertools import takewhile
from types import MappingProxyType
from typing import Final

import numpy as np


class QueueReason(IntFlag):
    """Reasons to ask about an image; it may have several."""

    NOTHING = 0
    UNCERTAIN = 1
    DISAGREEMENT = 2
    POSSIBLE_MISS = 4
    UNLIKE = 8
    LOOK_ALIKE = 16
    EXPECTED = 32
    CHANGED = 64
    RANDOM = 128
    UNSEEN = 512
    EDGE = 1024
    SUSPECTED = 2048
    AGAIN = 4096


class Reason(StrEnum):
    """Why an image is asked about, as it is stored: finer than its queues, and only one."""

    UNCERTAIN = "uncertain"
    TWO_CATEGORIES = "two_categories"
    MAYBE_NOTHING = "maybe_nothing"
    UNSURE_TAG = "unsure_tag"
    DISAGREEMENT = "disagreement"
    POSSIBLE_MISS = "possible_miss"
    UNLIKE = "unlike"
    LOOK_ALIKE = "look_alike"
    EXPECTED = "expected_category"
    CHANGED = "changed"
    RANDOM = "random"
    TYPICAL = "typical"
    FAR = "far"
    SURE = "sure"
    UNSEEN = "unseen"
    EDGE = "edge_case"
    SUSPECTED = "label_issue"
    AGAIN = "relabel"
    PROMOTED = "promoted_verdicts"


REASON_OF: Final[Mapping[QueueReason, Reason]] = MappingProxyType(
    {why: Reason[why.name] for why in QueueReason if why.name}
)
"""The reason of an image that is asked about because it is in this queue."""
MIXABLE: Final = (
    QueueReason.RANDOM,
    QueueReason.UNCERTAIN,
    QueueReason.DISAGREEMENT,
    QueueReason.POSSIBLE_MISS,
    QueueReason.UNLIKE,
    QueueReason.LOOK_ALIKE,
    QueueReason.CHANGED,
    QueueReason.EDGE,
    QueueReason.SUSPECTED,
    QueueReason.AGAIN,
)
"""Queues that may have a share of the next images; those expected to hold a new category always come
first."""
OF_DECIDED: Final = QueueReason.SUSPECTED | QueueReason.AGAIN
"""These hold decided images, which are shown once more."""
DEFAULT_SHARES: Final[Mapping[QueueReason, int]] = MappingProxyType({QueueReason.RANDOM: 20})
"""One image in five is drawn at random, which keeps estimates honest and costs little."""


def mix(
    rest: Sequence[int],
    queues: Mapping[QueueReason, Sequence[int]],
    shares: Mapping[QueueReason, int],
    *,
    most: int | None = None,
    after: int = 0,
) -> list[tuple[int, QueueReason]]:
    """One order from several: of each hundred images `shares` from these queues, all others from `rest`.

    An image comes once, from the queue that reaches it first (no reason: from `rest`). A queue that has no
    more images leaves its turns to the others. At each place the queue that is furthest behind its share
    has its turn (stride scheduling, Waldspurger and Weihl 1995). At `most` so many images are wanted. So
    many turns were taken `after` which this order follows: anew after each image, it would never come to a
    turn further behind.
    """
    named = {why: share for why, share in shares.items() if share > 0 and queues.get(why)}
    strides = {why: 100 / share for why, share in named.items()}
    left = 100 - sum(named.values())
    sources: dict[QueueReason, Iterable[int]] = {why: queues[why] for why in named}
    # what is left for `rest` may be nothing, but then it follows when the others have ended
    strides[QueueReason.NOTHING], sources[QueueReason.NOTHING] = (
        100 / left if left > 0 else float("inf"),
        rest,
    )
    due = dict(strides)

    def next_turn() -> QueueReason:
        why = min(due, key=lambda w: (due[w], -w))
        due[why] += strides[why]
        return why

    for _ in range(after % 100):  # of a hundred turns each queue has its share, so that they repeat
        next_turn()
    turns = {why: iter(source) for why, source in sources.items()}
    seen: set[int] = set()
    order: list[tuple[int, QueueReason]] = []
    while due and (most is None or len(order) < most):
        why = next_turn()
        image_id = next((i for i in turns[why] if i not in seen), None)
        if image_id is None:
            del due[why]
            continue
        seen.add(image_id)
        order.append((image_id, why))
    return order


def random_order(ids: Sequence[int], seed: int = 0) -> list[int]:
    """A random order that is always the same, so that its first images are a random sample whatever else is
    done.

    By a hash of the id (SplitMix64, Steele et al. 2014), of a hundred thousand in ten milliseconds.
    """
    known = np.array(ids, np.uint64)
    mixed = (known + np.uint64(seed * 0xD1B54A32D192ED03 % 2**64)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return known[np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")].astype(np.int64).tolist()


def sample_so_far(ids: Sequence[int], done: Set[int], seed: int = 0) -> list[int]:
    """The images of that order before the first that is not done: a random sample, whoever asked about
    them.

    Only those asked about *because* they were drawn are none: what a strategy likes is missing there.
    """
    return list(takewhile(done.__contains__, random_order(ids, seed)))
