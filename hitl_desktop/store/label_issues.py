"""Suspicions about labels, and which of them people dismissed."""

from __future__ import annotations

from collections.abc import Iterable

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.label_issues import ISSUE_FROM, Kind, LabelIssue
from hitl_desktop.store.database import Database, Row

_COLUMNS = "id, image_id, kind, score, x, y, w, h, category_id, to_x, to_y, to_w, to_h, to_category_id"


class LabelIssues:
    """The suspicions table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace_open(self, image_ids: Iterable[int], label_issues: Iterable[LabelIssue]) -> None:
        """Store what was found on these images in place of all there that were not dismissed."""
        with self._db.transaction():
            self._db.many(
                "DELETE FROM suspicions WHERE image_id = ? AND NOT dismissed", ((i,) for i in image_ids)
            )
            self._add(label_issues, is_dismissed=False)

    def add_dismissed(self, issue: LabelIssue) -> None:
        """Store one that is not to come up."""
        self._add([issue], is_dismissed=True)

    def _add(self, label_issues: Iterable[LabelIssue], *, is_dismissed: bool) -> None:
        nothing = (None, None, None, None)
        self._db.many(
            """INSERT INTO suspicions
               (image_id, kind, score, x, y, w, h, category_id, to_x, to_y, to_w, to_h, to_category_id, dismissed)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                (
                    s.image_id, s.kind, s.score, *(s.bbox or nothing), s.category_id, *s.suggested_bbox,
                    s.suggested_category_id, int(is_dismissed),
                )
                for s in label_issues
            ),
        )  # fmt: skip

    def open(self) -> list[LabelIssue]:
        """Those not dismissed, the strongest first."""
        rows = self._db.all(f"SELECT {_COLUMNS} FROM suspicions WHERE NOT dismissed ORDER BY score DESC, id")
        return [_issue(row) for row in rows]

    def dismissed(self) -> list[LabelIssue]:
        """Those that people dismissed."""
        return [_issue(row) for row in self._db.all(f"SELECT {_COLUMNS} FROM suspicions WHERE dismissed")]

    def dismiss(self, issue_id: int, *, is_dismissed: bool = True) -> None:
        """Dismiss one, or take that back."""
        self._db.execute("UPDATE suspicions SET dismissed = ? WHERE id = ?", (int(is_dismissed), issue_id))

    def strong_of(self, image_id: int) -> list[LabelIssue]:
        """Those for which an image is suspected, the strongest first."""
        sql = f"""SELECT {_COLUMNS} FROM suspicions WHERE image_id = ? AND NOT dismissed AND score >= ?
                  ORDER BY score DESC, id"""
        return [_issue(row) for row in self._db.all(sql, (image_id, ISSUE_FROM))]

    def forget(self, issue_ids: Iterable[int]) -> None:
        """Drop some, dismissed or not."""
        self._db.many("DELETE FROM suspicions WHERE id = ?", ((i,) for i in issue_ids))


def _issue(row: Row) -> LabelIssue:
    id_, image_id, kind, score, x, y, w, h, category_id, to_x, to_y, to_w, to_h, to_category_id = row
    bbox = BBox(x, y, w, h) if x is not None else None
    return LabelIssue(
        image_id, Kind(kind), score, bbox, category_id, BBox(to_x, to_y, to_w, to_h), to_category_id, id_
    )
