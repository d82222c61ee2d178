"""What the report of a command is set from on a terminal: lines of figures, tables, sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from hitl_desktop.cli import forms


class Kind(Enum):
    """How a column may give way where the terminal is narrow: not at all, between words, or in the middle."""

    NUMBER = auto()
    WORDS = auto()
    PATH = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a line of figures: its title, where its value is, and how that is written.

    `form` turns the value into text, "" for none; `style` names a colour for it, which only repeats what the
    text says. The first columns to go where the terminal is too narrow are those that are `extra`.
    """

    title: str
    key: str
    form: Callable[[Any], str] = forms.name
    kind: Kind = Kind.NUMBER
    style: Callable[[Any], str] = lambda _: ""
    extra: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Lines of a title and a figure."""

    lines: Sequence[Column]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of the report: a list of records or of single values, or a mapping, whose keys become `name` and
    whose plain values `value`. `rows` may make them from what lies under the key."""

    title: str
    key: str
    columns: Sequence[Column]
    rows: Callable[[Any], Any] = lambda found: found
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence of the report, or a list of them as marked lines."""

    key: str
    title: str = ""
    style: str = ""
    form: Callable[[Any], Any] = field(default=lambda found: found)


Part = Facts | Table | Words
