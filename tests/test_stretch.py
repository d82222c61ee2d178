"""Eight bits from deeper values."""

import numpy as np
import pytest

from hitl_desktop.stretch import bounds, eight_bits

RAMP = np.linspace(250, 300, 64 * 64).reshape(64, 64)


@pytest.mark.parametrize(
    "missing", [-9999.0, -999.0, -32768.0, 1e20, -1e30, float(np.finfo(np.float32).min), 65535.0, np.nan, np.inf, -np.inf]
)  # fmt: skip
def test_what_was_not_measured_takes_no_part(missing: float) -> None:
    values = RAMP.astype(np.float32)
    values[:20] = missing
    scaled = eight_bits(values)
    assert scaled[20, 0] <= 1
    assert scaled[-1, -1] == 255
    assert len(np.unique(scaled[20:])) > 200


def test_a_declared_value_is_black_wherever_it_lies() -> None:
    values = RAMP.astype(np.float32)
    values[30:40] = 275.5
    scaled = eight_bits(values, no_data=275.5)
    assert scaled[30:40].max() == 0
    assert scaled[41].min() > 0


def test_declared_values_beyond_single_precision_are_found() -> None:
    values = RAMP.astype(np.float32)
    values[:20] = -3.4028234663852886e38
    low, high = bounds(values, no_data=-3.40282346639e38)
    assert 249 < low < high < 301


@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "i4", "f4", "f8"])
def test_two_values_are_black_and_white(kind: str) -> None:
    mask = np.zeros((20, 20), kind)
    mask[:5] = 1
    assert np.unique(eight_bits(mask)).tolist() == [0, 255]


def test_values_that_use_their_range_are_scaled_as_they_are() -> None:
    values = np.linspace(0, 60000, 4096).astype(np.uint16)
    assert bounds(values) == (0.0, 65535.0)
    assert eight_bits(values)[-1] == 233


def test_a_few_bright_pixels_among_many_are_no_lone_value() -> None:
    values = np.random.default_rng(0).normal(1000, 50, (100, 100)).astype(np.uint16)
    values[:10] = 3000  # a bright object, no further off than a few times the others' range
    assert bounds(values)[1] == 3000


@pytest.mark.parametrize("values", [np.full((4, 4), np.nan), np.full((4, 4), -9999.0), np.full((4, 4), 7.0)])
def test_nothing_to_stretch_is_one_grey(values: np.ndarray) -> None:
    assert len(np.unique(eight_bits(values))) == 1


def test_the_largest_numbers_there_are_do_not_overflow() -> None:
    values = np.array([-1.7e308, 0.0, 1.7e308, np.nan] * 10)
    assert eight_bits(values)[:4].tolist()[3] == 0
