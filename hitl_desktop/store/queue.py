"""The review queue as the last ranking left it."""

from __future__ import annotations

from collections.abc import Sequence

from hitl_desktop.domain.review import Ranked
from hitl_desktop.store.database import Database
from hitl_desktop.store.meta import Meta

_BATCH = 2000


class Queue:
    """Rankings of pictures; one is active, a new one is written beside it and swapped in."""

    def __init__(self, db: Database) -> None:
        self._db, self._meta = db, Meta(db)

    def write(self, ranked: Sequence[Ranked]) -> int:
        """Store a ranking in small transactions, so that nobody waits long for the file; returns its number."""
        ranking = (
            max(self._db.scalar("SELECT coalesce(max(ranking), 0) FROM queue"), self._meta.get_id("ranking") or 0) + 1
        )
        for start in range(0, len(ranked), _BATCH):
            with self._db.transaction():
                self._db.many(
                    "INSERT INTO queue VALUES (?, ?, ?, ?, ?)",
                    (
                        (ranking, start + offset, item.image_id, item.score, item.reason)
                        for offset, item in enumerate(ranked[start : start + _BATCH])
                    ),
                )
        return ranking

    def activate(self, ranking: int) -> None:
        """Make a written ranking the order of the queue."""
        self._meta.set("ranking", ranking)

    def forget_old(self) -> None:
        """Delete rankings before the active one, in small transactions."""
        active = self._meta.get_id("ranking") or 0
        while self._db.one("SELECT 1 FROM queue WHERE ranking < ? LIMIT 1", (active,)):
            with self._db.transaction():
                self._db.execute(
                    """DELETE FROM queue WHERE (ranking, position) IN
                       (SELECT ranking, position FROM queue WHERE ranking < ? LIMIT ?)""",
                    (active, _BATCH),
                )

    def order(self, *, limit: int | None = None) -> list[Ranked]:
        """The undecided, readable pictures in the order of the active ranking; those it does not know come last."""
        rows = self._db.all(
            """SELECT i.id, coalesce(q.score, 0), coalesce(q.reason, 'not looked at yet') FROM images i
               LEFT JOIN queue q ON q.image_id = i.id AND q.ranking = ?
               WHERE i.state = 'undecided' AND i.reason IS NULL AND (i.split IS NULL OR i.split != 'test')
               ORDER BY q.position IS NULL, q.position, i.id LIMIT ?""",
            (self._meta.get_id("ranking") or 0, -1 if limit is None else limit),
        )
        return [Ranked(*row) for row in rows]
