"""Whole numbers for the ids of a list, whatever they are in the file, and what refers to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from hitl_desktop.formats.lenient import whole

T = TypeVar("T")
_AT_ONCE = 10_000


def numbers_for(ids: Sequence[object], *, allowed: Callable[[int], bool]) -> tuple[list[int], int]:
    """A different whole number for each id, and how many of them are not what the file has.

    An id keeps its number where that is allowed and free ("1" is 1 if no other is); the others get new ones.
    """
    whole_ids = [id_ for id_ in ids if type(id_) is int and allowed(id_)]
    different: set[int] = set()
    for start in range(0, len(whole_ids), _AT_ONCE):  # a set of a million keeps the interpreter for 50 ms
        different.update(whole_ids[start : start + _AT_ONCE])
    if len(different) == len(ids):
        return whole_ids, 0
    as_numbers = [whole(id_) for id_ in ids]
    typed = {n for id_, n in zip(ids, as_numbers, strict=True) if n is not None and not isinstance(id_, str)}
    fresh = max([0, *(n for n in as_numbers if n is not None and allowed(n))])
    used: set[int] = set()
    numbers: list[int] = []
    changed = 0

    def can_keep(id_: object, number: int) -> bool:
        return allowed(number) and number not in used and not (isinstance(id_, str) and number in typed)

    for id_, wanted in zip(ids, as_numbers, strict=True):
        number = wanted
        if number is None or not can_keep(id_, number):
            fresh += 1
            number = fresh
        changed += number != wanted or (isinstance(id_, str) and str(number) != id_.strip())
        used.add(number)
        numbers.append(number)
    return numbers, changed


class References:
    """Which records of a list an id means; "1", 1 and 1.0 are the same id where only one of them is there."""

    def __init__(self, ids: Sequence[object]) -> None:
        self._exact: dict[object, list[int]] = {}
        self._loose: dict[object, list[int]] = {}
        for place, id_ in enumerate(ids):
            if is_id(id_):
                self._exact.setdefault(_exact(id_), []).append(place)
                self._loose.setdefault(_loose(id_), []).append(place)

    def places_of(self, id_: object) -> list[int]:
        """The places in the list that an id may mean: none, one, or several."""
        if not is_id(id_):
            return []
        return self._exact.get(_exact(id_)) or self._loose.get(_loose(id_)) or []


class Lookup(References, Generic[T]):
    """What the records of a list are, by the ids that refer to them; `at` has those that could be used, by place."""

    def __init__(self, ids: Sequence[object] = ()) -> None:
        super().__init__(ids)
        self.at: dict[int, T] = {}
        self._only: dict[int, T | None] = {}

    def only(self, id_: int) -> T | None:
        """What a number means, once all of `at` is known; None where that is nothing, or several."""
        if id_ not in self._only:
            places = self.places_of(id_)
            self._only[id_] = self.at.get(places[0]) if len(places) == 1 else None
        return self._only[id_]


def is_id(value: object) -> bool:
    """Whether a JSON value can be an id: a number or a text."""
    return isinstance(value, int | float | str) and not isinstance(value, bool) and value != ""


def _exact(id_: object) -> object:
    return ("text", id_) if isinstance(id_, str) else id_


def _loose(id_: object) -> object:
    number = whole(id_)
    return str(id_).strip() if number is None else number
