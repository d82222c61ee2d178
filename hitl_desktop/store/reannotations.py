"""Images that were labelled once more; nothing that teaches reads them."""

from __future__ import annotations

import msgspec

from hitl_desktop.domain.reannotation import LabelledBox, Reannotation
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database


class Reannotations:
    """The table of reannotations."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, reannotation: Reannotation) -> None:
        """Store one."""
        before, again = (
            msgspec.json.encode(boxes).decode() for boxes in (reannotation.before, reannotation.again)
        )
        self._db.execute(
            "INSERT INTO second_looks (image_id, before, again, seconds, at) VALUES (?, ?, ?, ?, ?)",
            (reannotation.image_id, before, again, reannotation.seconds, now()),
        )

    def all(self) -> list[Reannotation]:
        """All of them, in order of time."""
        rows = self._db.all("SELECT image_id, before, again, seconds, at FROM second_looks ORDER BY id")
        read = msgspec.json.Decoder(tuple[LabelledBox, ...]).decode
        return [
            Reannotation(i, read(before), read(again), seconds, at) for i, before, again, seconds, at in rows
        ]
