"""Named sets of pictures: edge cases that every new head is tried on."""

from collections.abc import Iterable

from hitl_desktop.store.database import Database

EDGE_CASES = "edge cases"


class ImageSets:
    """The image sets table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> dict[str, list[int]]:
        """The pictures of each set, by name, in the order in which they were put there."""
        sets: dict[str, list[int]] = {}
        for name, image_id in self._db.all("SELECT name, image_id FROM image_sets ORDER BY name, rowid"):
            sets.setdefault(name, []).append(image_id)
        return sets

    def of_image(self, image_id: int) -> list[str]:
        """The names of the sets that a picture is in."""
        return [row[0] for row in self._db.all("SELECT name FROM image_sets WHERE image_id = ?", (image_id,))]

    def add(self, name: str, image_ids: Iterable[int]) -> None:
        """Put pictures into a set."""
        self._db.many("INSERT OR IGNORE INTO image_sets (name, image_id) VALUES (?, ?)", ((name, i) for i in image_ids))

    def remove(self, name: str, image_ids: Iterable[int]) -> None:
        """Take pictures out of a set; an empty one is none."""
        self._db.many("DELETE FROM image_sets WHERE name = ? AND image_id = ?", ((name, i) for i in image_ids))
