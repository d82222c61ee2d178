"""The files of a project's images: where they lie, and what was read of them."""

from __future__ import annotations

from collections.abc import Iterable

from hitl_desktop.store.database import Database


class ImageFiles:
    """Folders and places, sizes, hashes and stamps of image files; images are named by their ids."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add_folder(self, path: str, *, listed: bool = True) -> int:
        """The id of a folder, added when new; all images of a listed one belong to the project."""
        self._db.execute(
            """INSERT INTO folders (path, listed) VALUES (?1, ?2)
               ON CONFLICT (path) DO UPDATE SET listed = max(listed, ?2)""",
            (path, int(listed)),
        )
        return self._db.scalar("SELECT id FROM folders WHERE path = ?", (path,))

    def listed_folders(self) -> list[int]:
        """Ids of the folders whose images all belong to the project; of the others single ones do."""
        return [row[0] for row in self._db.all("SELECT id FROM folders WHERE listed ORDER BY id")]

    def folders(self) -> dict[int, str]:
        """Paths of the folders by id, relative to the project file."""
        return dict(self._db.all("SELECT id, path FROM folders ORDER BY id"))

    def at(self, folder_id: int, path: str) -> int | None:
        """The id of the image at a place."""
        return self._db.scalar("SELECT id FROM images WHERE folder_id = ? AND path = ?", (folder_id, path))

    def set_place(self, image_id: int, folder_id: int, path: str) -> None:
        """Say where an image lies."""
        sql = "UPDATE images SET folder_id = ?, path = ? WHERE id = ?"
        self._db.execute(sql, (folder_id, path, image_id))

    def swap_places(self, image_id: int, other_id: int) -> None:
        """Let two images change places; what was read of either file is to be read anew."""
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
        """Note by path why an image cannot be read."""
        sql = "UPDATE images SET reason = ? WHERE folder_id = ? AND path = ?"
        self._db.execute(sql, (reason, folder_id, path))

    def set_size(self, image_id: int, width: int | None, height: int | None) -> None:
        """Note the upright size in pixels."""
        self._db.execute("UPDATE images SET width = ?, height = ? WHERE id = ?", (width, height, image_id))

    def fill_sizes(self, sizes: Iterable[tuple[int, int | None, int | None]]) -> None:
        """Note the sizes (id, width, height) of images of which nobody knows one."""
        sql = "UPDATE images SET width = ?2, height = ?3 WHERE id = ?1 AND width IS NULL"
        self._db.many(sql, sizes)

    def set_content_hash(self, image_id: int, content_hash: str) -> None:
        """Note the hash of the file's bytes."""
        self._db.execute("UPDATE images SET content_hash = ? WHERE id = ?", (content_hash, image_id))

    def set_stamp(self, image_id: int, stamp: str | None) -> None:
        """Note the stamp that the file had when its bytes were read (`image_file.stamp_of`)."""
        self._db.execute("UPDATE images SET stamp = ? WHERE id = ?", (stamp, image_id))

    def stamps(self) -> list[tuple[int, int, str, str]]:
        """Id, folder, path and stamp of each readable image whose file was read, in order of id."""
        sql = "SELECT id, folder_id, path, stamp FROM images WHERE stamp IS NOT NULL AND content_hash IS NOT NULL"
        rows = self._db.all(f"{sql} AND reason IS NULL ORDER BY id")
        return [(i, folder_id, path, stamp) for i, folder_id, path, stamp in rows]

    def set_perceptual_hash(self, image_id: int, perceptual_hash: int | None) -> None:
        """Store the perceptual hash of the whole image, 64 bits (`imaging.perceptual_hash`)."""
        self._db.execute("UPDATE images SET looks = ? WHERE id = ?", (perceptual_hash, image_id))

    def perceptual_hash_of(self, image_id: int) -> int | None:
        """The perceptual hash of one image; None where that is not known."""
        return self._db.scalar("SELECT looks FROM images WHERE id = ?", (image_id,))

    def perceptual_hashes(self) -> dict[int, int]:
        """The perceptual hashes of images, where they are known."""
        return dict(self._db.all("SELECT id, looks FROM images WHERE looks IS NOT NULL"))

    def same_as(self) -> dict[int, str]:
        """The hash of the first image of its group, for each that shows nearly the same as another one."""
        return dict(self._db.all("SELECT id, same_as FROM images WHERE same_as IS NOT NULL"))
