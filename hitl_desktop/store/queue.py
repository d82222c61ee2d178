"""The review queue as the last ranking left it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hitl_desktop.domain.label_issues import ISSUE_FROM
from hitl_desktop.domain.queue_filter import QueueFilter, QueueOrder
from hitl_desktop.domain.queues import OF_DECIDED, QueueReason, Reason
from hitl_desktop.domain.review import Ranked
from hitl_desktop.store.database import Database, Row
from hitl_desktop.texts import REASON_TEXT, SKIP_TEXT, codes_with

_LOOKED_AGAIN = "looked_again"
_QUEUES = f"coalesce(q.queues, {int(QueueReason.UNSEEN)})"
_WAITS = "WHERE i.state = 'undecided' AND i.reason IS NULL AND (i.split IS NULL OR i.split != 'test')"
_SUSPECTED = f"""SELECT s.image_id FROM suspicions s JOIN images j ON j.id = s.image_id
    WHERE NOT dismissed AND s.score >= {ISSUE_FROM} AND j.state = 'decided' AND j.reason IS NULL
    AND (s.x IS NULL OR EXISTS (
        SELECT 1 FROM annotations a WHERE a.image_id = s.image_id AND a.category_id = s.category_id
        AND a.x = s.x AND a.y = s.y AND a.w = s.w AND a.h = s.h))"""
_ASKED_AGAIN = (
    "SELECT image_id FROM asked_again JOIN images i ON i.id = image_id WHERE why = :why AND i.state = :state"
)
_WAITING = f"SELECT id FROM images i {_WAITS} ORDER BY id"

_CONDITIONS = {
    "status": "CASE WHEN i.reason IS NULL THEN i.state ELSE 'unreadable' END = :status",
    "text": """(i.path LIKE :text ESCAPE '!' OR i.reason LIKE :text ESCAPE '!'
                OR q.reason IN (SELECT value FROM json_each(:reasons))
                OR (i.state = 'skipped' AND i.id IN
                    (SELECT image_id FROM decisions WHERE kind = 'skipped' AND (why LIKE :text ESCAPE '!'
                     OR why IN (SELECT value FROM json_each(:skip_reasons))))))""",
    "tag_id": "i.id IN (SELECT image_id FROM image_tags WHERE tag_id = :tag)",
    "queue": f"""CASE :queue WHEN {int(QueueReason.SUSPECTED)} THEN i.id IN ({_SUSPECTED})
                 WHEN {int(QueueReason.AGAIN)} THEN i.id IN (SELECT image_id FROM asked_again WHERE why = :queue)
                 ELSE i.state = 'undecided' AND i.reason IS NULL AND coalesce(i.split, '') != 'test' AND CASE :queue
                      WHEN {int(QueueReason.EDGE)} THEN i.id IN (SELECT image_id FROM image_sets)
                      ELSE {_QUEUES} & :queue END END""",
    "image_set": "i.id IN (SELECT image_id FROM image_sets WHERE name = :image_set)",
    "score": "q.score >= :score",
}
_BOXES = """FROM annotations WHERE (:category IS NULL OR category_id = :category)
            AND (:size = '' OR (w * h >= :area_from AND w * h < :area_below))"""
_HAS_BOX = f"i.id IN (SELECT image_id {_BOXES})"
_COUNTS = {
    "more_than": f"i.id IN (SELECT image_id {_BOXES} GROUP BY image_id HAVING count(*) > :more_than)",
    "fewer_than": f"i.id NOT IN (SELECT image_id {_BOXES} GROUP BY image_id HAVING count(*) >= :fewer_than)",
}
_ORDERS = {
    QueueOrder.ASKED: "",
    QueueOrder.NAME: "i.path, ",
    QueueOrder.BOXES: "(SELECT count(*) FROM annotations WHERE image_id = i.id) DESC, ",
    QueueOrder.PIXELS: "coalesce(i.width * i.height, 0) DESC, ",
    QueueOrder.LATEST: "(SELECT max(id) FROM decisions WHERE image_id = i.id) DESC NULLS LAST, ",
}


@dataclass(frozen=True, slots=True)
class Ranking:
    """A new order of asking: the ids of all images in it, score and reason of those that were ranked, the
    groups of images that show nearly the same, and decided images that are to be reviewed again (some
    are in the order)."""

    ids: Sequence[int]
    ranked: Sequence[Ranked] = ()
    groups: Mapping[int, str] = field(default_factory=dict[int, str])
    again: Mapping[int, QueueReason] = field(default_factory=dict[int, QueueReason])


class Queue:
    """The order of asking, and score and reason of each image when it was last ranked."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def take(self, ranking: Ranking) -> None:
        """Make a ranking the order of asking, within the caller's transaction: a blob and the rows that
        changed."""
        self._db.execute(
            "INSERT OR REPLACE INTO queue_order VALUES (1, ?)", (np.array(ranking.ids, "<i8").tobytes(),)
        )
        drawn = int(QueueReason.RANDOM | QueueReason.EDGE)
        self._db.execute("UPDATE queue SET queues = queues & ~?1 WHERE queues & ?1", (drawn,))
        self._db.many(
            """INSERT INTO queue VALUES (?, ?, ?, ?) ON CONFLICT (image_id) DO UPDATE
               SET score = excluded.score, reason = excluded.reason, queues = excluded.queues""",
            ((r.image_id, r.score, r.reason, int(r.queues)) for r in ranking.ranked),
        )
        old = "why != ? OR image_id NOT IN (SELECT id FROM images WHERE state = 'undecided')"
        self._db.execute(f"DELETE FROM asked_again WHERE {old}", (int(QueueReason.EXPECTED),))
        self._ask_again(ranking.again)
        known = dict(self._db.all("SELECT id, same_as FROM images WHERE same_as IS NOT NULL"))
        new = (
            (group, image_id) for image_id, group in ranking.groups.items() if known.get(image_id) != group
        )
        self._db.many("UPDATE images SET same_as = ? WHERE id = ?", new)

    def order(self, *, limit: int | None = None) -> list[Ranked]:
        """The undecided, readable images in the order of asking; those it does not know come last."""
        ids = self.ids()[:limit]
        if limit is not None:
            return list(self.places_of(ids).values())
        rows = self._db.all("SELECT image_id, score, reason, queues FROM queue")
        ranked = {row[0]: _ranked(row) for row in rows}
        return [ranked.get(image_id) or _unseen(image_id) for image_id in ids]

    def ids(self) -> list[int]:
        """The same images in the same order, ids only: quick for very many."""
        return self._ordered({})

    def walk(self) -> tuple[list[int], dict[int, QueueReason]]:
        """The same, with decided images that are to be reviewed again where they have their turn, and
        why."""
        again = {i: why for why in OF_DECIDED for i in self._asked_again(why, "decided")}
        order = self._ordered(again)
        return order, {
            image_id: again[image_id] for image_id in order if image_id in again
        } if again else again

    def due(self) -> set[int]:
        """Decided images that are to be labelled once more, in the order or not."""
        return set(self._asked_again(QueueReason.AGAIN, "decided"))

    def _ordered(self, too: Mapping[int, QueueReason]) -> list[int]:
        waiting = {
            row[0]: None for row in self._db.execute(_WAITING)
        }  # a list of all rows would be garbage to look through
        blob = self._db.scalar("SELECT ids FROM queue_order")
        known: list[int] = np.frombuffer(blob or b"", "<i8").tolist()
        first = [image_id for image_id in known if image_id in waiting or image_id in too]
        for image_id in first:
            waiting.pop(image_id, None)
        return [*first, *waiting]

    def in_queue(self, why: QueueReason) -> set[int]:
        """The images of a queue, whatever became of them."""
        sql = "SELECT image_id FROM queue WHERE queues & ?"
        return {row[0] for row in self._db.execute(sql, (int(why),))}

    def scores(self) -> dict[int, float]:
        """How much each ranked image is worth asking about."""
        return dict(self._db.execute("SELECT image_id, score FROM queue"))

    def note_reopened_for_new_category(self, image_ids: Iterable[int]) -> None:
        """Note that these images are to be reviewed again, for a category that came after their
        decision."""
        self._ask_again(dict.fromkeys(image_ids, QueueReason.EXPECTED))

    def _ask_again(self, images: Mapping[int, QueueReason]) -> None:
        self._db.many(
            "INSERT OR REPLACE INTO asked_again VALUES (?, ?)", ((i, int(w)) for i, w in images.items())
        )

    def reopened_for_new_category(self) -> list[int]:
        """The undecided ones of these images."""
        return self._asked_again(QueueReason.EXPECTED, "undecided")

    def _asked_again(self, why: QueueReason, state: str) -> list[int]:
        return [row[0] for row in self._db.all(_ASKED_AGAIN, {"why": int(why), "state": state})]

    def note_reviewed(self, image_id: int) -> QueueReason:
        """An image was decided, perhaps again; returns why that was asked for, if it was."""
        why = QueueReason(
            self._db.scalar("DELETE FROM asked_again WHERE image_id = ? RETURNING why", (image_id,)) or 0
        )
        if why & OF_DECIDED:
            self._db.execute(
                "INSERT INTO meta VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1",
                (_LOOKED_AGAIN,),
            )
        return why

    def turns(self) -> int:
        """How many turns of the order were taken: images that were decided or skipped, or looked at
        again."""
        done = self._db.scalar("SELECT count(*) FROM images WHERE state != 'undecided'")
        return done + int(self._db.scalar("SELECT value FROM meta WHERE key = ?", (_LOOKED_AGAIN,)) or 0)

    def places_of(self, image_ids: Sequence[int]) -> dict[int, Ranked]:
        """Why these images are asked about, and how much; also those that were not ranked yet."""
        sql = """SELECT image_id, score, reason, queues FROM queue
                 WHERE image_id IN (SELECT value FROM json_each(?))"""
        found = {row[0]: _ranked(row) for row in self._db.all(sql, (json.dumps(list(image_ids)),))}
        return {i: found.get(i) or _unseen(i) for i in image_ids}

    def counts(self) -> dict[QueueReason, int]:
        """How many images wait in each queue."""
        sums = ", ".join(f"coalesce(sum({_QUEUES} & {int(why)} != 0), 0)" for why in QueueReason)
        row = self._db.one(f"SELECT {sums} FROM images i LEFT JOIN queue q ON q.image_id = i.id {_WAITS}")
        edge = self._db.scalar(
            f"SELECT count(*) FROM images i {_WAITS} AND id IN (SELECT image_id FROM image_sets)"
        )
        return dict(zip(QueueReason, row or (), strict=False)) | {
            QueueReason.EDGE: edge,
            QueueReason.SUSPECTED: self._db.scalar(f"SELECT count(DISTINCT image_id) FROM ({_SUSPECTED})"),
            QueueReason.AGAIN: len(self._asked_again(QueueReason.AGAIN, "decided")),
        }

    def flags(self) -> dict[int, int]:
        """The queues (a `QueueReason`) of all ranked images, and of those that never wait."""
        test = "SELECT id, 0 FROM images WHERE split = 'test'"
        return {
            **dict(self._db.execute("SELECT image_id, queues FROM queue")),
            **dict(self._db.execute(test)),
        }

    def select(self, wanted: QueueFilter) -> list[int]:
        """Images that pass a filter, but for its `finding`, in its order; where that is the order of asking, in
        order of id.

        Texts are compared without regard to case (of ASCII letters).
        """
        escaped = "".join(f"!{c}" if c in "!%_" else c for c in wanted.text)
        low, high = wanted.size.areas if wanted.size is not None else (0.0, 0.0)
        values = {
            "text": f"%{escaped}%", "status": wanted.status, "queue": wanted.queue, "image_set": wanted.image_set,
            "reasons": json.dumps(codes_with(wanted.text, REASON_TEXT)),
            "skip_reasons": json.dumps(codes_with(wanted.text, SKIP_TEXT)),
            "category": wanted.category_id, "tag": wanted.tag_id, "score": wanted.score,
            "size": wanted.size or "", "area_from": low, "area_below": high,
            "more_than": wanted.more_than, "fewer_than": wanted.fewer_than,
        }  # fmt: skip
        asked = [_CONDITIONS[name] for name in _CONDITIONS if getattr(wanted, name)]
        asked += [_COUNTS[name] for name in _COUNTS if getattr(wanted, name) is not None]
        if (wanted.category_id or wanted.size) and not (wanted.counts_boxes or wanted.finding):
            asked.append(_HAS_BOX)
        sql = f"""SELECT i.id FROM images i LEFT JOIN queue q ON q.image_id = i.id
                  WHERE {" AND ".join(["1", *asked])} ORDER BY {_ORDERS[wanted.order]}i.id"""
        return [row[0] for row in self._db.all(sql, values)]


def _ranked(row: Row) -> Ranked:
    image_id, score, reason, queues = row
    return Ranked(image_id, score, reason, QueueReason(queues))


def _unseen(image_id: int) -> Ranked:
    return Ranked(image_id, 0.0, Reason.UNSEEN, QueueReason.UNSEEN)
