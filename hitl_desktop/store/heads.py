"""Versions of the head; all are kept, one is active."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database
from hitl_desktop.store.meta import Meta


@dataclass(frozen=True, slots=True)
class HeadSummary:
    """What a head version learned from, and how it did on what it had not seen.

    `first_sight_right` of `first_sight_total` proposals were named right by the head of their time before it was
    taught their picture. Decisions up to `last_decision` were known.
    """

    pictures: int
    boxes: int
    categories: int
    seconds: float
    temperature: float
    first_sight_right: int = 0
    first_sight_total: int = 0
    last_decision: int = 0


@dataclass(frozen=True, slots=True)
class HeadVersion:
    """A stored head; `weights` are the bytes that the naming head made."""

    id: int
    created: str
    model_id: int
    weights: bytes
    summary: HeadSummary


class Heads:
    """The head versions table."""

    def __init__(self, db: Database) -> None:
        self._db, self._meta = db, Meta(db)

    def add(self, model_id: int, weights: bytes, summary: HeadSummary, finding: bytes | None = None) -> int:
        """Store a version, with the bytes of its finding head if it has one; it is not active yet."""
        return self._db.insert(
            "INSERT INTO head_versions (created, model_id, weights, summary, finding) VALUES (?, ?, ?, ?, ?)",
            (now(), model_id, weights, json.dumps(asdict(summary)), finding),
        )

    def get(self, head_id: int) -> HeadVersion | None:
        """One version."""
        row = self._db.one("SELECT id, created, model_id, weights, summary FROM head_versions WHERE id = ?", (head_id,))
        if row is None:
            return None
        id_, created, model_id, weights, summary = row
        return HeadVersion(id_, created, model_id, weights, HeadSummary(**json.loads(summary)))

    def finding_of(self, head_id: int) -> bytes | None:
        """The bytes that the finding head of a version made, if it has one; with many categories megabytes."""
        return self._db.scalar("SELECT finding FROM head_versions WHERE id = ?", (head_id,))

    def active(self) -> HeadVersion | None:
        """The version that names proposals now."""
        head_id = self.active_id()
        return self.get(head_id) if head_id is not None else None

    def active_id(self) -> int | None:
        """The id of the active version."""
        return self._meta.get_id("active_head")

    def activate(self, head_id: int | None) -> None:
        """Make a version active, or none."""
        self._meta.set("active_head", head_id)
