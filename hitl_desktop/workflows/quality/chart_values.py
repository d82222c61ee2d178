"""What charts are made of: axes with round ticks, points, bars and cells, with the words that go with them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hitl_desktop.learning.metrics import Interval


@dataclass(frozen=True, slots=True)
class Room:
    """The pixels that a chart may take; without a height it is as high as it reads well."""

    width: float = 720.0
    height: float | None = None


PAGE = Room()
"""The room on a page."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high` with ticks each `step`, in this form of numbers."""

    title: str
    low: float
    high: float
    step: float
    form: str = "{:g}"

    @property
    def ticks(self) -> list[float]:
        """Where its ticks are."""
        steps = range(round((self.high - self.low) / self.step) + 1)
        return [round(self.low + n * self.step, 10) for n in steps]

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value lies between two places of the figure; what is beyond the axis lies at its end."""
        inside = min(max(value, self.low), self.high)
        return start + (inside - self.low) / (self.high - self.low) * (end - start)


def axis(
    title: str, values: Sequence[float], form: str = "{:g}", *, whole: bool = False, most: int = 6
) -> Axis:
    """An axis over these values that begins and ends at round numbers, with about `most` ticks at most."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    high = high if high > low else low + 1.0
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))
    step = max(1.0, step) if whole else step
    first, last = (
        math.floor(low / step),
        math.ceil(high / step),
    )  # one too far where the quotient is not exact
    first += round((first + 1) * step, 10) <= low
    last -= round((last - 1) * step, 10) >= high
    return Axis(title, round(first * step, 10), round(last * step, 10), step, form)


@dataclass(frozen=True, slots=True)
class Value:
    """A point with its interval, and what it says in words."""

    x: float
    y: float
    interval: Interval | None
    words: str


@dataclass(frozen=True, slots=True)
class Series:
    """Points that belong together, in the order of x."""

    name: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Band:
    """Where values should lie."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Part:
    """One bar: its value with the interval, what stands beside it, and what it says in words."""

    value: float | None
    interval: Interval | None
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Bars:
    """The bars of one name, one for each measure."""

    name: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A cell: how many, the share of its row, whether that is as it should be, where it leads, its words."""

    count: int
    share: float
    is_right: bool
    words: str
    link: str = ""

    @property
    def strength(self) -> float:
        """How much of its colour it has (0..1): never so much that the number on it could not be read."""
        return 0.08 + 0.47 * self.share


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cells by row and column, where there are any, and what rows and columns are called."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[tuple[int, int], HeatCell]


@dataclass(frozen=True, slots=True)
class Bin:
    """Boxes of nearly the same score: the mean of it, the share that was right with its interval, how many."""

    score: float
    right: float
    boxes: int
    interval: Interval
    words: str
