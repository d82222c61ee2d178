"""What all commands share: a subject, under which the help of the group lists them, and examples."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from hitl_desktop.cli.paths import paths_like
from hitl_desktop.translation import tr

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PROGRAM: Final = "hitl-desktop"
_ALIKE = 0.7
SUBJECTS: Final = ("Projects", "Data sets", "Learning", "Quality", "Benchmark", "This program")
"""In the order of the group's help; the help of click is made of literals, and so are these."""


class Command(click.Command):
    """A command with a subject and examples, which its help ends with."""

    def __init__(self, *args: Any, subject: str = "", examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = " ".join((self.help or "").split())  # one paragraph
        self.subject = subject
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the examples as they are typed: a line is never wrapped."""
        write_examples(formatter, self.examples)


def _mistyped(name: str, commands: Sequence[str]) -> str:
    """The command that was meant by a name that is no path; empty if it resembles none."""
    if os.path.lexists(name):
        return ""
    return next(iter(difflib.get_close_matches(name, commands, 1, _ALIKE)), "")


class Group(click.Group):
    """Commands by subject; whatever is no command is a project or a folder to open."""

    examples = ("sample", "photos", "birds.hitl")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `open` before a path, or before nothing; while a shell completes, all is left as it is typed."""
        known = {"--help", "--version", *self.commands}
        if not ctx.resilient_parsing and (not args or args[0] not in known):
            if args and (meant := _mistyped(args[0], list(self.commands))):
                ctx.fail(tr("There is no command {name}. Did you mean {meant}?", name=args[0], meant=meant))
            args = ["open", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """A section a subject, its commands in the order in which they are used."""
        shown = [c for c in self.commands.values() if isinstance(c, Command) and not c.hidden]
        widest = max(len(c.name or "") for c in shown)
        for subject in SUBJECTS:
            rows = [
                (f"{c.name:<{widest}}", c.get_short_help_str(formatter.width))
                for c in shown
                if c.subject == subject
            ]
            with formatter.section(subject):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Examples, and where the help of a command is."""
        write_examples(formatter, self.examples)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(tr("Options and examples of a command: hitl-desktop COMMAND --help"))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Commands, and the projects and folders that could be opened."""
        return [*super().shell_complete(ctx, incomplete), *paths_like(incomplete, (".hitl",))]


def command(
    subject: str, *examples: str, name: str | None = None, hidden: bool = False
) -> Callable[[Callable[..., Any]], Command]:
    """Declare a command; an example is what stands behind the name of the program."""
    return click.command(name, cls=Command, subject=subject, examples=examples, hidden=hidden)


def write_examples(formatter: click.HelpFormatter, examples: tuple[str, ...]) -> None:
    """A section of whole command lines."""
    if not examples:
        return
    with formatter.section(tr("Examples")):
        for example in examples:
            formatter.write(f"{'':>{formatter.current_indent}}{PROGRAM} {example}\n")
