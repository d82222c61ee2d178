"""The attributes of a project's boxes, besides those that every box has."""

from __future__ import annotations

import json
from collections.abc import Iterable

from hitl_desktop.domain.attributes import Attribute, AttributeKind
from hitl_desktop.store.database import Database


class Attributes:
    """The attributes of the boxes of a category, or of all."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Attribute]:
        """Those of all boxes first, then by category, in the order in which they were added."""
        rows = self._db.all(
            "SELECT name, kind, choices, category_id FROM attributes ORDER BY category_id, id"
        )
        return [
            Attribute(name, AttributeKind(kind), tuple(json.loads(choices)), category_id)
            for name, kind, choices, category_id in rows
        ]

    def add(self, attributes: Iterable[Attribute]) -> None:
        """Add definitions; one that is there already is replaced."""
        attributes = list(attributes)
        self.remove(attributes)
        self._db.many(
            "INSERT INTO attributes (name, kind, choices, category_id) VALUES (?, ?, ?, ?)",
            ((a.name, a.kind.value, json.dumps(a.choices), a.category_id) for a in attributes),
        )

    def remove(self, attributes: Iterable[Attribute]) -> None:
        """Delete definitions; values that boxes have stay."""
        self._db.many(
            "DELETE FROM attributes WHERE name = ? AND category_id IS ?",
            ((a.name, a.category_id) for a in attributes),
        )

    def count_uses(self, attribute: Attribute) -> int:
        """How many boxes have a value of it."""
        return self._db.scalar(
            """SELECT count(*) FROM annotations WHERE attributes IS NOT NULL AND (?2 IS NULL OR category_id = ?2)
               AND EXISTS (SELECT 1 FROM json_each(attributes) WHERE key = ?1)""",
            (attribute.name, attribute.category_id),
        )
