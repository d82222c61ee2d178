"""Categories and tags: names whose ids never move."""

from __future__ import annotations

from typing import Generic, TypeVar

from hitl_desktop.domain.categories import Category, Tag, clean_name, normalise_name
from hitl_desktop.errors import HitlError
from hitl_desktop.store.database import Database

T = TypeVar("T", Category, Tag)


class Names(Generic[T]):
    """A table of names, matched without regard to case and spacing."""

    def __init__(self, db: Database, table: str, make: type[T]) -> None:
        self._db, self._table, self._make = db, table, make

    def all(self) -> list[T]:
        """All, in order of id."""
        return [self._make(*row) for row in self._db.all(f"SELECT id, name FROM {self._table} ORDER BY id")]

    def find(self, name: str) -> T | None:
        """The one with this name, if any."""
        row = self._db.one(f"SELECT id, name FROM {self._table} WHERE normalised = ?", (normalise_name(name),))
        return self._make(*row) if row else None

    def ensure(self, name: str, *, wanted_id: int | None = None) -> T:
        """The one with this name, added when new, under `wanted_id` if that is free.

        Raises:
            HitlError: the name is empty.
        """
        if not normalise_name(name):
            raise HitlError("A name needs at least one letter or digit.", hint='Type a name, such as "red blood cell".')
        found = self.find(name)
        if found:
            return found
        if wanted_id is not None and (
            wanted_id < 1 or self._db.one(f"SELECT 1 FROM {self._table} WHERE id = ?", (wanted_id,))
        ):
            wanted_id = None
        new_id = self._db.insert(
            f"INSERT INTO {self._table} (id, name, normalised) VALUES (?, ?, ?)",
            (wanted_id, clean_name(name), normalise_name(name)),
        )
        return self._make(new_id, clean_name(name))


class Categories(Names[Category]):
    """The classes of objects."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, "categories", Category)


class Tags(Names[Tag]):
    """The words about whole pictures."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, "tags", Tag)
