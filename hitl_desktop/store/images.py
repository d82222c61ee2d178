"""The images of a project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from hitl_desktop.domain.images import ImageRecord, ImageState, Split
from hitl_desktop.store.database import Database, Row

_COLUMNS = "id, folder_id, path, width, height, content_hash, state, split, reason, same_as, remark"

_STATES = {state.value: state for state in ImageState}  # looked up, not called: there may be very many rows
_THESE = "id IN (SELECT value FROM json_each(?))"


def _record(row: Row) -> ImageRecord:
    id_, folder_id, path, width, height, content_hash, state, split, reason, same_as, remark = row
    split = Split(split) if split else None
    return ImageRecord(
        id_, folder_id, path, width, height, content_hash, _STATES[state], split, reason, same_as, remark
    )


class Images:
    """Pictures and the folders they lie in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add_folder(self, path: str, *, listed: bool = True) -> int:
        """The id of a folder, added when new; all pictures of a listed one belong to the project, new ones,
        too."""
        self._db.execute(
            """INSERT INTO folders (path, listed) VALUES (?1, ?2)
               ON CONFLICT (path) DO UPDATE SET listed = max(listed, ?2)""",
            (path, int(listed)),
        )
        return self._db.scalar("SELECT id FROM folders WHERE path = ?", (path,))

    def listed_folders(self) -> list[int]:
        """Ids of the folders whose pictures all belong to the project; of the others single ones do."""
        return [row[0] for row in self._db.all("SELECT id FROM folders WHERE listed ORDER BY id")]

    def folders(self) -> dict[int, str]:
        """Paths of the folders by id, relative to the project file."""
        return dict(self._db.all("SELECT id, path FROM folders ORDER BY id"))

    def add(self, folder_id: int, paths: Iterable[str]) -> None:
        """Add pictures by path; those already there stay as they are."""
        self._db.many(
            """INSERT INTO images (folder_id, path) SELECT ?1, ?2
               WHERE NOT EXISTS (SELECT 1 FROM images WHERE folder_id = ?1 AND path = ?2)""",
            ((folder_id, path) for path in paths),
        )

    def at(self, folder_id: int, path: str) -> int | None:
        """The id of the picture at a place."""
        return self._db.scalar("SELECT id FROM images WHERE folder_id = ? AND path = ?", (folder_id, path))

    def set_place(self, image_id: int, folder_id: int, path: str) -> None:
        """Say where a picture lies."""
        self._db.execute(
            "UPDATE images SET folder_id = ?, path = ? WHERE id = ?", (folder_id, path, image_id)
        )

    def swap_places(self, image_id: int, other_id: int) -> None:
        """Let two pictures change places; what was read of either file is to be read anew."""
        rows = [
            self._db.one("SELECT folder_id, path FROM images WHERE id = ?", (i,))
            for i in (image_id, other_id)
        ]
        self._db.execute("UPDATE images SET path = path || char(0) WHERE id = ?", (other_id,))
        for place, i in zip(reversed(rows), (image_id, other_id), strict=True):
            if place is not None:
                self.set_place(i, *place)
        self._db.execute("UPDATE images SET content_hash = NULL, stamp = NULL WHERE id = ?", (other_id,))

    def move_folder(self, folder_id: int, path: str) -> None:
        """Say where a folder lies, relative to the project file."""
        self._db.execute("UPDATE folders SET path = ? WHERE id = ?", (path, folder_id))

    def mark_unreadable(self, folder_id: int, path: str, reason: str) -> None:
        """Note by path why a picture cannot be read."""
        self._db.execute(
            "UPDATE images SET reason = ? WHERE folder_id = ? AND path = ?", (reason, folder_id, path)
        )

    def set_reason(self, image_id: int, reason: str | None) -> None:
        """Note why a picture cannot be read, or that it can again."""
        self._db.execute("UPDATE images SET reason = ? WHERE id = ?", (reason, image_id))

    def set_remark(self, image_id: int, remark: str | None) -> None:
        """Note what a person should be told about the file of a readable picture."""
        self._db.execute("UPDATE images SET remark = ? WHERE id = ?", (remark, image_id))

    def set_size(self, image_id: int, width: int | None, height: int | None) -> None:
        """Note the upright size in pixels."""
        self._db.execute("UPDATE images SET width = ?, height = ? WHERE id = ?", (width, height, image_id))

    def fill_sizes(self, sizes: Iterable[tuple[int, int | None, int | None]]) -> None:
        """Note the sizes (id, width, height) of pictures of which nobody knows one."""
        sql = "UPDATE images SET width = ?2, height = ?3 WHERE id = ?1 AND width IS NULL"
        self._db.many(sql, sizes)

    def set_content_hash(self, image_id: int, content_hash: str) -> None:
        """Note the hash of the file's bytes."""
        self._db.execute("UPDATE images SET content_hash = ? WHERE id = ?", (content_hash, image_id))

    def set_stamp(self, image_id: int, stamp: str | None) -> None:
        """Note the stamp that the file had when its bytes were read (`picture_file.stamp_of`)."""
        self._db.execute("UPDATE images SET stamp = ? WHERE id = ?", (stamp, image_id))

    def stamps(self) -> list[tuple[int, int, str, str]]:
        """Id, folder, path and stamp of each readable picture whose file was read, in order of id."""
        sql = "SELECT id, folder_id, path, stamp FROM images WHERE stamp IS NOT NULL AND content_hash IS NOT NULL"
        rows = self._db.all(f"{sql} AND reason IS NULL ORDER BY id")
        return [(i, folder_id, path, stamp) for i, folder_id, path, stamp in rows]

    def set_looks(self, image_id: int, looks: int | None) -> None:
        """Note what the whole picture looks like, in 64 bits (`imaging.looks`)."""
        self._db.execute("UPDATE images SET looks = ? WHERE id = ?", (looks, image_id))

    def looks_of(self, image_id: int) -> int | None:
        """What one picture looks like; None where that is not known."""
        return self._db.scalar("SELECT looks FROM images WHERE id = ?", (image_id,))

    def looks(self) -> dict[int, int]:
        """What pictures look like, of those of which it is known."""
        return dict(self._db.all("SELECT id, looks FROM images WHERE looks IS NOT NULL"))

    def same_as(self) -> dict[int, str]:
        """The hash of the first picture of its group, for each that shows nearly the same as another one."""
        return dict(self._db.all("SELECT id, same_as FROM images WHERE same_as IS NOT NULL"))

    def set_state(self, image_id: int, state: ImageState) -> None:
        """Set what people said about the whole picture."""
        self._db.execute("UPDATE images SET state = ? WHERE id = ?", (state.value, image_id))

    def free_ids(self, image_ids: Iterable[int]) -> set[int]:
        """Which of these pictures are undecided and have no annotation."""
        sql = f"""SELECT id FROM images i WHERE {_THESE} AND state = 'undecided'
                  AND NOT EXISTS (SELECT 1 FROM annotations WHERE image_id = i.id)"""
        return {row[0] for row in self._db.all(sql, (json.dumps(list(image_ids)),))}

    def set_states(self, states: Iterable[tuple[int, ImageState]]) -> None:
        """Set the states of very many pictures."""
        self._db.many("UPDATE images SET state = ? WHERE id = ?", ((state.value, i) for i, state in states))

    def set_split(self, image_ids: Iterable[int], split: Split | None) -> None:
        """Say what pictures are used for."""
        value = split.value if split else None
        self._db.many(
            "UPDATE images SET split = ? WHERE id = ?", ((value, image_id) for image_id in image_ids)
        )

    def get(self, image_id: int) -> ImageRecord | None:
        """One picture."""
        row = self._db.one(f"SELECT {_COLUMNS} FROM images WHERE id = ?", (image_id,))
        return _record(row) if row else None

    def some(self, image_ids: Iterable[int]) -> list[ImageRecord]:
        """These pictures in this order, as far as they are there."""
        ids = list(image_ids)
        rows = self._db.all(f"SELECT {_COLUMNS} FROM images WHERE {_THESE}", (json.dumps(ids),))
        found = {row[0]: _record(row) for row in rows}
        return [found[i] for i in ids if i in found]

    def latest_decided(self, most: int) -> list[ImageRecord]:
        """The decided pictures with the highest ids, so many at most, in order of id."""
        sql = f"SELECT {_COLUMNS} FROM images WHERE state = 'decided' ORDER BY id DESC LIMIT ?"
        return [_record(row) for row in reversed(self._db.all(sql, (most,)))]

    def all(self, *, state: ImageState | None = None) -> list[ImageRecord]:
        """All pictures in order of id, of one state if given."""
        where, values = ("WHERE state = ?", (state.value,)) if state else ("", ())
        return [
            _record(row) for row in self._db.all(f"SELECT {_COLUMNS} FROM images {where} ORDER BY id", values)
        ]

    def count(self, state: ImageState) -> int:
        """How many pictures are in a state."""
        return self._db.scalar("SELECT count(*) FROM images WHERE state = ?", (state.value,))

    def ids(self) -> list[int]:
        """All ids, in order."""
        return [row[0] for row in self._db.all("SELECT id FROM images ORDER BY id")]

    def ids_to_label(self, *, state: ImageState | None = None) -> dict[int, str]:
        """The state of each picture that is to be labelled, in order of id: readable, and not kept for a
        test."""
        where, values = ("AND state = ?", (state.value,)) if state else ("", ())
        sql = "SELECT id, state FROM images WHERE reason IS NULL AND (split IS NULL OR split != 'test')"
        return dict(self._db.execute(f"{sql} {where} ORDER BY id", values))

    def decided_of(self, image_ids: Iterable[int]) -> set[int]:
        """Those of these pictures that are decided."""
        sql = f"SELECT id FROM images WHERE {_THESE} AND state = 'decided'"
        return {row[0] for row in self._db.all(sql, (json.dumps(list(image_ids)),))}

    def last_id(self) -> int:
        """The highest id, about as many as there are pictures; 0 if there are none."""
        return self._db.scalar("SELECT max(id) FROM images") or 0

    def paths_after(self, image_id: int) -> tuple[str, ...]:
        """Paths of the pictures that were added after one."""
        return tuple(
            row[0] for row in self._db.all("SELECT path FROM images WHERE id > ? ORDER BY id", (image_id,))
        )

    def first_id(self) -> int | None:
        """An undecided picture that can be read, or any."""
        sql = "SELECT id FROM images WHERE state = 'undecided' AND reason IS NULL LIMIT 1"
        return self._db.scalar(sql) or self._db.scalar("SELECT min(id) FROM images")

    def statuses(self) -> dict[int, str]:
        """State of every picture by id, in order, or "unreadable"."""
        return dict(
            self._db.execute(
                "SELECT id, CASE WHEN reason IS NULL THEN state ELSE 'unreadable' END FROM images ORDER BY id"
            )
        )

    def to_read(self) -> list[ImageRecord]:
        """Pictures nobody has read yet, and those that could not be read when somebody tried."""
        rows = self._db.all(
            f"SELECT {_COLUMNS} FROM images WHERE content_hash IS NULL OR reason IS NOT NULL ORDER BY id"
        )
        return [_record(row) for row in rows]

    def tags_of(self, image_id: int) -> tuple[int, ...]:
        """Ids of a picture's tags."""
        rows = self._db.all("SELECT tag_id FROM image_tags WHERE image_id = ? ORDER BY tag_id", (image_id,))
        return tuple(row[0] for row in rows)

    def set_tags(self, image_id: int, tag_ids: Sequence[int]) -> None:
        """Replace a picture's tags."""
        self._db.execute("DELETE FROM image_tags WHERE image_id = ?", (image_id,))
        self._db.many("INSERT INTO image_tags VALUES (?, ?)", ((image_id, tag_id) for tag_id in tag_ids))

    def set_tags_of(self, tags: Mapping[int, Iterable[int]]) -> None:
        """Replace the tags of these pictures."""
        self._db.many("DELETE FROM image_tags WHERE image_id = ?", ((i,) for i in tags))
        self._db.many(
            "INSERT INTO image_tags VALUES (?, ?)", ((i, tag_id) for i, of in tags.items() for tag_id in of)
        )

    def tags_by_image(self, image_ids: Iterable[int] | None = None) -> dict[int, list[int]]:
        """Ids of tags by picture, of all pictures that have some or of these."""
        result: dict[int, list[int]] = {}
        where = "" if image_ids is None else "WHERE image_id IN (SELECT value FROM json_each(?))"
        values = () if image_ids is None else (json.dumps(list(image_ids)),)
        for image_id, tag_id in self._db.all(
            f"SELECT image_id, tag_id FROM image_tags {where} ORDER BY 1, 2", values
        ):
            result.setdefault(image_id, []).append(tag_id)
        return result
