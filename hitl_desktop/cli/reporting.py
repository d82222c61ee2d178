"""What a command returns: JSON, tables on a terminal, or plain lines where somebody else reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import click

from hitl_desktop.cli.plain import lines_of
from hitl_desktop.errors import HitlError
from hitl_desktop.terminal import console, is_drawn_on

P = ParamSpec("P")
Report = dict[str, Any]

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON object and nothing else.")


class ReportedError(HitlError):
    """The error of a command that failed and still has something to report."""

    def __init__(self, report: Report, error: HitlError) -> None:
        super().__init__(error.message, hint=error.hint)
        self.report = report


def prints_report(function: Callable[P, Report]) -> Callable[..., int | None]:
    """Print what a command returns: as JSON, as tables, or as lines."""

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
        import json  # noqa: PLC0415 - not at every start

        click.echo(json.dumps(report, ensure_ascii=False, allow_nan=False))
    elif is_drawn_on(sys.stdout):
        _draw(report)
    else:
        click.echo("\n".join(lines_of(report)))


def _draw(report: Report) -> None:
    from hitl_desktop.cli.drawing import draw  # noqa: PLC0415 - rich takes longer than the rest of a start
    from hitl_desktop.cli.tables import LAYOUTS  # noqa: PLC0415

    draw(report, LAYOUTS[click.get_current_context().command.name or ""], console(sys.stdout))
