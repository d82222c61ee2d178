"""The review queue as the last ranking left it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.domain.review import Ranked
from hitl_desktop.store.database import Database
from hitl_desktop.store.meta import Meta

_BATCH = 2000
NOT_LOOKED_AT = "not looked at yet"
_IN_ORDER = """FROM images i LEFT JOIN queue q ON q.image_id = i.id AND q.ranking = ?
    WHERE i.state = 'undecided' AND i.reason IS NULL AND (i.split IS NULL OR i.split != 'test')
    ORDER BY q.position IS NULL, q.position, i.id"""

_CONDITIONS = {
    "status": "CASE WHEN i.reason IS NULL THEN i.state ELSE 'unreadable' END = :status",
    "text": "(i.path LIKE :text ESCAPE '!' OR q.reason LIKE :text ESCAPE '!' OR i.reason LIKE :text ESCAPE '!')",
    "category_id": "i.id IN (SELECT image_id FROM annotations WHERE category_id = :category)",
    "tag_id": "i.id IN (SELECT image_id FROM image_tags WHERE tag_id = :tag)",
    "reason": f"coalesce(q.reason, '{NOT_LOOKED_AT}') = :reason AND i.state = 'undecided'",
    "score": "q.score >= :score",
}
_ORDERS = {
    QueueOrder.ASKED: "",
    QueueOrder.NAME: "i.path, ",
    QueueOrder.BOXES: "(SELECT count(*) FROM annotations WHERE image_id = i.id) DESC, ",
    QueueOrder.PIXELS: "coalesce(i.width * i.height, 0) DESC, ",
    QueueOrder.LATEST: "(SELECT max(id) FROM decisions WHERE image_id = i.id) DESC NULLS LAST, ",
}


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
                    """DELETE FROM queue WHERE (ranking, image_id) IN
                       (SELECT ranking, image_id FROM queue WHERE ranking < ? LIMIT ?)""",
                    (active, _BATCH),
                )

    def order(self, *, limit: int | None = None) -> list[Ranked]:
        """The undecided, readable pictures in the order of the active ranking; those it does not know come last."""
        rows = self._db.all(
            f"SELECT i.id, coalesce(q.score, 0), coalesce(q.reason, '{NOT_LOOKED_AT}') {_IN_ORDER} LIMIT ?",
            (self._active(), -1 if limit is None else limit),
        )
        return [Ranked(*row) for row in rows]

    def ids(self) -> list[int]:
        """The same pictures in the same order, ids only: quick for very many."""
        return [row[0] for row in self._db.all(f"SELECT i.id {_IN_ORDER}", (self._active(),))]

    def put_back(self, image_ids: Iterable[int]) -> None:
        """Note that these pictures are to be looked at again, for a category that came after their decision."""
        self._db.many("INSERT OR IGNORE INTO put_back VALUES (?)", ((i,) for i in image_ids))

    def put_back_ids(self) -> list[int]:
        """The undecided ones of these pictures."""
        sql = "SELECT image_id FROM put_back JOIN images i ON i.id = image_id WHERE i.state = 'undecided'"
        return [row[0] for row in self._db.all(sql)]

    def looked_again(self, image_id: int) -> None:
        """A picture that was put back was decided again."""
        self._db.execute("DELETE FROM put_back WHERE image_id = ?", (image_id,))

    def place_of(self, image_id: int) -> Ranked:
        """What the active ranking says of one picture."""
        row = self._db.one(
            "SELECT score, reason FROM queue WHERE ranking = ? AND image_id = ?", (self._active(), image_id)
        )
        return Ranked(image_id, *row) if row else Ranked(image_id, 0.0, NOT_LOOKED_AT)

    def select(self, wanted: QueueFilter) -> list[int]:
        """Pictures that pass a filter, in its order; where that is the order of asking, in order of id.

        Texts are compared without regard to case (of ASCII letters).
        """
        escaped = "".join(f"!{c}" if c in "!%_" else c for c in wanted.text)
        values = {
            "ranking": self._active(), "text": f"%{escaped}%", "status": wanted.status, "reason": wanted.reason,
            "category": wanted.category_id, "tag": wanted.tag_id, "score": wanted.score,
        }  # fmt: skip
        asked = [_CONDITIONS[name] for name in _CONDITIONS if getattr(wanted, name)]
        sql = f"""SELECT i.id FROM images i LEFT JOIN queue q ON q.image_id = i.id AND q.ranking = :ranking
                  WHERE {" AND ".join(["1", *asked])} ORDER BY {_ORDERS[wanted.order]}i.id"""
        return [row[0] for row in self._db.all(sql, values)]

    def _active(self) -> int:
        return self._meta.get_id("ranking") or 0
