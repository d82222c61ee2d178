"""Bounds from random samples: SciPy's quantiles, known numbers, and coverage on simulated projects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hitl_desktop.learning.sampling_bounds import interval, lower_bound, sample_size, upper_bound


@given(st.integers(1, 400), st.data())
def test_bounds_without_an_end_are_quantiles_of_beta(seen: int, data: st.DataObject) -> None:
    wrong = data.draw(st.integers(0, seen))
    expected = stats.beta.ppf(0.95, wrong + 1, seen - wrong) if wrong < seen else 1.0
    assert upper_bound(wrong, seen) == pytest.approx(expected, abs=1e-9)
    low, high = interval(wrong, seen)
    test = stats.binomtest(wrong, seen).proportion_ci(0.95, "exact")
    assert (low, high) == pytest.approx((test.low, test.high), abs=1e-9)


@given(st.integers(1, 60), st.data())
def test_bounds_of_so_many_images_are_those_of_the_hypergeometric_distribution(
    of: int, data: st.DataObject
) -> None:
    seen = data.draw(st.integers(1, of))
    wrong = data.draw(st.integers(0, seen))
    bound = round(upper_bound(wrong, seen, of=of) * of)
    assert stats.hypergeom.cdf(wrong, of, bound, seen) > 0.05  # so many wrong ones may well look like this
    if bound < of - seen + wrong:
        assert stats.hypergeom.cdf(wrong, of, bound + 1, seen) <= 0.05 + 1e-8  # one more may not
    assert upper_bound(wrong, seen, of=of) <= upper_bound(wrong, seen) + 1 / of
    assert lower_bound(wrong, seen, of=of) <= wrong / seen + 1e-9 <= upper_bound(wrong, seen, of=of) + 2e-9


@pytest.mark.parametrize(
    ("claim", "endless", "of_two_hundred"), [(0.05, 59, 47), (0.02, 149, 90), (0.01, 299, 126)]
)
def test_the_numbers_that_everybody_quotes(claim: float, endless: int, of_two_hundred: int) -> None:
    assert sample_size(claim) == endless
    assert sample_size(claim, of=200) == of_two_hundred


def test_all_were_looked_at_or_none() -> None:
    assert upper_bound(0, 0) == 1.0
    assert upper_bound(3, 20, of=20) == 3 / 20 == lower_bound(3, 20, of=20)
    assert sample_size(0.05, of=10, expected_wrong=1) is None
    assert sample_size(0.05, of=10) is not None
    with pytest.raises(ValueError, match="no share"):
        sample_size(0.0)
    for wrong, seen, of in ((3, 2, None), (-1, 2, None), (0, 5, 4)):
        with pytest.raises(ValueError, match="wrong of"):
            upper_bound(wrong, seen, of=of)


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.03, 0.1, 0.3])
@pytest.mark.parametrize("of", [None, 250])
def test_the_bound_holds_in_95_of_100_projects(rate: float, of: int | None) -> None:
    rng, projects, seen = np.random.default_rng(7), 1000, 60
    if of is None:
        wrong, truth = rng.binomial(seen, rate, projects), rate
    else:
        truth = round(rate * of) / of
        wrong = rng.hypergeometric(round(rate * of), of - round(rate * of), seen, projects)
    bounds = {k: upper_bound(k, seen, of=of) for k in np.unique(wrong).tolist()}
    assert np.mean([bounds[k] >= truth for k in wrong.tolist()]) >= 0.94
    both = {k: interval(k, seen, of=of) for k in bounds}
    assert np.mean([both[k][0] - 1e-12 <= truth <= both[k][1] + 1e-12 for k in wrong.tolist()]) >= 0.94
