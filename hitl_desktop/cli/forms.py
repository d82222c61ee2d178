"""Figures of reports as text; "" for what was not measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hitl_desktop.translation import tr

Row = Mapping[str, Any]


def value_at(report: Any, key: str) -> Any:
    """What lies under a key, None where nothing does; all of it under ""."""
    for name in key.split(".") if key else ():
        report = report.get(name) if isinstance(report, Mapping) else None
    return report


def digits(places: int, *, sign: bool = False) -> Callable[[Any], str]:
    """A number with so many places."""
    return lambda value: "" if value is None else f"{value:{'+' if sign else ''}.{places}f}"


def share(value: float | None) -> str:
    """A share in per cent."""
    return "" if value is None else f"{value:.0%}"


def count(value: float | None) -> str:
    """A number of things."""
    return "" if value is None else f"{value:,}"


def seconds(value: float | None) -> str:
    """A duration."""
    return "" if value is None else tr("{seconds:.1f} s", seconds=value)


def interval(places: int = 2, *, sign: bool = False) -> Callable[[Any], str]:
    """The ends of an interval."""
    one = digits(places, sign=sign)
    return lambda ends: "" if not ends else tr("{low} to {high}", low=one(ends[0]), high=one(ends[1]))


def seeds_range(values: Sequence[float] | None) -> str:
    """The lowest and the highest of several seeds."""
    return interval(3)((min(values), max(values))) if values and len(values) > 1 else ""


def share_of(part: str, whole: str, interval: str) -> Callable[[Any], str]:
    """A share with its interval, where anything was counted."""

    def form(row: Row) -> str:
        if not row[whole]:
            return ""
        low, high = row[interval]
        return tr(
            "{share:.0%} ({low:.0%} to {high:.0%})", share=row[part] / row[whole], low=low, high=high
        )  # fmt: skip

    return form


def with_interval(key: str, form: Callable[[Any], str]) -> Callable[[Any], str]:
    """The figure under a key with its interval, which lies beside it or in it."""

    def write(found: Row | None) -> str:
        if found is None:
            return ""
        value, ends = value_at(found, key), found.get(f"{key}_interval", found.get("interval"))
        if value is None:
            return ""
        low_high = tr("{low} to {high}", low=form(ends[0]), high=form(ends[1])) if ends else ""
        return f"{form(value)} ({low_high})" if ends else form(value)

    return write


def box(box: Sequence[float] | None) -> str:
    """A box in whole pixels."""
    return "" if box is None else " ".join(f"{v:.0f}" for v in box)


def name(value: Any) -> str:
    """A word as it is."""
    return "" if value is None else str(value)


def listed(value: Sequence[str] | str | None) -> str:
    """Several words, or one."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value or "")


def count_if_any(value: int | None) -> str:
    """A count that is told only where it is not zero."""
    return count(value) if value else ""


def if_measured(key: str, form: Callable[[Any], str], *, alone: bool = False) -> Callable[[Any], str]:
    """A figure of calibration, where boxes were measured; `alone` without its interval."""
    write = with_interval(key, form)
    return lambda found: (
        "" if not found or not found["boxes"] else form(found[key]) if alone else write(found)
    )


def megabytes(size: int) -> str:
    """The size of a file."""
    return tr("{size:.1f} MB", size=size / 1e6)


def moment(value: str | None) -> str:
    """A stored moment to the minute."""
    return tr("{day} {time} UTC", day=value[:10], time=value[11:16]) if value else ""
