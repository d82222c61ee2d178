"""The images of a project: what they are, what people decided, what they are used for."""

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
    """Images by id; where their files lie and what was read of them is in `image_files`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, folder_id: int, paths: Iterable[str]) -> None:
        """Add images by path; those already there stay as they are."""
        self._db.many(
            """INSERT INTO images (folder_id, path) SELECT ?1, ?2
               WHERE NOT EXISTS (SELECT 1 FROM images WHERE folder_id = ?1 AND path = ?2)""",
            ((folder_id, path) for path in paths),
        )

    def set_reason(self, image_id: int, reason: str | None) -> None:
        """Note why an image cannot be read, or that it can again."""
        self._db.execute("UPDATE images SET reason = ? WHERE id = ?", (reason, image_id))

    def set_remark(self, image_id: int, remark: str | None) -> None:
        """Note the remark to show about the file of a readable image."""
        self._db.execute("UPDATE images SET remark = ? WHERE id = ?", (remark, image_id))

    def set_state(self, image_id: int, state: ImageState) -> None:
        """Set whether people decided or skipped an image."""
        self._db.execute("UPDATE images SET state = ? WHERE id = ?", (state.value, image_id))

    def free_ids(self, image_ids: Iterable[int]) -> set[int]:
        """Which of these images are undecided and have no annotation."""
        sql = f"""SELECT id FROM images i WHERE {_THESE} AND state = 'undecided'
                  AND NOT EXISTS (SELECT 1 FROM annotations WHERE image_id = i.id)"""
        return {row[0] for row in self._db.all(sql, (json.dumps(list(image_ids)),))}

    def set_states(self, states: Iterable[tuple[int, ImageState]]) -> None:
        """Set the states of very many images."""
        by_state: dict[ImageState, list[int]] = {}
        for image_id, state in dict(states).items():
            by_state.setdefault(state, []).append(image_id)
        with self._db.transaction():
            for state, ids in by_state.items():
                sql = f"UPDATE images SET state = ? WHERE {_THESE}"
                self._db.execute(sql, (state.value, json.dumps(ids)))

    def set_split(self, image_ids: Iterable[int], split: Split | None) -> None:
        """Say what images are used for."""
        value = split.value if split else None
        self._db.many(
            "UPDATE images SET split = ? WHERE id = ?", ((value, image_id) for image_id in image_ids)
        )

    def get(self, image_id: int) -> ImageRecord | None:
        """One image."""
        row = self._db.one(f"SELECT {_COLUMNS} FROM images WHERE id = ?", (image_id,))
        return _record(row) if row else None

    def some(self, image_ids: Iterable[int]) -> list[ImageRecord]:
        """These images in this order, as far as they are there."""
        ids = list(image_ids)
        rows = self._db.all(f"SELECT {_COLUMNS} FROM images WHERE {_THESE}", (json.dumps(ids),))
        found = {row[0]: _record(row) for row in rows}
        return [found[i] for i in ids if i in found]

    def latest_decided(self, most: int) -> list[ImageRecord]:
        """The decided images with the highest ids, so many at most, in order of id."""
        sql = f"SELECT {_COLUMNS} FROM images WHERE state = 'decided' ORDER BY id DESC LIMIT ?"
        return [_record(row) for row in reversed(self._db.all(sql, (most,)))]

    def all(self, *, state: ImageState | None = None) -> list[ImageRecord]:
        """All images in order of id, of one state if given."""
        where, values = ("WHERE state = ?", (state.value,)) if state else ("", ())
        return [
            _record(row) for row in self._db.all(f"SELECT {_COLUMNS} FROM images {where} ORDER BY id", values)
        ]

    def count(self, state: ImageState) -> int:
        """How many images are in a state."""
        return self._db.scalar("SELECT count(*) FROM images WHERE state = ?", (state.value,))

    def ids(self) -> list[int]:
        """All ids, in order."""
        return [row[0] for row in self._db.all("SELECT id FROM images ORDER BY id")]

    def ids_to_label(self, *, state: ImageState | None = None) -> dict[int, str]:
        """The state of each image that is to be labelled, in order of id: readable, and not kept for a
        test."""
        where, values = ("AND state = ?", (state.value,)) if state else ("", ())
        sql = "SELECT id, state FROM images WHERE reason IS NULL AND (split IS NULL OR split != 'test')"
        return dict(self._db.execute(f"{sql} {where} ORDER BY id", values))

    def decided_of(self, image_ids: Iterable[int]) -> set[int]:
        """Those of these images that are decided."""
        sql = f"SELECT id FROM images WHERE {_THESE} AND state = 'decided'"
        return {row[0] for row in self._db.all(sql, (json.dumps(list(image_ids)),))}

    def last_id(self) -> int:
        """The highest id, about as many as there are images; 0 if there are none."""
        return self._db.scalar("SELECT max(id) FROM images") or 0

    def paths_after(self, image_id: int) -> tuple[str, ...]:
        """Paths of the images that were added after one."""
        return tuple(
            row[0] for row in self._db.all("SELECT path FROM images WHERE id > ? ORDER BY id", (image_id,))
        )

    def first_id(self) -> int | None:
        """An undecided image that can be read, or any."""
        sql = "SELECT id FROM images WHERE state = 'undecided' AND reason IS NULL LIMIT 1"
        return self._db.scalar(sql) or self._db.scalar("SELECT min(id) FROM images")

    def statuses(self) -> dict[int, str]:
        """State of every image by id, in order, or "unreadable"."""
        return dict(
            self._db.execute(
                "SELECT id, CASE WHEN reason IS NULL THEN state ELSE 'unreadable' END FROM images ORDER BY id"
            )
        )

    def to_read(self) -> list[ImageRecord]:
        """Images not read yet, and those that could not be read when it was tried."""
        rows = self._db.all(
            f"SELECT {_COLUMNS} FROM images WHERE content_hash IS NULL OR reason IS NOT NULL ORDER BY id"
        )
        return [_record(row) for row in rows]

    def tags_of(self, image_id: int) -> tuple[int, ...]:
        """Ids of an image's tags."""
        rows = self._db.all("SELECT tag_id FROM image_tags WHERE image_id = ? ORDER BY tag_id", (image_id,))
        return tuple(row[0] for row in rows)

    def set_tags(self, image_id: int, tag_ids: Sequence[int]) -> None:
        """Replace an image's tags."""
        self._db.execute("DELETE FROM image_tags WHERE image_id = ?", (image_id,))
        self._db.many("INSERT INTO image_tags VALUES (?, ?)", ((image_id, tag_id) for tag_id in tag_ids))

    def set_tags_of(self, tags: Mapping[int, Iterable[int]]) -> None:
        """Replace the tags of these images."""
        self._db.many("DELETE FROM image_tags WHERE image_id = ?", ((i,) for i in tags))
        self._db.many(
            "INSERT INTO image_tags VALUES (?, ?)", ((i, tag_id) for i, of in tags.items() for tag_id in of)
        )

    def tags_by_image(self, image_ids: Iterable[int] | None = None) -> dict[int, list[int]]:
        """Ids of tags by image, of all images that have some or of these."""
        result: dict[int, list[int]] = {}
        where = "" if image_ids is None else "WHERE image_id IN (SELECT value FROM json_each(?))"
        values = () if image_ids is None else (json.dumps(list(image_ids)),)
        for image_id, tag_id in self._db.all(
            f"SELECT image_id, tag_id FROM image_tags {where} ORDER BY 1, 2", values
        ):
            result.setdefault(image_id, []).append(tag_id)
        return result
