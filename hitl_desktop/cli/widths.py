"""How wide the columns of a table are: worked out here, because rich may cut a number to make a table fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rich.cells import cell_len

from hitl_desktop.cli.parts import Column, Kind

GAP: Final = 2
_SHORT, _PATH, _WIDE = 12, 20, 24
"""Columns of words, and of paths, are not narrower than this; before others are narrower than the last, those go
that are `extra`."""


def widths_of(columns: Sequence[Column], lines: Sequence[Sequence[str]], room: int) -> dict[int, int]:
    """The width of each column by its place; those that find no room are not among them."""
    texts = [[column.title, *(line[n] for line in lines)] for n, column in enumerate(columns)]
    natural = {n: max(cell_len(text) for text in texts[n]) for n in range(len(columns))}
    least = {
        n: min(natural[n], _least(column.kind, texts[n], natural[n])) for n, column in enumerate(columns)
    }
    easy = {n: max(least[n], min(natural[n], _WIDE)) for n in natural}
    for n in sorted(range(1, len(columns)), key=lambda n: (not columns[n].extra, -n)):
        if _total(easy if columns[n].extra else least) <= room:
            continue
        del least[n], easy[n]
    widths = {n: natural[n] for n in least}
    while _total(widths) > room:
        give = [n for n in widths if widths[n] > least[n]]
        if not give:
            break  # one column is left, and it is a number
        widths[min(give, key=lambda n: natural[n] / widths[n])] -= 1
    return widths


def _least(kind: Kind, texts: Sequence[str], natural: int) -> int:
    """How narrow a column can get: a number not at all, words down to the longest one."""
    match kind:
        case Kind.NUMBER:
            return natural
        case Kind.WORDS:
            longest = max(cell_len(word) for text in texts for word in ["", *text.split()])
            return min(max(_SHORT, longest), _WIDE)
        case Kind.PATH:
            return max(_PATH, cell_len(texts[0]))


def _total(widths: Mapping[int, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)
