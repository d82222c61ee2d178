"""What a command returns, printed as JSON or as lines of text."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from hitl_desktop.errors import HitlError

P = ParamSpec("P")
_MOST_ISSUES = 20
_ONLY_JSON = {"issues": {"kind", "count"}, "queue": {"reason_code"}, "suspicions": {"kind_code"}}
"""The parts of rows that only `--json` prints; the text for people has them already."""
Report = dict[str, Any]

PATH = click.Path(path_type=Path)
as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON object and nothing else.")


class ReportedError(HitlError):
    """The error of a command that failed and still has something to report."""

    def __init__(self, report: Report, error: HitlError) -> None:
        super().__init__(error.message, hint=error.hint)
        self.report = report


def prints_report(function: Callable[P, Report]) -> Callable[..., int | None]:
    """Print what a command returns: as JSON, or as lines."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> int | None:
        json_ = bool(kwargs.pop("json_"))
        try:
            report = function(*args, **kwargs)
        except ReportedError as error:
            _print(error.report, json_=json_)
            raise
        _print(report, json_=json_)
        return 1 if report.get("nothing_came_in") else None

    return as_json(run)


def processors() -> int:
    """How many threads the models may use."""
    return os.cpu_count() or 1


def _print(report: Report, *, json_: bool) -> None:
    if json_:
        click.echo(json.dumps(report, ensure_ascii=False, allow_nan=False))
    else:
        click.echo("\n".join(_lines(report)))


def _lines(report: Report) -> Iterable[str]:
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
