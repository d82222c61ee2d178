"""Categories and tags: names whose ids never move."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from hitl_desktop.domain.categories import UNNAMED, Category, Tag, clean_name, name_key, normalise_name
from hitl_desktop.errors import HitlError
from hitl_desktop.store.database import Database, Row
from hitl_desktop.translation import tr

T = TypeVar("T", Category, Tag)
_APART = "\x1f"
"""Before the key of a category whose name people would type as that of another: no other key holds white
space."""


class Names(Generic[T]):
    """A table of names, matched without regard to case and spacing."""

    def __init__(self, db: Database, table: str, make: type[T]) -> None:
        self._db, self._table, self._make = db, table, make

    def all(self) -> list[T]:
        """All, in order of id."""
        return [self._make(*row) for row in self._db.all(f"SELECT id, name FROM {self._table} ORDER BY id")]

    def find(self, name: str) -> T | None:
        """The one with this name, if any."""
        row = self._db.one(
            f"SELECT id, name FROM {self._table} WHERE normalised = ?", (normalise_name(name),)
        )
        return self._make(*row) if row else None

    def ensure(self, name: str, *, wanted_id: int | None = None) -> T:
        """The one with this name, added when new, under `wanted_id` if that is free.

        Raises:
            HitlError: the name is empty.
        """
        return self.find(name) or self._insert(name, normalise_name(name), wanted_id)

    def _insert(self, name: str, key: str, wanted_id: int | None) -> T:
        if not key:
            raise HitlError(
                tr("A name needs at least one letter or digit."),
                hint=tr('Type a name, such as "red blood cell".'),
            )
        if wanted_id is not None and (
            wanted_id < 1 or self._db.one(f"SELECT 1 FROM {self._table} WHERE id = ?", (wanted_id,))
        ):
            wanted_id = None
        new_id = self._db.insert(
            f"INSERT INTO {self._table} (id, name, normalised) VALUES (?, ?, ?)",
            (wanted_id, clean_name(name), key),
        )
        return self._make(new_id, clean_name(name))


_COLUMNS = "id, name, colour, hotkey, retired, merged_into"


def _category(row: Row) -> Category:
    id_, name, colour, hotkey, retired, merged_into = row
    return Category(id_, name, colour, hotkey, bool(retired), merged_into)


class Categories(Names[Category]):
    """The classes of objects; those that were retired are not offered, but their boxes keep them."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, "categories", Category)

    def all(self) -> list[Category]:
        """Those that are offered, and retired ones that have boxes, in order of id."""
        rows = self._db.all(f"SELECT {_COLUMNS} FROM categories WHERE NOT retired OR boxes > 0 ORDER BY id")
        return [_category(row) for row in rows]

    def get(self, category_id: int) -> Category | None:
        """One by id, also a retired one."""
        row = self._db.one(f"SELECT {_COLUMNS} FROM categories WHERE id = ?", (category_id,))
        return _category(row) if row else None

    def find(self, name: str) -> Category | None:
        """The one with this name, or the one that it was merged into."""
        known = self.by_name()
        category_id = known.get(_APART + name_key(name), known.get(normalise_name(name)))
        return self.get(category_id) if category_id is not None else None

    def by_name(self) -> dict[str, int]:
        """The category that each normalised name stands for, those of merged ones included."""
        rows = self._db.all("SELECT normalised, id, retired, merged_into FROM categories")
        merged = {id_: into for _, id_, _, into in rows}
        offered = {id_ for _, id_, retired, _ in rows if not retired}
        found: dict[str, int] = {}
        for name, id_, _, _ in rows:
            end, steps = id_, 0
            while end not in offered and merged.get(end) is not None and steps < len(rows):
                end, steps = merged[end], steps + 1
            if end in offered:
                found[name] = end
        return found

    def merged(self) -> dict[int, int]:
        """For each category that was merged, the one that it is now."""
        into = dict(self._db.all("SELECT id, merged_into FROM categories WHERE merged_into IS NOT NULL"))
        ends: dict[int, int] = {}
        for start in into:
            end = start
            while end in into:
                end = into[end]
            ends[start] = end
        return ends

    def merged_names(self) -> dict[str, Category]:
        """The category that each very name (`name_key`) was merged into."""
        found: dict[str, Category] = {}
        for start, end in self.merged().items():
            before, now = self.get(start), self.get(end)
            if before is not None and now is not None and not now.retired:
                found[name_key(before.name)] = now
        return found

    @staticmethod
    def is_unnamed(name: str) -> bool:
        """Whether people would type a name as that of the boxes that wait for a category."""
        return normalise_name(name) == normalise_name(UNNAMED)

    def ensure(self, name: str, *, wanted_id: int | None = None) -> Category:
        """As for all names; one that was retired is offered again."""
        return self.find(name) or self._offer(name, wanted_id)

    def add_all(self, names: Iterable[str]) -> list[Category]:
        """Those of these names that were not offered yet, each once; `ensure` for each reads all every time.

        Raises:
            HitlError: one is no name.
        """
        known = self.by_name()
        new = {
            normalise_name(n): n
            for n in names
            if not known.keys() & {normalise_name(n), _APART + name_key(n)}
        }
        return [self._offer(name) for name in new.values()]

    def _offer(self, name: str, wanted_id: int | None = None) -> Category:
        if self.is_unnamed(name):
            raise HitlError(
                tr('"{unnamed}" is kept for boxes without a category.', unnamed=UNNAMED),
                hint=tr("Type another name."),
            )
        row = self._db.one("SELECT id FROM categories WHERE normalised = ?", (normalise_name(name),))
        if row is None:
            return self._insert(name, normalise_name(name), wanted_id)
        return self._revive(row[0])

    def ensure_apart(self, name: str, *, wanted_id: int | None = None) -> Category:
        """One with this very name beside another that people would type the same way ("M1" beside "M-1")."""
        row = self._db.one("SELECT id FROM categories WHERE normalised = ?", (_APART + name_key(name),))
        if row is None:
            return self._insert(name, _APART + name_key(name), wanted_id)
        return self._revive(row[0])

    def _revive(self, category_id: int) -> Category:
        self._db.execute("UPDATE categories SET retired = 0, merged_into = NULL WHERE id = ?", (category_id,))
        revived = self.get(category_id)
        assert revived is not None  # noqa: S101 - it was just found
        return revived

    def unnamed_id(self) -> int | None:
        """The category of boxes that wait for theirs; None where no box ever did."""
        row = self._db.one("SELECT id FROM categories WHERE normalised = ?", (normalise_name(UNNAMED),))
        return row[0] if row else None

    def ensure_unnamed(self) -> int:
        """The category of boxes that wait for theirs, added when first needed; it is never offered."""
        found = self.unnamed_id()
        if found is not None:
            return found
        return self._db.insert(
            "INSERT INTO categories (name, normalised, retired) VALUES (?, ?, 1)",
            (UNNAMED, normalise_name(UNNAMED)),
        )

    def update(self, category: Category) -> None:
        """Rename, recolour, retire ...

        Raises:
            HitlError: another category has this name, or it is no name.
        """
        key = normalise_name(category.name)
        if key == normalise_name(UNNAMED) and category.id != self.unnamed_id():
            raise HitlError(
                tr('"{unnamed}" is kept for boxes without a category.', unnamed=UNNAMED),
                hint=tr("Type another name."),
            )
        if not key:
            raise HitlError(
                tr("A name needs at least one letter or digit."),
                hint=tr('Type a name, such as "red blood cell".'),
            )
        apart = _APART + name_key(category.name)
        if self._db.one("SELECT 1 FROM categories WHERE id = ? AND normalised = ?", (category.id, apart)):
            key = apart
        other = self._db.one(
            "SELECT name FROM categories WHERE normalised = ? AND id != ?", (key, category.id)
        )
        if other is not None:
            raise HitlError(
                tr('There is a category "{other}" already.', other=other[0]),
                hint=tr("Merge the two, or choose another name."),
            )
        self._db.execute(
            """UPDATE categories SET name = ?, normalised = ?, colour = ?, hotkey = ?, retired = ?, merged_into = ?
               WHERE id = ?""",
            (
                clean_name(category.name), key, category.colour, category.hotkey, int(category.retired),
                category.merged_into, category.id,
            ),
        )  # fmt: skip


class Tags(Names[Tag]):
    """The words about whole images."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, "tags", Tag)
