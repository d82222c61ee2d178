"""What a random sample of images proves about all of them: exact bounds, and how many are needed for a
claim.

Of n images drawn at random, `wrong` have at least one error. Without an end of images the bound is
Clopper and Pearson's (1934), from the Beta distribution; of N images it is that of the hypergeometric one,
which is closer. Boxes of one image are not independent of each other, so images are counted.
"""

from __future__ import annotations

import numpy as np

CONFIDENCE = 0.95
_ROUNDING = 1e-9
"""Chances of just 1 in 20 come out a little above or below."""


def upper_bound(wrong: int, seen: int, *, of: int | None = None, confidence: float = CONFIDENCE) -> float:
    """The share of wrong images is at most this, as surely as `confidence`; 1 when none was examined.

    Raises:
        ValueError: more are wrong than were seen, or more were seen than there are.
    """
    from scipy import special, stats  # noqa: PLC0415 - heavy: only a report needs it

    _check(wrong, seen, of)
    if seen == 0:
        return 1.0
    if of is None:
        return float(special.betaincinv(wrong + 1, seen - wrong, confidence)) if wrong < seen else 1.0
    candidates = np.arange(wrong, of - seen + wrong + 1)  # how many of all may be wrong
    possible = stats.hypergeom.cdf(wrong, of, candidates, seen) > 1.0 - confidence + _ROUNDING
    return float(candidates[possible].max() / of)


def lower_bound(wrong: int, seen: int, *, of: int | None = None, confidence: float = CONFIDENCE) -> float:
    """A lower bound of the share of wrong images: one minus the upper bound of the share of right ones."""
    return round(1.0 - upper_bound(seen - wrong, seen, of=of, confidence=confidence), 12)


def interval(
    wrong: int, seen: int, *, of: int | None = None, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Between these two the share of wrong images lies, as surely as `confidence`."""
    each = 1.0 - (1.0 - confidence) / 2
    return lower_bound(wrong, seen, of=of, confidence=each), upper_bound(wrong, seen, of=of, confidence=each)


def sample_size(
    claim: float, *, of: int | None = None, expected_wrong: int = 0, confidence: float = CONFIDENCE
) -> int | None:
    """How many images must be examined for the claim that no more than this share is wrong; None if all do
    not do.

    The claim holds when no more than `expected_wrong` of them turn out to be wrong.

    Raises:
        ValueError: the claim is no share between 0 and 1.
    """
    if not 0.0 < claim < 1.0:
        raise ValueError(f"{claim} is no share")
    low, high = expected_wrong + 1, of if of is not None else 1
    if of is None:
        while upper_bound(expected_wrong, max(high, low), confidence=confidence) > claim:
            high *= 2
    elif of < low or upper_bound(expected_wrong, of, of=of, confidence=confidence) > claim:
        return None
    while low < high:
        middle = (low + high) // 2
        if upper_bound(expected_wrong, middle, of=of, confidence=confidence) <= claim:
            high = middle
        else:
            low = middle + 1
    return low


def _check(wrong: int, seen: int, of: int | None) -> None:
    if not 0 <= wrong <= seen or (of is not None and seen > of):
        raise ValueError(f"{wrong} wrong of {seen} seen of {of}")
