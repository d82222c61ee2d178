"""Suspicions about labels, and which of them people dismissed."""

from __future__ import annotations

from collections.abc import Iterable

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.suspicions import Kind, Suspicion
from hitl_desktop.store.database import Database, Row

_COLUMNS = "id, image_id, kind, score, x, y, w, h, category_id, to_x, to_y, to_w, to_h, to_category_id"


class Suspicions:
    """The suspicions table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace_open(self, suspicions: Iterable[Suspicion]) -> None:
        """Store new ones in place of all that nobody dismissed."""
        nothing = (None, None, None, None)
        rows = [
            (
                s.image_id,
                s.kind,
                s.score,
                *(s.bbox or nothing),
                s.category_id,
                *s.suggested_bbox,
                s.suggested_category_id,
            )
            for s in suspicions
        ]
        with self._db.transaction():
            self._db.execute("DELETE FROM suspicions WHERE NOT dismissed")
            self._db.many(
                """INSERT INTO suspicions
                   (image_id, kind, score, x, y, w, h, category_id, to_x, to_y, to_w, to_h, to_category_id)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                rows,
            )

    def open(self) -> list[Suspicion]:
        """Those nobody dismissed, the strongest first."""
        rows = self._db.all(f"SELECT {_COLUMNS} FROM suspicions WHERE NOT dismissed ORDER BY score DESC, id")
        return [_suspicion(row) for row in rows]

    def dismissed(self) -> list[Suspicion]:
        """Those that people dismissed."""
        return [_suspicion(row) for row in self._db.all(f"SELECT {_COLUMNS} FROM suspicions WHERE dismissed")]

    def dismiss(self, suspicion_id: int, *, is_dismissed: bool = True) -> None:
        """Dismiss one, or take that back."""
        self._db.execute("UPDATE suspicions SET dismissed = ? WHERE id = ?", (int(is_dismissed), suspicion_id))

    def forget(self, suspicion_ids: Iterable[int]) -> None:
        """Drop some, dismissed or not."""
        self._db.many("DELETE FROM suspicions WHERE id = ?", ((i,) for i in suspicion_ids))


def _suspicion(row: Row) -> Suspicion:
    id_, image_id, kind, score, x, y, w, h, category_id, to_x, to_y, to_w, to_h, to_category_id = row
    bbox = BBox(x, y, w, h) if x is not None else None
    return Suspicion(image_id, Kind(kind), score, bbox, category_id, BBox(to_x, to_y, to_w, to_h), to_category_id, id_)
