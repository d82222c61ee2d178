"""Verdicts of validation; nothing that teaches reads them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hitl_desktop.domain.validation import JudgedBox, Validated
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database, Row

_COLUMNS = """id, image_id, head_id, seconds, boxes, at,
    EXISTS (SELECT 1 FROM journal WHERE journal.id = promoted AND NOT undone)"""


class Validations:
    """The validations table: a row for each image and head."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, validated: Validated) -> int:
        """Store the verdicts on an image, in place of those on the same head before."""
        with self._db.transaction():
            self._db.execute(
                "DELETE FROM validations WHERE image_id = ? AND head_id IS ?",
                (validated.image_id, validated.head_id),
            )
            return self._db.insert(
                "INSERT INTO validations (image_id, head_id, seconds, boxes, at) VALUES (?, ?, ?, ?, ?)",
                (
                    validated.image_id, validated.head_id, validated.seconds,
                    msgspec.json.encode(validated.boxes).decode(), now(),
                ),
            )  # fmt: skip

    def forget(self, validation_id: int) -> None:
        """Take verdicts back."""
        self._db.execute("DELETE FROM validations WHERE id = ?", (validation_id,))

    def all(self) -> list[Validated]:
        """All verdicts, in order of time."""
        return [_validated(row) for row in self._db.all(f"SELECT {_COLUMNS} FROM validations ORDER BY id")]

    def mark_promoted(self, validation_ids: Iterable[int], edit_id: int) -> None:
        """Note by which edit people made these training data; while it is undone they are none."""
        self._db.many(
            "UPDATE validations SET promoted = ? WHERE id = ?", ((edit_id, i) for i in validation_ids)
        )


def _validated(row: Row) -> Validated:
    id_, image_id, head_id, seconds, boxes, at, promoted = row
    judged = msgspec.json.decode(boxes, type=tuple[JudgedBox, ...])
    return Validated(image_id, head_id, seconds, judged, id_, at, bool(promoted))
