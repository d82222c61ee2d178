"""The append-only record of decisions."""

from __future__ import annotations

from hitl_desktop.domain.queues import Reason
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database

_FINAL = ("accepted", "corrected", "empty")


class Decisions:
    """Who decided what, when, and how long it took."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, *decisions: Decision) -> None:
        """Append these."""
        at = now()
        self._db.many(
            """INSERT INTO decisions
               (image_id, at, kind, seconds, accepted, moved, relabelled, rejected, drawn, head_id, why, reviewer)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                       coalesce((SELECT value FROM meta WHERE key = 'reviewer'), ''))""",
            (
                (
                    d.image_id, at, d.kind.value, d.seconds, d.acts.accepted, d.acts.moved, d.acts.relabelled,
                    d.acts.rejected, d.acts.drawn, d.head_id, d.why,
                )
                for d in decisions
            ),
        )  # fmt: skip

    def count(self) -> int:
        """How many lines the record has."""
        return self._db.scalar("SELECT count(*) FROM decisions")

    def last_id(self) -> int:
        """The number of the latest line, 0 if there is none."""
        return self._db.scalar("SELECT max(id) FROM decisions") or 0

    def images_since(self, decision_id: int) -> set[int]:
        """Images about which something was decided, or undone, after this line; or skipped, if ever
        decided."""
        rows = self._db.all(
            f"""SELECT DISTINCT image_id FROM decisions d WHERE id > ? AND (kind != 'skipped' OR EXISTS (
                    SELECT 1 FROM decisions b WHERE b.image_id = d.image_id AND b.id < d.id AND b.kind IN {_FINAL}))""",
            (decision_id,),
        )
        return {row[0] for row in rows}

    def was_decided(self, image_id: int) -> bool:
        """Whether an image was ever decided, also if that was undone."""
        sql = f"SELECT 1 FROM decisions WHERE image_id = ? AND kind IN {_FINAL} LIMIT 1"
        return self._db.one(sql, (image_id,)) is not None

    def last_of(self, image_id: int) -> DecisionKind | None:
        """The latest decision about an image."""
        kind = self._db.scalar(
            "SELECT kind FROM decisions WHERE image_id = ? ORDER BY id DESC LIMIT 1", (image_id,)
        )
        return DecisionKind(kind) if kind else None

    def last_acts_of(self, image_id: int) -> Acts | None:
        """The acts of the latest decision about an image."""
        row = self._db.one(
            """SELECT accepted, moved, relabelled, rejected, drawn FROM decisions
               WHERE image_id = ? ORDER BY id DESC LIMIT 1""",
            (image_id,),
        )
        return Acts(*row) if row else None

    def why_skipped(self, image_id: int) -> str:
        """Why an image was skipped last, if a reason was given."""
        sql = "SELECT why FROM decisions WHERE image_id = ? AND kind = 'skipped' ORDER BY id DESC LIMIT 1"
        return self._db.scalar(sql, (image_id,)) or ""

    def final(self, *, among: int | None = None) -> list[Decision]:
        """The latest final decision of each decided image, in order of time, with why it was asked about at
        first and the active seconds of all its decisions; `among` so many of the latest decisions only."""
        rows = self._db.all(
            f"""SELECT d.image_id, d.kind, t.seconds, d.accepted, d.moved, d.relabelled, d.rejected, d.drawn, d.head_id,
                       f.why
                FROM (SELECT image_id, max(id) AS last, min(id) AS first, sum(seconds) AS seconds
                      FROM (SELECT * FROM decisions WHERE kind IN {_FINAL} ORDER BY id DESC LIMIT ?)
                      GROUP BY image_id) t
                JOIN decisions d ON d.id = t.last JOIN decisions f ON f.id = t.first
                JOIN images i ON i.id = d.image_id WHERE i.state = 'decided' ORDER BY t.first""",
            (-1 if among is None else among,),
        )
        return [
            Decision(image_id, DecisionKind(kind), seconds, Acts(*acts), head_id, why)
            for image_id, kind, seconds, *acts, head_id, why in rows
        ]

    def provenance(self) -> dict[int, dict[str, str | float | int]]:
        """How each decided image was decided, when, by whom and with which model version, and the active seconds of all
        decisions about it."""
        rows = self._db.all(
            f"""SELECT d.image_id, d.kind, d.at, t.seconds, d.reviewer, d.head_id
                FROM (SELECT image_id, max(id) AS last, sum(seconds) AS seconds FROM decisions
                      WHERE kind IN {_FINAL} GROUP BY image_id) t
                JOIN decisions d ON d.id = t.last JOIN images i ON i.id = d.image_id WHERE i.state = 'decided'"""
        )
        keys = ("kind", "at", "seconds", "reviewer", "model_version")
        return {
            image_id: {key: value for key, value in zip(keys, values, strict=True) if value not in {None, ""}}
            for image_id, *values in rows
        }

    def asked_because(self, why: Reason) -> set[int]:
        """The images that were decided when they were asked about for this reason."""
        return {
            row[0] for row in self._db.all("SELECT DISTINCT image_id FROM decisions WHERE why = ?", (why,))
        }

    def decided_order(self) -> list[int]:
        """Images in order of their latest final decision."""
        rows = self._db.all(
            """SELECT d.image_id FROM decisions d JOIN images i ON i.id = d.image_id WHERE i.state != 'undecided'
               GROUP BY d.image_id ORDER BY max(d.id)"""
        )
        return [row[0] for row in rows]

    def latest_final(self) -> dict[int, int]:
        """The number of the latest final decision of each decided image."""
        rows = self._db.all(
            f"""SELECT d.image_id, max(d.id) FROM decisions d JOIN images i ON i.id = d.image_id
                WHERE i.state = 'decided' AND d.kind IN {_FINAL} GROUP BY d.image_id"""
        )
        return dict(rows)

    def first_holding(self) -> dict[int, int]:
        """By category, the number of the first decision that still counts on an image with a box of that
        category."""
        rows = self._db.all(
            f"""SELECT a.category_id, min(l.last) FROM annotations a JOIN (
                    SELECT d.image_id, max(d.id) AS last FROM decisions d JOIN images i ON i.id = d.image_id
                    WHERE i.state = 'decided' AND d.kind IN {_FINAL} GROUP BY d.image_id) l ON l.image_id = a.image_id
                GROUP BY a.category_id"""
        )
        return dict(rows)

    def last_undone(self) -> set[int]:
        """The images whose latest decision is that it was undone."""
        rows = self._db.all(
            """SELECT image_id FROM decisions
               WHERE id IN (SELECT max(id) FROM decisions GROUP BY image_id) AND kind = 'undone'"""
        )
        return {row[0] for row in rows}

    def acts(self) -> Acts:
        """All acts of the latest final decision of each decided image."""
        row = self._db.one(
            f"""SELECT coalesce(sum(accepted), 0), coalesce(sum(moved), 0), coalesce(sum(relabelled), 0),
                       coalesce(sum(rejected), 0), coalesce(sum(drawn), 0)
                FROM decisions WHERE id IN (
                    SELECT max(d.id) FROM decisions d JOIN images i ON i.id = d.image_id
                    WHERE i.state = 'decided' AND d.kind IN {_FINAL} GROUP BY d.image_id)"""
        )
        return Acts(*row) if row else Acts()
