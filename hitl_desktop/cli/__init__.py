"""The command line: the same workflows as the window, without Qt; a module a group of commands."""

from __future__ import annotations

import sys

import click

from hitl_desktop import __version__
from hitl_desktop.cli import benchmark, datasets, learning, projects, quality, window
from hitl_desktop.errors import HitlError
from hitl_desktop.progress import JobCancelled


class _OpenByDefault(click.Group):
    """Whatever is no command is a project or a folder to open."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {"--help", "--version", *self.commands}
        if not args or args[0] not in known:
            args = ["open", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OpenByDefault, context_settings={"help_option_names": ["--help"]})
@click.version_option(__version__, prog_name="hitl-desktop")
def cli() -> None:
    """Human-in-the-loop image annotation: `hitl-desktop [PROJECT | FOLDER]` opens the window."""


for _command in (
    window.open_,
    window.sample,
    projects.new,
    projects.refresh,
    projects.images,
    projects.doctor,
    datasets.import_,
    datasets.export,
    datasets.export_head,
    learning.prelabel,
    learning.train,
    learning.queue,
    quality.errors,
    quality.audit,
    quality.report,
    benchmark.evaluate,
    benchmark.simulate,
    benchmark.demo,
):
    cli.add_command(_command)


def main(args: list[str] | None = None) -> None:
    """Run the command line; exits 0, 1 for what a user can act on, 2 for a usage error."""
    try:
        code = cli.main(args, prog_name="hitl-desktop", standalone_mode=False)
    except HitlError as error:
        click.echo(f"{error.message}\n{error.hint}", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt, JobCancelled):
        click.echo("Stopped. What was done is kept; run it again to go on.", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
