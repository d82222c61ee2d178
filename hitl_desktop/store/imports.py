"""Imports of data sets, in portions, each of which can be taken out again and put back.

The undo journal names portions by their ids. Boxes that were taken out wait here until they are put back.
"""

from __future__ import annotations

import json
from collections.abc import Collection

import msgspec
from msgspec import structs

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.imports import FileKeys, ImportPortion
from hitl_desktop.store.annotations import Annotations
from hitl_desktop.store.attributes import Attributes
from hitl_desktop.store.database import Database
from hitl_desktop.store.edge_case_sets import EdgeCaseSets
from hitl_desktop.store.extras import AREAS, Extras
from hitl_desktop.store.images import Images
from hitl_desktop.store.journal import Journal
from hitl_desktop.store.meta import Meta

_UNFINISHED = "unfinished_import"


class _TakenOut(msgspec.Struct, frozen=True):
    """What a portion brought, while it is taken out."""

    boxes: list[Annotation]
    keys: FileKeys


class Imports:
    """The portions of imports."""

    def __init__(self, db: Database) -> None:
        self._db, self._meta = db, Meta(db)
        self._annotations, self._images, self._sets = Annotations(db), Images(db), EdgeCaseSets(db)
        self._attributes, self._extras = Attributes(db), Extras(db)

    def add(self, portion: ImportPortion) -> int:
        """Note a portion that was just written; returns its id."""
        return self._db.insert("INSERT INTO imports (content) VALUES (?)", (msgspec.json.encode(portion),))

    def begin(self, act: int) -> None:
        """Note that an import goes on, under the number of its act."""
        self._meta.set(_UNFINISHED, act)

    def end(self) -> None:
        """Note that it came to its end."""
        self._meta.set(_UNFINISHED, None)

    def unfinished(self) -> int | None:
        """The act of an import that came to no end."""
        return self._meta.get_id(_UNFINISHED)

    def images_of(self, portion_id: int) -> frozenset[int]:
        """The images of a portion."""
        return frozenset(image.id for image in self._get(portion_id).images)

    def take_out(self, portion_id: int, *, but: Collection[int] = ()) -> None:
        """Leave the project as it was before a portion, and keep what it brought; `but` are images that stay."""
        portion = _without(self._get(portion_id), but)
        first, last = portion.boxes
        ids = [image.id for image in portion.images]
        boxes = [a for own in self._annotations.of_images(ids).values() for a in own if first <= a.id <= last]
        before = portion.keys_before
        keys = self._extras.file_keys(before.images, before.categories, whole=before.top is not None)
        taken = msgspec.json.encode(_TakenOut(boxes, keys))
        self._db.execute("UPDATE imports SET taken_out = ? WHERE id = ?", (taken, portion_id))
        self._extras.restore(before)
        self._db.execute(
            """DELETE FROM annotations WHERE id BETWEEN ? AND ?
               AND image_id IN (SELECT value FROM json_each(?))""",
            (first, last, json.dumps(ids)),
        )
        self._swap([after for _, after in portion.changed], [before for before, _ in portion.changed])
        self._annotations.add_all(portion.removed)
        self._images.set_states((i.id, i.state_before) for i in portion.images)
        self._images.set_tags_of({i.id: i.tags_before for i in portion.images if i.tags_before is not None})
        for name, image_id in portion.sets:
            self._sets.remove(name, [image_id])
        self._offer(portion, retired=True)
        self._attributes.remove(portion.attributes)

    def put_back(self, portion_id: int) -> None:
        """Do a portion again that was taken out."""
        portion = self._get(portion_id)
        content: bytes = self._db.scalar("SELECT taken_out FROM imports WHERE id = ?", (portion_id,))
        taken = msgspec.json.decode(content, type=_TakenOut)
        self._annotations.remove(portion.removed)
        self._annotations.add_all(taken.boxes)
        self._extras.restore(taken.keys)
        self._swap([before for before, _ in portion.changed], [after for _, after in portion.changed])
        self._images.set_states((i.id, i.state_after) for i in portion.images)
        self._images.set_tags_of({i.id: i.tags_after for i in portion.images if i.tags_after is not None})
        for name, image_id in portion.sets:
            self._sets.add(name, [image_id])
        for name, image_id, annotation_id in portion.pinned:
            self._sets.pin_boxes(name, image_id, [annotation_id])
        self._offer(portion, retired=False)
        self._attributes.add(portion.attributes)
        self._db.execute("UPDATE imports SET taken_out = NULL WHERE id = ?", (portion_id,))

    def take_back_unfinished(self, journal: Journal) -> None:
        """Leave the project as it was before an import that came to no end, but for images changed since."""
        act = self.unfinished()
        if act is None:
            return
        changed = journal.images_since(act, but=act)
        while (entry := journal.next_of(act, undone=False)) is not None:
            number, edit = entry
            with self._db.transaction():
                if edit.after.imported is not None:
                    self.take_out(edit.after.imported, but=changed)
                    first = self._get(edit.after.imported).boxes[0]
                    self._db.execute("DELETE FROM imports WHERE id = ?", (edit.after.imported,))
                    self._extras.forget_annotations(first)
                    self._annotations.give_back_ids(first)
                journal.drop(number)
        self.end()

    def forget_undone(self, journal: Journal) -> None:
        """Forget undone imports, which a new act makes impossible to redo; if nothing was done since, the ids of their
        boxes are free again."""
        undone = journal.undone_imports()
        if not undone:
            return
        first = min(self._get(portion_id).boxes[0] for portion_id in undone.values())
        self._db.many("DELETE FROM imports WHERE id = ?", ((portion_id,) for portion_id in undone.values()))
        for number in undone:
            journal.drop(number)
        if not journal.has_done_since(min(undone)):
            self._extras.forget_annotations(first)
            self._annotations.give_back_ids(first)

    def _offer(self, portion: ImportPortion, *, retired: bool) -> None:
        ids = json.dumps([category.id for category in portion.categories])
        sql = "UPDATE categories SET retired = ? WHERE id IN (SELECT value FROM json_each(?))"
        self._db.execute(sql, (int(retired), ids))

    def _swap(self, old: list[Annotation], new: list[Annotation]) -> None:
        self._annotations.remove(old)
        self._annotations.add_all(new)

    def _get(self, portion_id: int) -> ImportPortion:
        content: bytes = self._db.scalar("SELECT content FROM imports WHERE id = ?", (portion_id,))
        return msgspec.json.decode(content, type=ImportPortion)


def _without(portion: ImportPortion, image_ids: Collection[int]) -> ImportPortion:
    if not image_ids:
        return portion
    return structs.replace(
        portion,
        images=tuple(i for i in portion.images if i.id not in image_ids),
        removed=tuple(a for a in portion.removed if a.image_id not in image_ids),
        changed=tuple(pair for pair in portion.changed if pair[0].image_id not in image_ids),
        sets=tuple((name, i) for name, i in portion.sets if i not in image_ids),
        keys_before=structs.replace(
            portion.keys_before,
            images=tuple(i for i in portion.keys_before.images if i not in image_ids),
            rows=tuple(r for r in portion.keys_before.rows if r.kind != "image" or r.id not in image_ids),
            notes=tuple(note for note in portion.keys_before.notes if note[0] != AREAS),
        ),
    )
