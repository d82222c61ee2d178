"""Attributes of a box, besides its category: flags, choices, numbers, texts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hitl_desktop.errors import HitlError
from hitl_desktop.translation import tr

Value = bool | float | str
Values = tuple[tuple[str, Value], ...]
"""Names and values, in order of name; what is not set, and a flag that is off, is absent."""


class AttributeKind(StrEnum):
    """What values an attribute has."""

    FLAG = "flag"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of boxes, of a category's or of all (None); `choices` are those of a
    choice."""

    name: str
    kind: AttributeKind = AttributeKind.FLAG
    choices: tuple[str, ...] = ()
    category_id: int | None = None

    def value_of(self, typed: object) -> Value | None:
        """What was typed as a value; None where it is empty.

        Raises:
            HitlError: it is no value of this kind.
        """
        text = str(typed).strip()
        if self.kind is AttributeKind.FLAG:
            return True if typed is True or text.casefold() in {"true", "yes", "1"} else None
        if not text or typed is None:
            return None
        if self.kind is AttributeKind.NUMBER:
            return _number(self.name, text)
        if self.kind is AttributeKind.CHOICE and text not in self.choices:
            raise HitlError(
                tr('"{text}" is no choice of "{name}".', text=text, name=self.name),
                hint=tr("Take one of: {choices}.", choices=", ".join(self.choices)),
            )
        return text


def _number(name: str, text: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise HitlError(
            tr('"{name}" is a number, and "{text}" is none.', name=name, text=text),
            hint=tr("Type digits, such as 3 or 0.25."),
        )
    return value


CROWD = "crowd"
COMMON = (Attribute("occluded"), Attribute("truncated"), Attribute("difficult"), Attribute(CROWD))
"""What every box has; the last is COCO's `iscrowd` and stands in a field of its own."""


def with_value(values: Values, name: str, value: Value | None) -> Values:
    """The values with another one of this name, or without it."""
    rest = {key: old for key, old in values if key != name}
    return as_values(rest if value is None or value is False else rest | {name: value})


def as_values(values: Mapping[str, Value]) -> Values:
    """A mapping as annotations keep it."""
    return tuple(sorted(values.items()))


def in_words(values: Values) -> str:
    """The attributes of a box, in a line."""
    return ", ".join(name if value is True else f"{name} {_shown(value)}" for name, value in values)


def _shown(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def kind_of(value: Value) -> AttributeKind:
    """The kind of attribute that a value found in a file belongs to."""
    if isinstance(value, bool):
        return AttributeKind.FLAG
    return AttributeKind.TEXT if isinstance(value, str) else AttributeKind.NUMBER
