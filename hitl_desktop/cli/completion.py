"""Shell completion: click's, and paths of a kind, which its scripts do not have."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

from hitl_desktop.cli.commands import PROGRAM
from hitl_desktop.cli.program import COMPLETION_VARIABLE


class Bash(BashComplete):
    """bash quotes paths itself, and sets no space behind a folder, when it is told that they are paths."""

    source_template = BashComplete.source_template.replace(
        "        elif [[ $type == 'plain' ]]; then",
        "        elif [[ $type == 'path' ]]; then\n"
        "            compopt -o filenames\n"
        "            COMPREPLY+=($value)\n"
        "        elif [[ $type == 'plain' ]]; then",
    )


class Zsh(ZshComplete):
    """zsh adds a path as it is, and no space behind a folder."""

    source_template = ZshComplete.source_template.replace(
        '        elif [[ "$type" == "dir" ]]; then',
        '        elif [[ "$type" == "path" ]]; then\n'
        """            if [[ "$key" == */ ]]; then compadd -U -S '' -- "$key"; else compadd -U -- "$key"; fi\n"""
        '        elif [[ "$type" == "dir" ]]; then',
    )


class Fish(FishComplete):
    """fish treats what ends with a slash as a folder."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """A path is a plain word here."""
        return f"plain,{item.value}" if item.type == "path" else super().format_completion(item)


def register() -> None:
    """Let click find these classes by the names of their shells."""
    for kind in (Bash, Zsh, Fish):
        add_completion_class(kind)


def script(group: click.Command, shell: str) -> str:
    """The script that a shell evaluates.

    Raises:
        LookupError: click has no such shell.
    """
    register()
    found: type[ShellComplete] | None = get_completion_class(shell)
    if found is None:
        raise LookupError(shell)
    return found(group, {}, PROGRAM, COMPLETION_VARIABLE).source()
