"""Commands about the program itself: what the machine has, and completion in a shell."""

from __future__ import annotations

from typing import Final

import click

from hitl_desktop.cli.commands import command
from hitl_desktop.cli.reporting import Report, prints_report

COMPLETION_VARIABLE: Final = "_HITL_DESKTOP_COMPLETE"
"""Where a shell says what it wants to know; click makes the name from that of the program."""
SHELLS: Final = ("bash", "zsh", "fish")


@command("This program", "doctor", "doctor --json")
@prints_report
def doctor() -> Report:
    """Report what this machine has and what is missing.

    Versions of packages, whether the models load, where settings and data are kept, and what to fix.
    """
    from hitl_desktop.workflows.projects.doctor import examine  # noqa: PLC0415

    return examine()


@command("This program", "completion bash", "completion zsh", "completion fish")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell.

    It completes commands, options, files of the right kind and the names of query strategies. For bash, put
    `eval "$(hitl-desktop completion bash)"` into ~/.bashrc.
    """
    from hitl_desktop.cli.completion import script  # noqa: PLC0415

    group = context.find_root().command
    click.echo(script(group, shell), nl=False)
