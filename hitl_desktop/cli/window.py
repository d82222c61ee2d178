"""Commands that open the window."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hitl_desktop.cli.reporting import PATH
from hitl_desktop.errors import HitlError
from hitl_desktop.terminal import TerminalProgress


@click.command("open", hidden=True)
@click.argument("path", type=PATH, required=False)
@click.option("--screenshot", type=PATH, hidden=True, help="Save an image of the window and leave.")
@click.option(
    "--after", type=float, default=60.0, hidden=True, help="Save it after so many seconds at the latest."
)
def open_(path: Path | None, screenshot: Path | None, after: float) -> None:
    """Open the window."""
    if path is not None and not path.exists():
        raise HitlError(
            f"There is no project or folder {path}.", hint="Check the name, or see hitl-desktop --help."
        )
    from hitl_desktop.app import run  # noqa: PLC0415 - the only command that needs Qt

    sys.exit(run(path, screenshot=screenshot, after=after))


@click.command()
def sample() -> None:
    """Open the window on the sample project, made when it is not there yet."""
    from hitl_desktop.app import run  # noqa: PLC0415
    from hitl_desktop.workflows.projects.sample import default_sample_folder, make_sample  # noqa: PLC0415

    with TerminalProgress("Making the sample") as progress:
        file = make_sample(default_sample_folder(), progress)
    sys.exit(run(file))
