"""Query strategies: which image to ask about next, and why. One function each, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.predictions import Vector
from hitl_desktop.domain.queues import QueueReason, Reason, random_order
from hitl_desktop.domain.review import SECONDS_PER_IMAGE, SECONDS_TO_VERIFY, Ranked
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.acquisition import (
    ACQUISITION_FUNCTIONS,
    DEFAULT_ACQUISITION,
    Probabilities,
    Scores,
    least_confidence,
)
from hitl_desktop.learning.diversity import Floats, k_centre, spread
from hitl_desktop.learning.typiclust import typiclust
from hitl_desktop.translation import tr

_SURE_BELOW = 0.2
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class ImageUncertainty:
    """What is proposed on one image.

    `probabilities` [N, K + 1] are the chances of each name for each proposal, the last one that of "no
    object"; `disagrees` is for each whether the detector, of a name that the head was trained on too, would
    have said otherwise; `tag_doubt` is that of the most doubtful tag, 0..1; `vector` [D] is the image's,
    where it is known.
    """

    image_id: int
    probabilities: NDArray[np.floating]
    disagrees: NDArray[np.bool_]
    tag_doubt: float = 0.0
    vector: Vector | None = None

    @property
    def likely(self) -> NDArray[np.floating]:
        """The chance [N] of each proposal to be an object."""
        return 1.0 - self.probabilities[:, -1]


@dataclass(frozen=True, slots=True)
class Pool:
    """The images to be ranked, and the vectors [M, D] of those that were decided."""

    images: Sequence[ImageUncertainty]
    known: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Strategy:
    """A query strategy: its title, and `rank`, the images of a pool, best first.

    It may need the images' vectors; `works_before_training` where it needs no head.
    """

    title: str
    rank: Callable[[Pool], list[Ranked]]
    needs_vectors: bool = False
    works_before_training: bool = False


def by_uncertainty(acquire: Callable[[Probabilities], Scores], pool: Pool) -> list[Ranked]:
    """Doubts a second, most first.

    Doubts of an image add up, each as far as there is an object at all: at first every box of background is
    doubtful, and images with a heap of those came first. On cards at 20 images AP50 is .68 with this, .59
    without, and .63 with random images (four, three and three seeds). The cost is 3 s to take an image in
    and 1.6 s to verify each likely object.
    """
    return _best_first(
        _scored(i, acquire(i.probabilities) if len(i.probabilities) else np.zeros(0)) for i in pool.images
    )


def corrections(pool: Pool) -> list[Ranked]:
    """Expected corrections a second, and of the best ones first those that differ (PPAL, arXiv
    2211.11612)."""
    ranked = by_uncertainty(_corrections, pool)
    by_id = {image.image_id: image for image in pool.images}
    known = [item for item in ranked if by_id[item.image_id].vector is not None]
    if len(known) < _AT_ONCE:
        return ranked
    vectors = np.stack([_vector(by_id[item.image_id]) for item in known])
    order = [known[row] for row in spread(range(len(known)), vectors, _AT_ONCE, seed=pool.seed)]
    return [*order, *(item for item in ranked if by_id[item.image_id].vector is None)]


def _corrections(proba: Probabilities) -> Scores:
    """The chance [N] that what is shown of a box is wrong: its name if it is probably an object, else its
    absence."""
    objects = proba[:, -1] < 0.5
    return np.where(objects, least_confidence(proba), 1.0)


def disagreement(pool: Pool) -> list[Ranked]:
    """Boxes on which detector and trained model disagree, most first; the others by their doubts."""
    doubts = {
        item.image_id: item for item in by_uncertainty(ACQUISITION_FUNCTIONS[DEFAULT_ACQUISITION], pool)
    }
    return _best_first(
        Ranked(
            i.image_id, float((i.disagrees * i.likely).sum()) + doubts[i.image_id].score, Reason.DISAGREEMENT
        )
        if i.disagrees.any()
        else doubts[i.image_id]
        for i in pool.images
    )


def far_first(pool: Pool) -> list[Ranked]:
    """Images unlike all that is done first, whatever is proposed on them."""
    return _by_vectors(pool, lambda vectors: k_centre(vectors, pool.known), Reason.FAR)


def typical(pool: Pool) -> list[Ranked]:
    """Typical images, each of another kind (TypiClust), to the end."""

    def order(vectors: Floats) -> list[int]:
        chosen = typiclust(vectors, pool.known, seed=pool.seed)
        taken = set(chosen)
        return [*chosen, *(row for row in range(len(vectors)) if row not in taken)]

    return _by_vectors(pool, order, Reason.TYPICAL)


def crowded(pool: Pool) -> list[Ranked]:
    """Images with the most likely objects first: each teaches much, and takes long."""
    return _best_first(Ranked(i.image_id, float(i.likely.sum()), Reason.UNCERTAIN) for i in pool.images)


def at_random(pool: Pool) -> list[Ranked]:
    """Any image: what the others are compared with."""
    drawn = random_order([image.image_id for image in pool.images], pool.seed)
    return [Ranked(image_id, 0.0, Reason.RANDOM) for image_id in drawn]


RANDOM: Final = "random"
DEFAULT_STRATEGY: Final = DEFAULT_ACQUISITION
STRATEGIES: Final[Mapping[str, Strategy]] = MappingProxyType(
    {
        "margin": Strategy(tr("smallest margin"), partial(by_uncertainty, ACQUISITION_FUNCTIONS["margin"])),
        "entropy": Strategy(tr("highest entropy"), partial(by_uncertainty, ACQUISITION_FUNCTIONS["entropy"])),
        "least_confidence": Strategy(
            tr("least sure of the best name"), partial(by_uncertainty, least_confidence)
        ),
        "corrections": Strategy(
            tr("most corrections a second, of different kinds"), corrections, needs_vectors=True
        ),
        "disagreement": Strategy(tr("detector and trained model disagree"), disagreement),
        "k_centre": Strategy(
            tr("furthest from what is done"), far_first, needs_vectors=True, works_before_training=True
        ),
        "typical": Strategy(
            tr("typical of its kind"), typical, needs_vectors=True, works_before_training=True
        ),
        "crowded": Strategy(tr("most objects first"), crowded),
        RANDOM: Strategy(tr("at random"), at_random, works_before_training=True),
    }
)


def strategy_named(name: str) -> Strategy:
    """A strategy by name.

    Raises:
        HitlError: there is no such strategy.
    """
    if name not in STRATEGIES:
        raise HitlError(
            tr("There is no query strategy called {name}.", name=name),
            hint=tr("Known ones: {strategies}.", strategies=", ".join(STRATEGIES)),
        )
    return STRATEGIES[name]


def queues_of(image: ImageUncertainty) -> QueueReason:
    """The queues an image belongs to for what is proposed on it."""
    if len(image.probabilities) == 0:
        return QueueReason.POSSIBLE_MISS | (
            QueueReason.UNCERTAIN if image.tag_doubt > 0.5 else QueueReason.NOTHING
        )
    doubts = ACQUISITION_FUNCTIONS[DEFAULT_ACQUISITION](image.probabilities) * image.likely
    queues = QueueReason.NOTHING
    if image.likely.max() <= 0.5:
        queues |= QueueReason.POSSIBLE_MISS
    if doubts.max() >= _SURE_BELOW or image.tag_doubt > 0.5:
        queues |= QueueReason.UNCERTAIN
    if image.disagrees.any():
        queues |= QueueReason.DISAGREEMENT
    return queues


def _best_first(ranked: Iterable[Ranked]) -> list[Ranked]:
    return sorted(ranked, key=lambda item: (-item.score, item.image_id))


def _by_vectors(pool: Pool, order: Callable[[Floats], list[int]], reason: Reason) -> list[Ranked]:
    known = [image for image in pool.images if image.vector is not None]
    if not known:
        return at_random(pool)
    rows = order(np.stack([_vector(image) for image in known]))
    unknown = [image.image_id for image in pool.images if image.vector is None]
    return [Ranked(i, 0.0, reason) for i in (*(known[row].image_id for row in rows), *unknown)]


def _vector(image: ImageUncertainty) -> Vector:
    assert image.vector is not None  # noqa: S101 - the caller looked
    return image.vector


def _scored(image: ImageUncertainty, doubts: Scores) -> Ranked:
    if len(doubts) == 0:
        reason = Reason.UNSURE_TAG if image.tag_doubt > 0.5 else Reason.POSSIBLE_MISS
        return Ranked(image.image_id, round(max(0.5, image.tag_doubt) / SECONDS_PER_IMAGE, 6), reason)
    likely = image.likely
    seconds = SECONDS_PER_IMAGE + SECONDS_TO_VERIFY * float(likely.sum())
    score = (float((doubts * likely).sum()) + image.tag_doubt) / seconds
    is_the_tag = image.tag_doubt > max(0.5, float(doubts.max()))
    return Ranked(
        image.image_id, round(score, 6), Reason.UNSURE_TAG if is_the_tag else _reason(image, doubts * likely)
    )


def _reason(image: ImageUncertainty, doubts: Scores) -> Reason:
    """The reason that the most doubtful proposal gives."""
    if doubts.max() < _SURE_BELOW:
        return Reason.SURE if image.probabilities[:, -1].min() < 0.5 else Reason.POSSIBLE_MISS
    worst = int(np.argmax(doubts))
    if image.disagrees[worst]:
        return Reason.DISAGREEMENT
    row = image.probabilities[worst]
    second = np.argsort(row)[-2:]
    return Reason.MAYBE_NOTHING if len(row) - 1 in second else Reason.TWO_CATEGORIES
