"""The undo journal: every edit, in order, surviving restarts."""

from __future__ import annotations

import msgspec

from hitl_desktop.domain.edits import Edit
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database


class Journal:
    """Edits done, and edits undone that may be redone."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def push(self, edit: Edit) -> None:
        """Note an edit that was just applied; what was undone before can no longer be redone."""
        self._db.execute("DELETE FROM journal WHERE undone = 1")
        self._db.execute(
            "INSERT INTO journal (at, image_id, edit) VALUES (?, ?, ?)",
            (now(), edit.image_id, msgspec.json.encode(edit)),
        )

    def amend(self, entry_id: int, edit: Edit) -> None:
        """Let an entry be a longer edit, as it goes on."""
        self._db.execute("UPDATE journal SET edit = ? WHERE id = ?", (msgspec.json.encode(edit), entry_id))

    def _peek(self, sql: str) -> tuple[int, Edit] | None:
        row = self._db.one(sql)
        return (row[0], msgspec.json.decode(row[1], type=Edit)) if row else None

    def next_undo(self) -> tuple[int, Edit] | None:
        """The edit that undo would take back."""
        return self._peek("SELECT id, edit FROM journal WHERE undone = 0 ORDER BY id DESC LIMIT 1")

    def next_redo(self) -> tuple[int, Edit] | None:
        """The edit that redo would do again."""
        return self._peek("SELECT id, edit FROM journal WHERE undone = 1 ORDER BY id LIMIT 1")

    def next_size(self, *, undone: bool) -> tuple[int | None, int]:
        """The entry that redo (of what is `undone`) or undo would do, and how long it is; None for none."""
        last = "min(id) FROM journal WHERE undone = 1" if undone else "max(id) FROM journal WHERE undone = 0"
        row = self._db.one(f"SELECT id, length(edit) FROM journal WHERE id = (SELECT {last})")
        return (row[0], row[1]) if row else (None, 0)

    def mark(self, entry_id: int, *, undone: bool) -> None:
        """Note that an entry was undone or redone."""
        self._db.execute("UPDATE journal SET undone = ? WHERE id = ?", (int(undone), entry_id))
