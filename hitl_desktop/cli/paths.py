"""Arguments that are files or folders, with what a shell may complete them to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def paths_like(incomplete: str, suffixes: tuple[str, ...]) -> list[CompletionItem[str]]:
    """Folders, and files with one of the suffixes; both begin as they were typed."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - only a shell needs it

    typed, start = os.path.split(incomplete)
    try:
        entries = sorted(os.scandir(Path(typed).expanduser() if typed else Path()), key=lambda e: e.name)
    except OSError:
        return []  # a folder that is not there has nothing to offer
    return [
        CompletionItem(os.path.join(typed, entry.name) + "/" * entry.is_dir(), type="path")  # noqa: PTH118 - "~" stays
        for entry in entries
        if entry.name.startswith(start)
        and (start or not entry.name.startswith("."))
        and (entry.is_dir() or entry.name.lower().endswith(suffixes))
    ]


class FilePath(click.Path):
    """A path; a shell offers folders, and files with these suffixes."""

    def __init__(self, *suffixes: str) -> None:
        super().__init__(path_type=Path)
        self.name = "file"
        self.suffixes = suffixes

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Files with the suffixes."""
        return paths_like(incomplete, self.suffixes)


class FolderPath(click.Path):
    """A path of a folder."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)
        self.name = "folder"

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Folders, by the shell itself."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415

        return [CompletionItem(incomplete, type="dir")]


PROJECT = FilePath(".hitl")
DATASET_FILE = FilePath(".json")
DATASET = FilePath(".json", ".xml", ".csv", ".yaml", ".txt")
ARCHIVE = FilePath(".zip")
REPORT_FILE = FilePath(".html", ".json")
FOLDER = FolderPath()
