"""Reports as plain lines, for pipes and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MOST_ISSUES = 20
_ONLY_JSON = {"issues": {"kind", "count"}, "queue": {"reason_code"}, "suspicions": {"kind_code"}}
"""The parts of rows that only `--json` prints; the text for people has them already."""


def lines_of(report: Mapping[str, Any]) -> Iterable[str]:
    """A line a figure, and a line a row of a list; other programs read them, so they stay as they are."""
    for key, value in report.items():
        if key == "nothing_came_in":
            continue
        if key == "summary":
            yield str(value)
        elif isinstance(value, list):
            yield from _list_lines(key, value)
        elif isinstance(value, dict) and value:
            yield f"{key}:"
            for name, row in value.items():
                yield f"  {name}: {_short(row)}"
        else:
            yield f"{key}: {'none' if value in (None, '', {}) else _short(value)}"


def _list_lines(key: str, rows: list[Any]) -> Iterable[str]:
    yield f"{key}: {len(rows)}"
    shown = rows[:_MOST_ISSUES] if key == "issues" else rows
    left_out = _ONLY_JSON.get(key, ())
    for row in shown:
        parts = [v for k, v in row.items() if k not in left_out] if isinstance(row, dict) else [row]
        yield "  " + "  ".join(_short(v) for v in parts if v is not None)
    if len(shown) < len(rows):
        yield f"  ... and {len(rows) - len(shown)} more (--json lists all)"


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {_short(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_short(v) for v in value)
    return str(value)
