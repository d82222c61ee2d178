"""Commands that open the window."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.paths import PROJECT, FilePath
from hitl_desktop.errors import HitlError
from hitl_desktop.terminal import TerminalProgress
from hitl_desktop.translation import tr


@command("", name="open", hidden=True)
@click.argument("path", type=PROJECT, required=False)
@click.option(
    "--screenshot", type=FilePath(".png"), hidden=True, help="Save an image of the window and leave."
)
@click.option(
    "--after", type=float, default=60.0, hidden=True, help="Save it after so many seconds at the latest."
)
def open_(path: Path | None, screenshot: Path | None, after: float) -> None:
    """Open the window."""
    if path is not None and not path.exists():
        raise HitlError(
            tr("There is no project or folder {path}.", path=path),
            hint=tr("Check the name, or see hitl-desktop --help."),
        )
    sys.exit(_run(path, screenshot=screenshot, after=after))


@command(
    "Projects",
    "sample",
)
def sample() -> None:
    """Open the window on the sample project.

    It is made of photographs and drawn images when it is not there yet.
    """
    from hitl_desktop.workflows.projects.sample import default_sample_folder, make_sample  # noqa: PLC0415

    with TerminalProgress(tr("Making the sample")) as progress:
        file = make_sample(default_sample_folder(), progress)
    sys.exit(_run(file))


def _run(path: Path | None, *, screenshot: Path | None = None, after: float = 60.0) -> int:
    gc.disable()  # imports leave no garbage, and looking for it takes .1 s; the window collects by its own clock
    from hitl_desktop.app import run  # noqa: PLC0415 - only these commands need Qt

    return run(path, screenshot=screenshot, after=after)
