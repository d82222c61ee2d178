"""Categories and tags: names with ids that never move."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """A class of object; ids start at 1 and never move."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A word about a whole picture."""

    id: int
    name: str


def clean_name(name: str) -> str:
    """The name as shown: outer white space gone, inner runs one space."""
    return re.sub(r"\s+", " ", name).strip()


def normalise_name(name: str) -> str:
    """The key under which names are the same: case, spaces, `_` and `-` do not count."""
    return re.sub(r"[\s_\-]+", "", name).casefold()
