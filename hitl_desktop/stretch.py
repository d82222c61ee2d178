"""Eight bits from deeper values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_NO_DATA = frozenset(
    (
        -999.0,
        -9999.0,
        -99999.0,
        -32767.0,
        -32768.0,
        -2147483648.0,
        1e20,
        -1e20,
        1e30,
        -1e30,
        float(np.finfo(np.float32).max),
        float(np.finfo(np.float32).min),
        float(np.finfo(np.float64).max),
        float(np.finfo(np.float64).min),
        9.969209968386869e36,  # netCDF
    )
)
"""What programs write where nothing was measured."""
_FAR = 10.0
"""A lone extreme value that is further from the others than so many times their range is left out, too."""
_MOST_SAMPLED = 250_000


def bounds(values: NDArray[np.generic], no_data: float | None = None) -> tuple[float, float]:
    """The values that become 0 and 255; equal where there is nothing to stretch.

    They are the 0.1th and 99.9th percentile of what was measured: finite, and neither `no_data` nor a value
    that programs write for it. Unsigned 16-bit values that use more than half of their range are scaled as
    they are, so colours stay true.
    """
    flat = values.ravel()
    with np.errstate(all="ignore"):  # some values may be no numbers, others as large as there are
        measured = _measured(flat[:: max(1, flat.size // _MOST_SAMPLED)].astype(np.float64), no_data)
        if measured.size == 0:
            return 0.0, 0.0
        low, high = (float(v) for v in np.percentile(measured, (0.1, 99.9)))
    if values.dtype == np.uint16 and high - low > 0x7FFF:
        return 0.0, 65535.0
    return (low, high) if high > low else (float(measured.min()), float(measured.max()))


def eight_bits(
    values: NDArray[np.generic], limits: tuple[float, float] | None = None, no_data: float | None = None
) -> NDArray[np.uint8]:
    """Values scaled so that `limits` (their own `bounds` by default) become 0 and 255.

    Those of one value are grey; `no_data` and what is no number are black.
    """
    low, high = limits or bounds(values, no_data)
    missing = _equal(values, no_data) if no_data is not None else None
    if high <= low:
        scaled = np.full(values.shape, 128, np.uint8)
    else:
        with np.errstate(all="ignore"):
            is_short = values.dtype.itemsize <= 2 or values.dtype == np.float32
            numbers = values.astype(np.float32 if is_short else np.float64)
            numbers -= low
            numbers *= 255.0 / (high - low)
            np.nan_to_num(numbers, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
            numbers += 0.5
            scaled = np.clip(numbers, 0, 255, out=numbers).astype(np.uint8)
    if missing is not None:
        scaled[missing] = 0
    return scaled


def _measured(numbers: NDArray[np.float64], no_data: float | None) -> NDArray[np.float64]:
    finite = numbers[np.isfinite(numbers)]
    if no_data is not None:
        finite = finite[~_equal(finite, no_data)]
    while finite.size and (written := _NO_DATA & {float(finite.min()), float(finite.max())}):
        finite = finite[~np.isin(finite, list(written))]
    for end in (np.min, np.max):
        if finite.size:
            extreme = end(finite)
            others = finite[finite != extreme]
            if others.size and abs(end(others) - extreme) > _FAR * np.ptp(others) > 0:
                finite = others
    return finite


def _equal(values: NDArray[np.generic], number: float) -> NDArray[np.bool_]:
    """In single precision: a tag holds more digits than a float value."""
    with np.errstate(all="ignore"):
        return np.asarray(values.astype(np.float32) == np.float32(number))
