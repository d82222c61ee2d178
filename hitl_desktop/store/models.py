"""Models that have worked on a project, known by the hash of their file."""

import json
from dataclasses import dataclass

from hitl_desktop.store.database import Database
from hitl_desktop.store.meta import Meta

_DETECTOR = "detector"
OF_LABELS = "labels "
"""What the hash of a file of labels begins with, whose boxes are suggested like those of a detector."""


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

    @property
    def is_of_labels(self) -> bool:
        """Whether it is no network, but a file of labels that came in as suggestions."""
        return self.hash.startswith(OF_LABELS)


class Models:
    """The models table, and which of them is the project's detector."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._meta = Meta(db)

    def detector(self) -> ModelRecord | None:
        """The detector whose proposals are shown; None before the first pre-labelling."""
        model_id = self._meta.get_id(_DETECTOR)
        return self.get(model_id) if model_id is not None else None

    def set_detector(self, model_id: int | None) -> None:
        """Make a detector the one whose proposals are shown; None removes it."""
        self._meta.set(_DETECTOR, model_id)

    def detection_head_of(self, detector: ModelRecord) -> ModelRecord | None:
        """The model under which the boxes are stored that detection heads found on a detector's feature
        maps."""
        return self.find(_head_hash(detector))

    def ensure_detection_head_of(self, detector: ModelRecord) -> ModelRecord:
        """The same, added when there is none yet."""
        return self.ensure(_head_hash(detector), "head", detector.classes)

    def proposers(self) -> list[int]:
        """The ids of the project's detector, and of the detection heads on its feature maps."""
        detector = self.detector()
        head = self.detection_head_of(detector) if detector else None
        return [model.id for model in (detector, head) if model is not None]

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
        row = self._db.one(
            f"SELECT id, hash, name, classes, file, card FROM models WHERE {column} = ?", (value,)
        )
        return ModelRecord(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4], row[5]) if row else None


def _head_hash(detector: ModelRecord) -> str:
    return f"found on {detector.hash}"
