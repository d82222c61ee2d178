"""Audits and their verdicts; nothing else reads them, so that no head learns from a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from hitl_desktop.domain.audits import Audit, Error, Verdict
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database


class Audits:
    """The audits and their images."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, claim: float, population: int, image_ids: Sequence[int]) -> int:
        """Store what is to be looked at; that is never changed."""
        with self._db.transaction():
            audit_id = self._db.insert(
                "INSERT INTO audits (created, claim, population) VALUES (?, ?, ?)", (now(), claim, population)
            )
            self._db.many(
                "INSERT INTO audit_pictures (audit_id, place, image_id) VALUES (?, ?, ?)",
                ((audit_id, place, image_id) for place, image_id in enumerate(image_ids)),
            )
        return audit_id

    def judge(self, audit_id: int, verdict: Verdict) -> None:
        """Store what was found on an image, in place of what was said of it before."""
        self._db.execute(
            "UPDATE audit_pictures SET errors = ?, seconds = ? WHERE audit_id = ? AND image_id = ?",
            (",".join(sorted(e.name for e in verdict.errors)), verdict.seconds, audit_id, verdict.image_id),
        )

    def get(self, audit_id: int) -> Audit | None:
        """One audit."""
        return next((audit for audit in self.all() if audit.id == audit_id), None)

    def all(self) -> list[Audit]:
        """All audits, the oldest first: one that was given up stays on record."""
        return [
            Audit(audit_id, created, claim, population, *self._images(audit_id))
            for audit_id, created, claim, population in self._db.all(
                "SELECT id, created, claim, population FROM audits ORDER BY id"
            )
        ]

    def _images(self, audit_id: int) -> tuple[tuple[int, ...], tuple[Verdict, ...]]:
        rows = self._db.all(
            "SELECT image_id, errors, seconds FROM audit_pictures WHERE audit_id = ? ORDER BY place",
            (audit_id,),
        )
        verdicts = tuple(
            Verdict(image_id, frozenset(Error[name] for name in errors.split(",") if name), seconds)
            for image_id, errors, seconds in rows
            if errors is not None
        )
        return tuple(row[0] for row in rows), verdicts
