"""Categories and tags: names with ids that never move."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

UNKNOWN = "unknown"
"""The category of objects that are none of the others, and will be named later: nothing is learned from
it."""

UNNAMED = "(unnamed)"
"""The category of drawn boxes that wait for theirs. It is never offered, no image with such a box is
decided, and such boxes are not exported."""

_KEPT_NAMES = 4096
"""Keys of names are asked for after each act, of the same few hundred names."""


@dataclass(frozen=True, slots=True)
class Category:
    """A class of object; ids start at 1 and never move.

    `colour` (`#rrggbb`) and `hotkey` are empty until somebody chose them. A retired one is no longer offered;
    when it was merged, its name is mapped to another from then on.
    """

    id: int
    name: str
    colour: str = ""
    hotkey: str = ""
    retired: bool = False
    merged_into: int | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A word about a whole image."""

    id: int
    name: str


_NEAR = 0.8
"""Names of which so much is the same (`difflib`) may be one name in two spellings."""
_INVISIBLE = "\u00ad\u200b\u2060\ufeff"
_AFTER_W = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def hotkeys(categories: Sequence[Category]) -> dict[int, str]:
    """The key of each category: its own, else that of its place: a digit, or `W` and one more; the rest have
    none.

    A place's key stays with it: fingers have learned it. One that another category took is left out.
    """
    keys = {c.id: c.hotkey for c in categories if c.hotkey}
    taken = set(keys.values())
    by_place = [*"123456789"] + [f"W, {letter}" for letter in _AFTER_W]
    for category, key in zip(categories, by_place, strict=False):
        if category.id not in keys and key not in taken:
            keys[category.id] = key
    unused = iter([k for k in by_place if k not in set(keys.values())])
    for category in categories:
        if category.id not in keys and (key := next(unused, None)) is not None:
            keys[category.id] = key
    return keys


def clean_name(name: str) -> str:
    """The name as shown: outer white space gone, inner runs one space."""
    return re.sub(r"\s+", " ", name).strip()


def names_in(text: str) -> list[str]:
    """The names that a person typed or pasted, separated by commas, semicolons, tabs or lines, each once."""
    found: dict[str, str] = {}
    for part in re.split(r"[,;\t\n]", text):
        found.setdefault(normalise_name(part), clean_name(part))
    found.pop("", None)
    return list(found.values())


def singular(name: str) -> str:
    """The key under which a name and its plain English plural are the same; for warnings, never for
    matching."""
    key = normalise_name(name)
    for ending, instead in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
        ("s", ""),
    ):
        if key.endswith(ending) and not key.endswith("ss") and len(key) > len(ending) + 1:
            return key.removesuffix(ending) + instead
    return key


@lru_cache(maxsize=_KEPT_NAMES)
def name_key(name: str) -> str:
    """The key under which names look the same: case, spaces, invisible characters and Unicode form do not
    count."""
    visible = re.sub(f"[\\s{_INVISIBLE}]+", "", unicodedata.normalize("NFC", name))
    return unicodedata.normalize("NFC", visible.casefold())


@lru_cache(maxsize=_KEPT_NAMES)
def normalise_name(name: str) -> str:
    """The key under which names that people type are the same: as `name_key`, and `_` and `-` do not count
    either.

    In a name of nothing but these they do.
    """
    key = name_key(name)
    return re.sub(r"[_\-]+", "", key) or key


def near_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is nearly this one ("cars" beside "Car", "traffic lihgt"), if it is not there itself."""
    letters = {other: "".join(filter(str.isalnum, normalise_name(other))) for other in known}
    own = "".join(filter(str.isalnum, normalise_name(name)))
    found = difflib.get_close_matches(own, letters.values(), n=1, cutoff=_NEAR)
    return (
        next((other for other, key in letters.items() if key in found), None) if name not in letters else None
    )
