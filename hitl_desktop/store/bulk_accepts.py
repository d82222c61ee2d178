"""What was accepted at once, and its samples."""

from __future__ import annotations

from collections.abc import Sequence

from hitl_desktop.domain.bulk import BulkAccept, SampledBox
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database


class BulkAccepts:
    """The bulk accepts table, and that of their samples."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, threshold: float, edit_id: int) -> int:
        """Store that something is accepted at once, by which act; what and how much follows with
        `set_sample`."""
        return self._db.insert(
            "INSERT INTO bulk_accepts (at, name, threshold, boxes, pictures, edit_id) VALUES (?, ?, ?, 0, 0, ?)",
            (now(), name, threshold, edit_id),
        )

    def set_sample(self, bulk_id: int, boxes: int, images: int, sample: Sequence[tuple[int, BBox]]) -> None:
        """Store how much was accepted so far, and which boxes of it are to be examined."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE bulk_accepts SET boxes = ?, pictures = ? WHERE id = ?", (boxes, images, bulk_id)
            )
            self._db.execute("DELETE FROM bulk_samples WHERE bulk_id = ?", (bulk_id,))
            self._db.many(
                "INSERT INTO bulk_samples (bulk_id, place, image_id, x, y, w, h) VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((bulk_id, place, image_id, *bbox) for place, (image_id, bbox) in enumerate(sample)),
            )

    def judge(self, bulk_id: int, place: int, *, is_wrong: bool | None) -> None:
        """Store whether a box of the sample is wrong; None takes that back."""
        value = None if is_wrong is None else int(is_wrong)
        self._db.execute(
            "UPDATE bulk_samples SET is_wrong = ? WHERE bulk_id = ? AND place = ?", (value, bulk_id, place)
        )

    def all(self) -> list[BulkAccept]:
        """All of them that stand, in order of time; what was undone is left out."""
        rows = self._db.all(
            """SELECT b.id, b.at, b.name, b.threshold, b.boxes, b.pictures, b.edit_id FROM bulk_accepts b
               JOIN journal j ON j.id = b.edit_id WHERE NOT j.undone ORDER BY b.id"""
        )
        return [BulkAccept(*row, sample=self._sample(row[0])) for row in rows]

    def _sample(self, bulk_id: int) -> tuple[SampledBox, ...]:
        rows = self._db.all(
            "SELECT place, image_id, x, y, w, h, is_wrong FROM bulk_samples WHERE bulk_id = ? ORDER BY place",
            (bulk_id,),
        )
        return tuple(
            SampledBox(place, image_id, BBox(x, y, w, h), None if wrong is None else bool(wrong))
            for place, image_id, x, y, w, h, wrong in rows
        )
