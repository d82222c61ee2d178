"""The command line: the same workflows as the window, without Qt; a module a group of commands."""

from __future__ import annotations

import gc
import os
import sys

import click

from hitl_desktop import __version__
from hitl_desktop.cli import (
    benchmark,
    dataset_files,
    datasets,
    learning,
    models,
    program,
    projects,
    quality,
    window,
)
from hitl_desktop.cli.commands import PROGRAM, Group
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import JobCancelled
from hitl_desktop.terminal import say_error
from hitl_desktop.translation import tr

_COLLECTED = (100_000, 20, 100)
"""When garbage is looked for: as often as Python would by itself, a million boxes take a third longer."""


@click.group(cls=Group, context_settings={"help_option_names": ["--help"]})
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Human-in-the-loop image annotation. `hitl-desktop [PROJECT | FOLDER]` opens the window; commands do the
    same work without it."""


for _command in (
    window.open_,
    window.sample,
    projects.new,
    projects.refresh,
    projects.find_missing,
    projects.images,
    projects.bundle,
    datasets.import_,
    datasets.export,
    dataset_files.convert,
    dataset_files.check,
    dataset_files.diff,
    dataset_files.merge,
    dataset_files.split,
    dataset_files.stats,
    datasets.export_head,
    models.models,
    models.compare_detectors,
    learning.prelabel,
    learning.train,
    learning.feature_maps,
    learning.queue,
    quality.errors,
    quality.audit,
    quality.report,
    benchmark.evaluate,
    benchmark.simulate,
    benchmark.demo,
    program.doctor,
    program.completion,
):
    cli.add_command(_command)


def main(args: list[str] | None = None) -> None:
    """Run the command line; exits 0, 1 for what a user can act on, 2 for a usage error."""
    gc.set_threshold(*_COLLECTED)
    if program.COMPLETION_VARIABLE in os.environ:
        from hitl_desktop.cli.completion import register  # noqa: PLC0415 - not at every start

        register()
    try:
        code = cli.main(args, prog_name=PROGRAM, standalone_mode=False)
    except HitlError as error:
        say_error(error.message, error.hint)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt, JobCancelled):
        click.echo(tr("Stopped. What was done is kept; run it again to go on."), err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
