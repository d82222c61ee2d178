"""Models that have worked on a project, known by the hash of their file."""

import json
from dataclasses import dataclass

from hitl_desktop.store.database import Database


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A detector or encoder: the hash of its file, its name, its class names.

    `file` is where its file was last used, `card` how it was used: what of its card changes what it proposes.
    """

    id: int
    hash: str
    name: str
    classes: tuple[str, ...]
    file: str = ""
    card: str = ""


class Models:
    """The models table."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def ensure(self, hash_: str, name: str, classes: tuple[str, ...] = ()) -> ModelRecord:
        """The record of a model, added when new."""
        if (found := self.find(hash_)) is not None:
            return found
        sql = "INSERT OR IGNORE INTO models (hash, name, classes) VALUES (?, ?, ?)"
        self._db.execute(sql, (hash_, name, json.dumps(classes)))
        return self.ensure(hash_, name, classes)

    def find(self, hash_: str) -> ModelRecord | None:
        """The record of a model by its hash."""
        return self._one("hash", hash_)

    def get(self, model_id: int) -> ModelRecord | None:
        """One model."""
        return self._one("id", model_id)

    def set_file(self, model_id: int, file: str) -> None:
        """Store where a model's file is."""
        self._db.execute("UPDATE models SET file = ? WHERE id = ?", (file, model_id))

    def set_card(self, model_id: int, name: str, classes: tuple[str, ...], card: str) -> None:
        """Store how a model is used now."""
        sql = "UPDATE models SET name = ?, classes = ?, card = ? WHERE id = ?"
        self._db.execute(sql, (name, json.dumps(classes), card, model_id))

    def _one(self, column: str, value: str | int) -> ModelRecord | None:
        row = self._db.one(f"SELECT id, hash, name, classes, file, card FROM models WHERE {column} = ?", (value,))
        return ModelRecord(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4], row[5]) if row else None
