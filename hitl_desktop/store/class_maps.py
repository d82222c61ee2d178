"""Which category a class of a detector is mapped to."""

from __future__ import annotations

from collections.abc import Mapping

from hitl_desktop.store.database import Database


class ClassMaps:
    """The class maps table: by the hash of a detector what people chose, and nothing for all other
    classes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, detector: str) -> dict[str, int]:
        """The category id of each class that was mapped; 0: it is not shown."""
        return dict(self._db.all("SELECT class, category_id FROM class_maps WHERE detector = ?", (detector,)))

    def set(self, detector: str, mapping: Mapping[str, int]) -> None:
        """Replace what was chosen."""
        with self._db.transaction():
            self._db.execute("DELETE FROM class_maps WHERE detector = ?", (detector,))
            rows = ((detector, name, category_id) for name, category_id in mapping.items())
            self._db.many("INSERT INTO class_maps VALUES (?, ?, ?)", rows)
