"""What data set files contain beyond what the project has a place for, kept as they had it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hitl_desktop.domain.annotations import KeptBox
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.imports import FileKeys, FileRow
from hitl_desktop.store.database import Database
from hitl_desktop.store.meta import Meta

_FILES = "imported_files"
_THESE = "(SELECT value FROM json_each(?))"
_EXPORTS = "exported_files"
_LOST = "boxes_that_files_lost"
AREAS = "area_decimals"
_MOST_ID = 2**53
"""Ids of later images and categories start after those of files, as long as these leave room."""


def _stamp(file: Path) -> list[int]:
    now = file.stat()
    return [now.st_size, now.st_mtime_ns]


@dataclass(frozen=True, slots=True)
class Kept:
    """Of an image or category: its place in the file, its id there (None if another had it), and its other
    keys."""

    place: int
    file_id: int | None
    extra: bytes


class Extras:
    """Side tables beside images, categories and annotations; rows of deleted annotations wait for undo."""

    def __init__(self, db: Database) -> None:
        self._db, self._meta = db, Meta(db)

    def images(self, image_ids: Sequence[int] | None = None) -> dict[int, Kept]:
        """Of each image that a file had, or of these."""
        return self._all("image", image_ids)

    def categories(self) -> dict[int, Kept]:
        """Of each category that a file had."""
        return self._all("category")

    def _all(self, kind: str, ids: Sequence[int] | None = None) -> dict[int, Kept]:
        which = "" if ids is None else f"WHERE {kind}_id IN (SELECT value FROM json_each(:ids))"
        sql = f"SELECT {kind}_id, place, file_id, extra FROM {kind}_extras {which}"
        rows = self._db.all(sql, () if ids is None else {"ids": json.dumps(list(ids))})
        return {i: Kept(place, None if id_ is None else int(id_), extra) for i, place, id_, extra in rows}

    def add_images(self, rows: Iterable[tuple[int, int, bytes]]) -> None:
        """Keep image, id in its file, and other keys, in order."""
        self._add("image", rows)

    def add_categories(self, rows: Iterable[tuple[int, int | None, bytes]]) -> None:
        """The same of categories."""
        self._add("category", rows)

    def _add(self, kind: str, rows: Iterable[tuple[int, int | None, bytes]]) -> None:
        """Rows that exist keep their place and file id and get these keys; no file id is used twice."""
        wanted: dict[int, tuple[str | None, bytes]] = {}
        for own_id, id_, extra in rows:
            first_id, _ = wanted.get(own_id, (None if id_ is None else str(id_), b""))
            wanted[own_id] = first_id, extra
        sql = f"SELECT file_id FROM {kind}_extras WHERE file_id IN {_THESE}"
        taken = {row[0] for row in self._db.all(sql, (json.dumps([id_ for id_, _ in wanted.values()]),))}
        there = self._all(kind, list(wanted)).keys()
        new: list[tuple[int, str | None, bytes]] = []
        for own_id, (file_id, extra) in wanted.items():
            if own_id not in there:
                new.append((own_id, None if file_id in taken else file_id, extra))
                taken.add(file_id)
        with self._db.transaction():
            self._db.insert_many(f"INSERT INTO {kind}_extras ({kind}_id, file_id, extra)", new)
            self._db.many(
                f"UPDATE {kind}_extras SET extra = ? WHERE {kind}_id = ?",
                ((wanted[own_id][1], own_id) for own_id in there),
            )

    def keep_ids(self, image_ids: Iterable[int], category_ids: Iterable[int]) -> None:
        """Let images and categories that were exported under their own ids keep these, as those of a file
        do."""
        for kind, ids in (("image", image_ids), ("category", category_ids)):
            self._db.many(
                f"""INSERT INTO {kind}_extras ({kind}_id, file_id, extra) VALUES (?1, ?2, x'')
                    ON CONFLICT ({kind}_id) DO UPDATE SET file_id = ?2 WHERE file_id IS NULL""",
                ((own_id, str(own_id)) for own_id in ids),
            )

    def set_apart(self) -> None:
        """Let no image or category have an id, now or later, under which a file had another one."""
        for kind, table in (("image", "images"), ("category", "categories")):
            last = self._db.scalar("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0
            as_number = "CAST(file_id AS INTEGER)"
            highest = f"SELECT max({as_number}) FROM {kind}_extras WHERE {as_number} < ?"
            fresh = max(last, self._db.scalar(highest, (_MOST_ID,)) or 0)
            clashing = self._db.all(
                f"""SELECT id FROM {table} t LEFT JOIN {kind}_extras e ON e.{kind}_id = t.id
                    WHERE e.file_id IS NULL AND CAST(t.id AS TEXT) IN (SELECT file_id FROM {kind}_extras) ORDER BY id"""
            )
            for (own_id,) in clashing:
                fresh += 1
                self._db.execute(
                    f"""INSERT INTO {kind}_extras ({kind}_id, file_id, extra) VALUES (?1, ?2, x'')
                        ON CONFLICT ({kind}_id) DO UPDATE SET file_id = ?2""",
                    (own_id, str(fresh)),
                )
            self._db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (fresh, table))

    def annotations(self, ids: Sequence[int] | None = None) -> dict[int, KeptBox]:
        """Of each annotation that had more than a box, or of these."""
        where, values = (
            ("", ()) if ids is None else (f"WHERE annotation_id IN {_THESE}", (json.dumps(list(ids)),))
        )
        sql = f"SELECT annotation_id, category_id, x, y, w, h, extra FROM annotation_extras {where}"
        rows = self._db.execute(sql, values)
        return {i: KeptBox(category, BBox(x, y, w, h), extra) for i, category, x, y, w, h, extra in rows}

    def still_fitting(self) -> Iterator[tuple[int, bytes, bool, bool]]:
        """Of each annotation that had more than a box: its id, what that is, and whether its box and its category are
        still the same."""
        return self._db.each(
            """SELECT a.id, extra, a.x = e.x AND a.y = e.y AND a.w = e.w AND a.h = e.h, a.category_id = e.category_id
               FROM annotation_extras e JOIN annotations a ON a.id = annotation_id"""
        )

    def add_annotations(self, rows: Iterable[tuple[int, KeptBox]]) -> None:
        """Keep what annotations had."""
        self._db.insert_many(
            "INSERT OR REPLACE INTO annotation_extras",
            ((i, kept.category_id, *map(float, kept.bbox), kept.extra) for i, kept in rows),
        )

    def top(self) -> dict[str, bytes]:
        """Other keys at the top of the file, with their values."""
        return dict(self._db.all("SELECT key, value FROM dataset_extras ORDER BY place"))

    def add_top(self, values: Mapping[str, bytes]) -> None:
        """Keep these; a key that is there gets the new value."""
        self._db.many(
            "INSERT INTO dataset_extras (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
            values.items(),
        )

    def file_keys(
        self, images: Iterable[int] = (), categories: Iterable[int] = (), *, whole: bool = False
    ) -> FileKeys:
        """What files had beside boxes, of these images and categories; with `whole` also what is about whole files."""
        of: dict[str, tuple[int, ...]] = {"image": tuple(images), "category": tuple(categories)}
        rows = [
            FileRow(kind, *row)
            for kind, ids in of.items()
            for row in self._db.all(
                f"SELECT {kind}_id, place, file_id, extra FROM {kind}_extras WHERE {kind}_id IN {_THESE}",
                (json.dumps(ids),),
            )
        ]
        notes = ((key, self._meta.get(key)) for key in (_FILES, _LOST, AREAS)) if whole else ()
        top = tuple(self.top().items()) if whole else None
        return FileKeys(of["image"], of["category"], tuple(rows), top, tuple(notes))

    def restore(self, keys: FileKeys) -> None:
        """Let images, categories and the project have these again, and no others."""
        for kind, ids in (("image", keys.images), ("category", keys.categories)):
            self._db.execute(f"DELETE FROM {kind}_extras WHERE {kind}_id IN {_THESE}", (json.dumps(ids),))
            self._db.many(
                f"""INSERT INTO {kind}_extras (place, {kind}_id, file_id, extra) VALUES (
                        CASE WHEN EXISTS (SELECT 1 FROM {kind}_extras WHERE place = ?2) THEN NULL ELSE ?2 END, ?1,
                        CASE WHEN EXISTS (SELECT 1 FROM {kind}_extras WHERE file_id = ?3) THEN NULL ELSE ?3 END, ?4)""",
                ((r.id, r.place, r.file_id, r.extra) for r in keys.rows if r.kind == kind),
            )
        if keys.top is not None:
            self._db.execute("DELETE FROM dataset_extras")
            self.add_top(dict(keys.top))
        for key, value in keys.notes:
            self._meta.set(key, value)

    def forget_annotations(self, first: int) -> None:
        """Delete extra keys and pins of annotations that no longer exist, from this id on."""
        for table in ("annotation_extras", "pinned_boxes"):
            self._db.execute(
                f"""DELETE FROM {table}
                    WHERE annotation_id >= ? AND annotation_id NOT IN (SELECT id FROM annotations)""",
                (first,),
            )

    def area_decimals(self) -> int | None:
        """The number of decimals of areas that are not stored explicitly; None if they are not rounded."""
        return int(text) if (text := self._meta.get(AREAS)) else None

    def is_area_rule_fixed(self) -> bool:
        """Whether a file was imported already: the first one decides how areas are rounded."""
        return self._meta.get(AREAS) is not None or bool(self.imported_files())

    def fix_area_rule(self, decimals: int | None) -> None:
        """Note how areas are rounded, if this is the first file to be imported."""
        if not self.is_area_rule_fixed():
            self._meta.set(AREAS, "" if decimals is None else decimals)

    def imported_files(self) -> set[Path]:
        """The files that came in, by their full path."""
        text = self._db.scalar("SELECT value FROM meta WHERE key = ?", (_FILES,))
        return {Path(name) for name in json.loads(text)} if text else set()

    def note_imported(self, file: Path) -> None:
        """Remember that a file came in."""
        names = sorted({str(path) for path in self.imported_files() | {file.resolve()}})
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_FILES, json.dumps(names)))

    def changed_since_export(self, file: Path) -> bool:
        """Whether a file that was exported from here is another one now."""
        known = self._exports().get(str(file.resolve()))
        return known is not None and known != _stamp(file)

    def was_exported(self, file: Path) -> bool:
        """Whether a file is as it was when it was exported from here."""
        return self._exports().get(str(file.resolve())) == _stamp(file)

    def note_exported(self, file: Path) -> None:
        """Remember a file as it was just exported."""
        exports = self._exports() | {str(file.resolve()): _stamp(file)}
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_EXPORTS, json.dumps(exports)))

    def _exports(self) -> dict[str, list[int]]:
        text = self._db.scalar("SELECT value FROM meta WHERE key = ?", (_EXPORTS,))
        return json.loads(text) if text else {}

    def note_lost(self, file: Path | None, boxes: Mapping[int, Sequence[str]]) -> dict[int, frozenset[str]]:
        """Remember which boxes of which images a file lost, and return those that other files lost."""
        text = self._db.scalar("SELECT value FROM meta WHERE key = ?", (_LOST,))
        by_file: dict[str, dict[str, list[str]]] = json.loads(text) if text else {}
        name = str(file.resolve()) if file is not None else ""
        others: dict[int, frozenset[str]] = {}
        for other, lost in by_file.items():
            for image_id, words in lost.items() if other != name else ():
                others[int(image_id)] = others.get(int(image_id), frozenset()) | set(words)
        by_file[name] = {str(i): list(words) for i, words in boxes.items()}
        kept = {other: lost for other, lost in by_file.items() if lost}
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_LOST, json.dumps(kept)))
        return others
