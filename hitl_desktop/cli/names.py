"""Arguments that are names from a table, with what a shell may complete them to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from hitl_desktop.cli.paths import paths_like

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class NameOf(click.ParamType[str]):
    """A name from a table that is read only when a shell asks; the workflows check what is given."""

    def __init__(self, table: str, *others: str, suffixes: tuple[str, ...] = ()) -> None:
        self.name = "name"
        self.table = table
        self.others = others
        self.suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """As it was typed."""
        return str(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """The names, each with what it is called on the screen."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415

        names = [CompletionItem(name, help=title) for name, title in (*self._names(), *self._others())]
        files = paths_like(incomplete, self.suffixes) if self.suffixes else []
        return [item for item in names if item.value.startswith(incomplete)] + files

    def _others(self) -> Iterable[tuple[str, None]]:
        return ((name, None) for name in self.others)

    def _names(self) -> Iterable[tuple[str, str | None]]:
        match self.table:
            case "strategies":
                from hitl_desktop.learning.strategies import STRATEGIES  # noqa: PLC0415 - numpy is heavy

                return ((name, strategy.title) for name, strategy in STRATEGIES.items())
            case "formats":
                from hitl_desktop.formats.registry import FORMATS  # noqa: PLC0415

                return ((name, form.title) for name, form in FORMATS.items())
            case _:
                from hitl_desktop.inference.registry import bundled_detectors  # noqa: PLC0415

                return ((card.name, None) for card in bundled_detectors())


STRATEGY = NameOf("strategies", "default")
RIVAL = NameOf("strategies", "default", "all")
FORMAT = NameOf("formats")
DETECTOR = NameOf("detectors", suffixes=(".onnx",))
