"""The undo journal: every edit, in order, surviving restarts."""

from __future__ import annotations

import msgspec

from hitl_desktop.domain.edits import Edit
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database

_ACT = "coalesce(act, id)"


class Journal:
    """Edits done, and edits undone that may be redone.

    An act on very many images has an edit for each portion of them. It stands where it began in the order
    of undo, and its number, like that of an act with a single edit, is its first entry's.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def push(self, edit: Edit, *, act: int | None = None, number: int | None = None) -> int:
        """Note an edit that was just applied and return its number; what was undone before can no longer be
        redone.

        An edit that is a further portion of a long `act`, or takes a `number` that was reserved for it,
        leaves what was undone meanwhile as it is.
        """
        if act is None:
            later = self.last_id() + 1 if number is None else number
            self._db.execute("DELETE FROM journal WHERE undone = 1 AND id < ?", (later,))
        return self._db.insert(
            "INSERT INTO journal (id, at, image_id, edit, act) VALUES (?, ?, ?, ?, ?)",
            (number, now(), edit.image_id, msgspec.json.encode(edit), act),
        )

    def reserve(self) -> int:
        """A number for an act that a job does later: in the order of undo the act is before whatever is done
        now."""
        with self._db.transaction():
            number = self._db.insert("INSERT INTO journal (at, edit) VALUES (?, x'')", (now(),))
            self._db.execute("DELETE FROM journal WHERE id = ?", (number,))  # no later entry gets it
        return number

    def begin_act(self, entry_id: int) -> None:
        """Let an entry be the first portion of a long act, whose number is the entry's."""
        self._db.execute("UPDATE journal SET act = id WHERE id = ?", (entry_id,))

    def amend(self, entry_id: int, edit: Edit) -> None:
        """Let an entry be a longer edit, as it goes on."""
        self._db.execute("UPDATE journal SET edit = ? WHERE id = ?", (msgspec.json.encode(edit), entry_id))

    def drop(self, entry_id: int) -> None:
        """Delete an entry."""
        self._db.execute("DELETE FROM journal WHERE id = ?", (entry_id,))

    def last_id(self) -> int:
        """The number of the latest entry, 0 if there is none."""
        return self._db.scalar("SELECT max(id) FROM journal") or 0

    def images_since(self, entry_id: int, *, but: int | None) -> set[int]:
        """The images that edits after an entry changed, those of the act `but` aside."""
        rows = self._db.all(
            f"""SELECT image_id, CASE WHEN image_id IS NULL THEN edit END FROM journal
                WHERE id > ? AND {_ACT} IS NOT ?""",
            (entry_id, but),
        )
        parts = (msgspec.json.decode(edit, type=Edit).parts for _, edit in rows if edit is not None)
        return {i for i, _ in rows if i is not None} | {
            p.image_id for each in parts for p in each if p.image_id
        }

    def images_with_changed_boxes(self, *, since: int = 0) -> frozenset[int]:
        """The images whose boxes edits after an entry changed that were not undone."""
        rows = self._db.execute("SELECT edit FROM journal WHERE undone = 0 AND id > ?", (since,))
        edits = (msgspec.json.decode(row[0], type=Edit) for row in rows)
        parts = (part for edit in edits for part in (edit, *edit.parts))
        return frozenset(
            a.image_id for part in parts for a in (*part.before.annotations, *part.after.annotations)
        )

    def _peek(self, sql: str, values: tuple[int, ...] = ()) -> tuple[int, Edit] | None:
        row = self._db.one(sql, values)
        return (row[0], msgspec.json.decode(row[1], type=Edit)) if row else None

    def next_undo(self) -> tuple[int, Edit] | None:
        """The edit that undo would take back."""
        return self._peek(
            f"SELECT id, edit FROM journal WHERE undone = 0 ORDER BY {_ACT} DESC, id DESC LIMIT 1"
        )

    def has(self, *, undone: bool) -> bool:
        """Whether there is an edit that redo (of what is `undone`) or undo would do."""
        return bool(self._db.scalar("SELECT EXISTS (SELECT 1 FROM journal WHERE undone = ?)", (int(undone),)))

    def next_act(self, *, undone: bool) -> tuple[int | None, int]:
        """The act that redo (of what is `undone`) or undo would do, and how long its edits are; None for
        none."""
        last = "min" if undone else "max"
        row = self._db.one(
            f"""SELECT {_ACT}, sum(length(edit)) FROM journal WHERE undone = ?1
                AND {_ACT} = (SELECT {last}({_ACT}) FROM journal WHERE undone = ?1)""",
            (int(undone),),
        )
        return (row[0], row[1] or 0) if row else (None, 0)

    def next_of(self, act: int, *, undone: bool) -> tuple[int, Edit] | None:
        """The edit of an act that redo (of what is `undone`) or undo would do next."""
        order = "" if undone else "DESC"
        return self._peek(
            f"SELECT id, edit FROM journal WHERE undone = ? AND {_ACT} = ? ORDER BY id {order} LIMIT 1",
            (int(undone), act),
        )

    def undone_imports(self) -> dict[int, int]:
        """The entries of imports that were undone, each with its portion."""
        portion = "json_extract(CAST(edit AS TEXT), '$.after.imported')"
        sql = f"SELECT id, {portion} FROM journal WHERE undone = 1 AND {portion} IS NOT NULL"
        return dict(self._db.all(sql))

    def has_done_since(self, entry_id: int) -> bool:
        """Whether an edit after this one is still done."""
        sql = "SELECT EXISTS (SELECT 1 FROM journal WHERE undone = 0 AND id > ?)"
        return bool(self._db.scalar(sql, (entry_id,)))

    def mark(self, entry_id: int, *, undone: bool) -> None:
        """Note that an entry was undone or redone."""
        self._db.execute("UPDATE journal SET undone = ? WHERE id = ?", (int(undone), entry_id))
