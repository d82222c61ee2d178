"""Pages for people, from Jinja2 templates of the resources; what is put into them is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, cast

from hitl_desktop.domain.words import counted
from hitl_desktop.paths import resources_dir
from hitl_desktop.translation import language, tr, trn

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = "templates"


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, and rows of which the first cell names the row."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]


@cache
def environment() -> Environment:
    """The templates with what they may call; a name that is not given is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - 66 ms

    made = Environment(
        loader=FileSystemLoader(resources_dir() / TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    called: dict[str, object] = {"tr": tr, "trn": trn, "counted": counted, "language": language}
    cast("dict[str, object]", made.globals).update(called)
    return made


def render(template: str, **values: object) -> str:
    """A page; charts are given as text and marked as safe by the template that shows them."""
    return environment().get_template(template).render(**values)


def time_words(stored: str) -> str:
    """A stored time, to the minute."""
    return f"{datetime.fromisoformat(stored):%Y-%m-%d %H:%M %Z}"
