"""Query strategies, the queues they are mixed from, and images that differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.queues import MIXABLE, QueueReason, Reason, mix
from hitl_desktop.errors import HitlError
from hitl_desktop.learning.diversity import k_centre, spread, unlike
from hitl_desktop.learning.strategies import (
    STRATEGIES,
    ImageUncertainty,
    Pool,
    queues_of,
    strategy_named,
)
from hitl_desktop.learning.typiclust import typiclust


def doubts(
    image_id: int, *rows: list[float], disagrees: bool = False, vector: list[float] | None = None
) -> ImageUncertainty:
    place = np.array(vector, np.float32) if vector is not None else None
    return ImageUncertainty(
        image_id, np.array(rows).reshape(len(rows), -1), np.full(len(rows), disagrees), 0.0, place
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("with_vectors", [True, False])
def test_every_strategy_orders_all_images_and_repeats_itself(strategy: str, with_vectors: bool) -> None:
    rng = np.random.default_rng(0)
    images = [
        doubts(
            n,
            [0.05 * n, 1 - 0.05 * n],
            vector=rng.normal(size=4).tolist() if with_vectors and n != 3 else None,
        )
        for n in range(1, 16)
    ]
    pool = Pool(images, rng.normal(size=(3, 4)).astype(np.float32), seed=3)
    assert STRATEGIES[strategy].title
    first = STRATEGIES[strategy].rank(pool)
    assert sorted(r.image_id for r in first) == list(range(1, 16))
    assert first == STRATEGIES[strategy].rank(pool)
    assert all(r.reason for r in first)
    assert STRATEGIES[strategy].rank(Pool([])) == []


def test_doubtful_images_come_first_with_their_reasons() -> None:
    images = [
        doubts(1, [0.97, 0.01, 0.02]),
        doubts(2, [0.5, 0.48, 0.02]),
        doubts(3, [0.5, 0.0, 0.5]),
        ImageUncertainty(4, np.zeros((0, 3)), np.zeros(0, bool)),
        doubts(5, [0.6, 0.4, 0.0], disagrees=True),
        doubts(6, [0.02, 0.01, 0.97]),
    ]
    ranked = STRATEGIES["margin"].rank(Pool(images))
    assert {r.image_id: r.reason for r in ranked} == {
        1: Reason.SURE,
        2: Reason.TWO_CATEGORIES,
        3: Reason.MAYBE_NOTHING,
        4: Reason.POSSIBLE_MISS,
        5: Reason.DISAGREEMENT,
        6: Reason.POSSIBLE_MISS,
    }
    assert {r.image_id for r in ranked[:2]} == {2, 5}  # what is perhaps background is worth less of a look
    assert ranked[-1].image_id in {1, 6}
    assert [queues_of(image) for image in images] == [
        QueueReason.NOTHING,
        QueueReason.UNCERTAIN,
        QueueReason.UNCERTAIN | QueueReason.POSSIBLE_MISS,
        QueueReason.POSSIBLE_MISS,
        QueueReason.UNCERTAIN | QueueReason.DISAGREEMENT,
        QueueReason.POSSIBLE_MISS,
    ]
    assert STRATEGIES["disagreement"].rank(Pool(images))[0].image_id == 5


def test_an_unknown_strategy_says_which_there_are() -> None:
    with pytest.raises(HitlError, match="called magic") as raised:
        strategy_named("magic")
    assert "margin" in raised.value.hint


def test_what_is_wrong_is_worth_more_than_what_is_unsure() -> None:
    unsure = doubts(1, [0.6, 0.4, 0.0])
    missed = doubts(2, [0.45, 0.0, 0.55])  # not shown, and nearly as likely to be there as not
    assert [r.image_id for r in STRATEGIES["corrections"].rank(Pool([unsure, missed]))] == [2, 1]


def test_k_centre_goes_where_nobody_was() -> None:
    corners = np.array([[1, 0], [0.99, 0.1], [-1, 0], [0, 1]], np.float32)
    assert k_centre(corners, corners[:1])[0] == 2
    assert set(k_centre(corners, corners[:1])[:2]) == {2, 3}
    assert sorted(k_centre(corners, corners[:0])) == [0, 1, 2, 3]
    assert k_centre(corners[:0], corners) == []


def test_the_first_of_a_spread_are_of_different_kinds() -> None:
    rng = np.random.default_rng(1)
    kinds = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0) + rng.normal(0, 0.01, (40, 4)).astype(
        np.float32
    )
    order = spread(range(40), kinds, 4)
    assert sorted(order) == list(range(40))
    assert len({row // 10 for row in spread(range(0, 40, 2), kinds, 4)[:4]}) == 4
    assert spread([0, 1], np.ones((2, 4), np.float32), 2) == [0, 1]  # equal ones cannot be told apart


def test_the_first_images_are_one_of_each_kind_that_nobody_looked_at() -> None:
    rng = np.random.default_rng(1)
    kinds = np.repeat(np.eye(5, dtype=np.float32) * 9, 12, axis=0) + rng.normal(0, 0.1, (60, 5)).astype(
        np.float32
    )
    first = typiclust(kinds, kinds[:0], wanted=5)
    assert sorted(row // 12 for row in first) == [0, 1, 2, 3, 4]
    assert typiclust(kinds, kinds[:0], wanted=5) == first  # the same whenever it is asked
    assert {row // 12 for row in typiclust(kinds, kinds[[0, 12]], wanted=3)} == {2, 3, 4}
    assert typiclust(np.ones((4, 5), np.float32), kinds[:0], wanted=3) == [0, 1, 2]  # all alike
    assert typiclust(kinds[:0], kinds[:3]) == []


def test_the_typical_one_lies_in_the_densest_place() -> None:
    place = np.array([[9, 0, 0], [0, 9, 0]], np.float32)
    rng = np.random.default_rng(0)
    dense = place[0] + rng.normal(0, 0.05, (20, 3)).astype(np.float32)
    stray = place[0] + np.array([[0, 0, 3]], np.float32)
    other = place[1] + rng.normal(0, 0.05, (5, 3)).astype(np.float32)
    images = np.concatenate([stray, dense, other])
    assert 0 not in typiclust(images, images[:0], wanted=2)


def test_an_image_far_from_all_that_is_known_is_unlike() -> None:
    rng = np.random.default_rng(0)
    known = np.concatenate([rng.normal((5, 0, 0), 0.5, (30, 3)), rng.normal((0, 5, 0), 0.5, (30, 3))])
    new = np.array([[5, 0, 0], [0, 0, 9]])
    assert unlike(new.astype(np.float32), known.astype(np.float32)).tolist() == [False, True]
    assert not unlike(new.astype(np.float32), known[:5].astype(np.float32)).any()  # too few to say


IDS = st.lists(st.integers(1, 40), unique=True)


@given(
    IDS,
    st.dictionaries(st.sampled_from(MIXABLE), IDS, max_size=3),
    st.dictionaries(st.sampled_from(MIXABLE), st.integers(0, 33), max_size=3),
)
def test_a_mix_has_each_image_once_and_keeps_the_order_of_each_queue(
    rest: list[int], queues: dict[QueueReason, list[int]], shares: dict[QueueReason, int]
) -> None:
    mixed = mix(rest, queues, shares)
    ids = [image_id for image_id, _ in mixed]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(rest).union(*(queues[why] for why in queues if shares.get(why)))
    for why, source in {**queues, QueueReason.NOTHING: rest}.items():
        places = [source.index(image_id) for image_id, of in mixed if of is why]
        assert places == sorted(places)


def test_shares_hold_when_the_order_is_made_anew_after_each_image() -> None:
    waiting = {
        QueueReason.RANDOM: list(range(1000, 1200)),
        QueueReason.UNLIKE: list(range(2000, 2200)),
        QueueReason.NOTHING: list(range(200)),
    }
    asked: list[QueueReason] = []
    for turn in range(200):
        named = {why: waiting[why] for why in (QueueReason.RANDOM, QueueReason.UNLIKE)}
        image_id, why = mix(
            waiting[QueueReason.NOTHING],
            named,
            {QueueReason.RANDOM: 20, QueueReason.UNLIKE: 10},
            most=9,
            after=turn,
        )[0]
        waiting[why].remove(image_id)
        asked.append(why)
    for end in range(1, 201):
        assert abs(asked[:end].count(QueueReason.RANDOM) - 0.2 * end) <= 1
        assert abs(asked[:end].count(QueueReason.UNLIKE) - 0.1 * end) <= 1


def test_shares_hold_in_every_stretch() -> None:
    queues = {QueueReason.RANDOM: list(range(1000, 2000)), QueueReason.UNLIKE: list(range(2000, 3000))}
    mixed = [why for _, why in mix(range(1000), queues, {QueueReason.RANDOM: 20, QueueReason.UNLIKE: 10})][
        :500
    ]
    for end in range(1, 500):
        assert abs(mixed[:end].count(QueueReason.RANDOM) - 0.2 * end) <= 1
        assert abs(mixed[:end].count(QueueReason.UNLIKE) - 0.1 * end) <= 1
    follows = mix(range(9), {QueueReason.RANDOM: [1000]}, {QueueReason.RANDOM: 20}, after=3)
    assert [image_id for image_id, _ in follows][:2] == [1000, 0]
    assert [why for _, why in mix([1, 2], {QueueReason.RANDOM: [3, 4]}, {QueueReason.RANDOM: 100})] == [
        QueueReason.RANDOM
    ] * 2 + [QueueReason.NOTHING] * 2


def test_crowded_images_come_first() -> None:
    one, three = doubts(1, [0.9, 0.1]), doubts(2, [0.5, 0.5], [0.6, 0.4], [0.1, 0.9])
    ranked = STRATEGIES["crowded"].rank(Pool([one, three]))
    assert [(r.image_id, round(r.score, 6)) for r in ranked] == [(2, 1.2), (1, 0.9)]
