"""Named sets of images: edge cases that every new head is tried on."""

from collections.abc import Iterable

from hitl_desktop.store.database import Database

EDGE_CASES = "edge cases"


class EdgeCaseSets:
    """The image sets table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> dict[str, list[int]]:
        """The images of each set, by name, in the order in which they were put there."""
        sets: dict[str, list[int]] = {}
        for name, image_id in self._db.all("SELECT name, image_id FROM image_sets ORDER BY name, rowid"):
            sets.setdefault(name, []).append(image_id)
        return sets

    def of_image(self, image_id: int) -> list[str]:
        """The names of the sets that an image is in."""
        return [row[0] for row in self._db.all("SELECT name FROM image_sets WHERE image_id = ?", (image_id,))]

    def add(self, name: str, image_ids: Iterable[int]) -> None:
        """Put images into a set."""
        self._db.many(
            "INSERT OR IGNORE INTO image_sets (name, image_id) VALUES (?, ?)", ((name, i) for i in image_ids)
        )

    def remove(self, name: str, image_ids: Iterable[int]) -> None:
        """Take images out of a set, with their boxes; an empty one is none."""
        ids = list(image_ids)
        self._db.many("DELETE FROM image_sets WHERE name = ? AND image_id = ?", ((name, i) for i in ids))
        self._db.many("DELETE FROM pinned_boxes WHERE name = ? AND image_id = ?", ((name, i) for i in ids))

    def pin_boxes(self, name: str, image_id: int, annotation_ids: Iterable[int]) -> None:
        """Say what of an image a set is about."""
        rows = ((name, image_id, i) for i in annotation_ids)
        self._db.many(
            "INSERT OR IGNORE INTO pinned_boxes (name, image_id, annotation_id) VALUES (?, ?, ?)", rows
        )

    def boxes_of(self, name: str) -> set[int]:
        """The annotations that were pinned to a set."""
        return {
            row[0] for row in self._db.all("SELECT annotation_id FROM pinned_boxes WHERE name = ?", (name,))
        }

    def by_box(self) -> dict[int, tuple[str, ...]]:
        """The names of the sets that annotations, by id, were pinned to."""
        names: dict[int, tuple[str, ...]] = {}
        for id_, name in self._db.all(
            "SELECT annotation_id, name FROM pinned_boxes ORDER BY annotation_id, name"
        ):
            names[id_] = (*names.get(id_, ()), name)
        return names

    def by_image(self) -> dict[int, list[str]]:
        """The names of the sets that images are in."""
        names: dict[int, list[str]] = {}
        for image_id, name in self._db.all("SELECT image_id, name FROM image_sets ORDER BY image_id, name"):
            names.setdefault(image_id, []).append(name)
        return names

    def rename(self, name: str, new: str) -> None:
        """Another name for a set; one of that name takes its images in."""
        for table in ("image_sets", "pinned_boxes"):
            self._db.execute(f"UPDATE OR IGNORE {table} SET name = ? WHERE name = ?", (new, name))
        self.delete(name)

    def delete(self, name: str) -> None:
        """Delete a set."""
        for table in ("image_sets", "pinned_boxes"):
            self._db.execute(f"DELETE FROM {table} WHERE name = ?", (name,))
