"""What detectors propose, which proposals people rejected, and how the heads scored them before training.

A run on an image supersedes the predictions of the run before, which keep their ids: acts, statistics and undo
refer to them. Those that people answered stay among the current ones.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hitl_desktop.domain.geometry import BBox, nms
from hitl_desktop.domain.overlap import CANDIDATE_IOU
from hitl_desktop.domain.predictions import Detections, Prediction, Vector
from hitl_desktop.store.database import Database, Row
from hitl_desktop.store.embeddings import crop_key

KEEP_FROM = 0.05
"""Predictions below this score are not stored; what is shown is a matter of the display threshold."""

MOST_CANDIDATES = 30
"""Of the bundled detector 30 candidates an image cover .93 of the objects on cards, 1.0 on fruits-nuts, .58 on
COCO."""

_COLUMNS = "id, image_id, x, y, w, h, score, class_scores"
_CURRENT = "(superseded = 0 OR id IN (SELECT prediction_id FROM rejections))"
_UNANSWERED = """id NOT IN (SELECT prediction_id FROM rejections) AND id NOT IN (SELECT prediction_id FROM sightings)
                 AND NOT EXISTS (SELECT 1 FROM annotations a
                                 WHERE a.image_id = predictions.image_id AND a.prediction_id = predictions.id)"""


def _prediction(row: Row) -> Prediction:
    id_, image_id, x, y, w, h, score, blob = row
    return Prediction(
        id_, image_id, BBox(x, y, w, h), score, np.frombuffer(blob, np.float16).astype(np.float32)
    )


@dataclass(frozen=True, slots=True, eq=False)
class UnseenPrediction:
    """The name and score of a prediction before training on its image, by a head or by the detector alone.

    `name` is normalised, `score` as it was shown, `raw` as it was before calibration; `shown` says whether it
    was seen at all. `found` are boxes that a head proposed itself.
    """

    prediction_id: int
    image_id: int
    bbox: BBox
    head_id: int | None
    name: str
    raw: float
    score: float
    shown: bool
    found: bool = False
    category_id: int | None = None


def _candidates(found: Detections, best: Vector, own: Collection[int]) -> set[int]:
    """Rows that are shown and named; a box of one of the `own` classes gives way only to others of them."""
    whole = nms(found.bboxes, best, CANDIDATE_IOU)[:MOST_CANDIDATES]
    if not own:
        return set(whole.tolist())
    rows = np.flatnonzero(np.isin(found.scores.argmax(axis=1), list(own)))
    rows = rows[nms(found.bboxes[rows], best[rows], CANDIDATE_IOU)]
    least = (
        best[whole[-1]] if len(whole) == MOST_CANDIDATES else 0.0
    )  # only what would be among as many by itself
    return set(whole.tolist()) | set(rows[best[rows] >= least].tolist())


class Predictions:
    """The predictions of all detectors."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace(self, image_id: int, model_id: int, found: Detections, own: Collection[int] = ()) -> None:
        """Store what a detector found on an image and note that the image is done.

        Of boxes that lie on each other whatever their class, the best one is a candidate to be shown and
        named, and so is the best one whose class stands for a category of the project; `own` are these
        classes by number.

        Predictions that people answered (accepted or rejected) stay, for the head learns from them.
        """
        best = found.scores.max(axis=1) if len(found.scores) else np.zeros(0, np.float32)
        candidates = _candidates(found, best, own)
        rows = [
            (image_id, model_id, *box, score, scores.astype(np.float16).tobytes(), index in candidates)
            for index, (box, score, scores) in enumerate(
                zip(found.bboxes.tolist(), best.tolist(), found.scores, strict=True)
            )
            if score >= KEEP_FROM
        ]
        with self._db.transaction():  # as short as can be: the window may be waiting to save
            superseded = self._supersede(image_id, model_id)
            self._db.many(
                """INSERT INTO predictions (image_id, model_id, x, y, w, h, score, class_scores, candidate)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                rows,
            )
            self._db.execute(
                "INSERT OR REPLACE INTO predicted_images (image_id, model_id) VALUES (?, ?)",
                (image_id, model_id),
            )
            self._drop_vectors(image_id, superseded)

    def replace_found(
        self, image_id: int, model_id: int, head_id: int, found: Sequence[tuple[BBox, float]]
    ) -> None:
        """Store what a head found on an image, with how surely; predictions that people answered stay."""
        with self._db.transaction():
            superseded = self._supersede(image_id, model_id)
            self._db.many(
                """INSERT INTO predictions (image_id, model_id, x, y, w, h, score, class_scores, candidate)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)""",
                ((image_id, model_id, *box, score, b"") for box, score in found),
            )
            self._db.execute(
                "INSERT OR REPLACE INTO predicted_images VALUES (?, ?, ?)", (image_id, model_id, head_id)
            )
            self._drop_vectors(image_id, superseded)

    def images_found_by(self, model_id: int, head_id: int) -> set[int]:
        """Images on which this head looked for objects."""
        sql = "SELECT image_id FROM predicted_images WHERE model_id = ? AND head_id = ?"
        return {row[0] for row in self._db.all(sql, (model_id, head_id))}

    def forget_detections(self, image_id: int) -> None:
        """Note that no detector has run on an image as it is now; what was found on it is superseded."""
        for row in self._db.all("SELECT model_id FROM predicted_images WHERE image_id = ?", (image_id,)):
            self._supersede(image_id, row[0])
        self._db.execute("DELETE FROM predicted_images WHERE image_id = ?", (image_id,))

    def forget_done(self, model_id: int) -> None:
        """Let a detector work on all images again; what it proposed stays until then."""
        self._db.execute("DELETE FROM predicted_images WHERE model_id = ?", (model_id,))

    def _supersede(self, image_id: int, model_id: int) -> list[BBox]:
        """Mark the unanswered ones of a model's predictions as superseded; returns their boxes."""
        rows = self._db.all(
            f"""UPDATE predictions SET superseded = 1
                WHERE image_id = ? AND model_id = ? AND superseded = 0 AND {_UNANSWERED}
                RETURNING x, y, w, h""",
            (image_id, model_id),
        )
        return [BBox(*row) for row in rows]

    def superseded_of(self, prediction_ids: Iterable[int]) -> set[int]:
        """The ids among these that a newer run superseded, whether they are still stored or not."""
        asked = set(prediction_ids)
        current = self._db.all(
            "SELECT id FROM predictions WHERE superseded = 0 AND id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(asked)),),
        )
        return asked - {row[0] for row in current}

    def drop_superseded(self, *, but: int | None) -> None:
        """Delete the superseded predictions that nothing refers to any longer: no answer, no statistic, no act
        that can be redone, and not the image `but`, which is on the screen."""
        with self._db.transaction():
            undone = self._db.all("SELECT DISTINCT image_id FROM journal WHERE undone = 1")
            if (None,) in undone:  # an act on many images may be redone
                return
            kept = json.dumps([*(row[0] for row in undone), but])
            self._db.execute(
                f"""DELETE FROM predictions WHERE superseded = 1 AND {_UNANSWERED}
                    AND image_id NOT IN (SELECT value FROM json_each(?) WHERE value IS NOT NULL)""",
                (kept,),
            )

    def _drop_vectors(self, image_id: int, superseded: Sequence[BBox]) -> None:
        """Delete the vectors of superseded boxes, for each head version finds others; those of a box that is
        still there, in whatever way, stay."""
        content_hash = self._db.scalar("SELECT content_hash FROM images WHERE id = ?", (image_id,))
        if not superseded or content_hash is None:
            return
        boxes = f"""SELECT x, y, w, h FROM predictions WHERE image_id = ?1 AND {_CURRENT}
                   UNION SELECT x, y, w, h FROM annotations WHERE image_id = ?1"""
        there = {crop_key(content_hash, BBox(*row)) for row in self._db.all(boxes, (image_id,))}
        gone = {crop_key(content_hash, box) for box in superseded} - there
        self._db.many(
            "DELETE FROM embeddings WHERE model_id IN (SELECT id FROM models) AND crop = ?",
            ((key,) for key in gone),
        )

    def images_done(self, model_id: int) -> set[int]:
        """Images this detector has worked on."""
        sql = "SELECT image_id FROM predicted_images WHERE model_id = ?"
        return {row[0] for row in self._db.execute(sql, (model_id,))}

    def count_done(self, model_id: int) -> int:
        """How many images this detector has worked on."""
        return self._db.scalar("SELECT count(*) FROM predicted_images WHERE model_id = ?", (model_id,))

    def of_image(self, image_id: int, *model_ids: int, candidates_only: bool = False) -> list[Prediction]:
        """What detectors and heads found on an image, best first."""
        marks = ",".join("?" * len(model_ids))
        rows = self._db.all(
            f"""SELECT {_COLUMNS} FROM predictions WHERE image_id = ? AND model_id IN ({marks})
                AND candidate >= ? AND {_CURRENT} ORDER BY score DESC, id""",
            (image_id, *model_ids, int(candidates_only)),
        )
        return [_prediction(row) for row in rows]

    def latest_labelled(self, model_id: int, *, most: int) -> list[tuple[int, Vector]]:
        """Category and class scores [C] of the latest annotations that were made from a detector's boxes."""
        rows = self._db.all(
            """SELECT a.category_id, p.class_scores FROM annotations a JOIN predictions p ON p.id = a.prediction_id
               WHERE p.model_id = ? ORDER BY a.id DESC LIMIT ?""",
            (model_id, most),
        )
        return [(category, np.frombuffer(blob, np.float16).astype(np.float32)) for category, blob in rows]

    def candidates_of(self, image_ids: Iterable[int], *model_ids: int) -> dict[int, list[Prediction]]:
        """The candidates of each of these images, best first."""
        found: dict[int, list[Prediction]] = {i: [] for i in image_ids}
        for row in self._candidates(_COLUMNS, found, model_ids):
            found[row[1]].append(_prediction(row))
        return found

    def boxes_of(self, image_ids: Iterable[int], *model_ids: int) -> dict[int, list[BBox]]:
        """The boxes of the same candidates."""
        found: dict[int, list[BBox]] = {i: [] for i in image_ids}
        for image_id, x, y, w, h in self._candidates("image_id, x, y, w, h", found, model_ids):
            found[image_id].append(BBox(x, y, w, h))
        return found

    def _candidates(self, columns: str, image_ids: Iterable[int], model_ids: Sequence[int]) -> list[Row]:
        return self._db.all(
            f"""SELECT {columns} FROM predictions WHERE candidate = 1 AND {_CURRENT}
                AND image_id IN (SELECT value FROM json_each(?)) AND model_id IN (SELECT value FROM json_each(?))
                ORDER BY image_id, score DESC, id""",
            (json.dumps(list(image_ids)), json.dumps(model_ids)),
        )

    def rejected_of(self, image_id: int) -> dict[int, BBox]:
        """The rejected predictions of an image, also superseded ones: box by id."""
        rows = self._db.all(
            """SELECT p.id, p.x, p.y, p.w, p.h FROM predictions p JOIN rejections r ON r.prediction_id = p.id
               WHERE p.image_id = ?""",
            (image_id,),
        )
        return {row[0]: BBox(*row[1:]) for row in rows}

    def reject(self, prediction_ids: Iterable[int]) -> None:
        """Note that people rejected these."""
        self._db.many(
            "INSERT OR IGNORE INTO rejections SELECT id FROM predictions WHERE id = ?",
            ((i,) for i in prediction_ids),
        )

    def unreject(self, prediction_ids: Iterable[int]) -> None:
        """Take rejections back."""
        self._db.many("DELETE FROM rejections WHERE prediction_id = ?", ((i,) for i in prediction_ids))

    def note_unseen_predictions(self, unseen_predictions: Iterable[UnseenPrediction]) -> None:
        """Keep names and scores of predictions when their image was first decided: samples the head had not
        seen."""
        self._db.many(
            """INSERT OR IGNORE INTO sightings (prediction_id, image_id, head_id, name, category_id, raw, score, shown)
               SELECT id, image_id, ?, ?, ?, ?, ?, ? FROM predictions WHERE id = ?""",
            (
                (s.head_id, s.name, s.category_id, s.raw, s.score, s.shown, s.prediction_id)
                for s in unseen_predictions
            ),
        )

    def note_first_seen(self, image_id: int) -> None:
        """Note that an image is decided the first time, and was not trained on before."""
        self._db.execute("INSERT OR IGNORE INTO first_seen (image_id) VALUES (?)", (image_id,))

    def first_seen(self, latest: int | None = None) -> list[int]:
        """The decided ones of these images, all or the latest, in order of time."""
        rows = self._db.all(
            """SELECT f.image_id FROM first_seen f JOIN images i ON i.id = f.image_id
               WHERE i.state = 'decided' ORDER BY f.id DESC LIMIT ?""",
            (-1 if latest is None else latest,),
        )
        return [row[0] for row in reversed(rows)]

    def count_first_seen(self) -> int:
        """How many images `first_seen` returns."""
        return self._db.scalar(
            "SELECT count(*) FROM first_seen f JOIN images i ON i.id = f.image_id WHERE i.state = 'decided'"
        )

    def was_first_seen(self, image_id: int) -> bool:
        """Whether what was proposed on an image was kept before training on it."""
        return self._db.one("SELECT 1 FROM first_seen WHERE image_id = ?", (image_id,)) is not None

    def unseen_predictions_of(self, image_id: int) -> list[UnseenPrediction]:
        """The names and scores of the predictions of an image before training on it."""
        return self.unseen_predictions_of_images([image_id])[image_id]

    def unseen_predictions_of_images(self, image_ids: Iterable[int]) -> dict[int, list[UnseenPrediction]]:
        """The same of each of these images."""
        unseen_predictions: dict[int, list[UnseenPrediction]] = {i: [] for i in image_ids}
        rows = self._db.all(
            """SELECT s.prediction_id, s.image_id, p.x, p.y, p.w, p.h, s.head_id, s.name, s.raw, s.score, s.shown,
                      length(p.class_scores) = 0, s.category_id
               FROM sightings s JOIN predictions p ON p.id = s.prediction_id
               WHERE s.image_id IN (SELECT value FROM json_each(?)) ORDER BY s.id""",
            (json.dumps(list(unseen_predictions)),),
        )
        for pid, image, x, y, w, h, head_id, name, raw, score, shown, found, category_id in rows:
            box = BBox(x, y, w, h)
            unseen_predictions[image].append(
                UnseenPrediction(
                    pid, image, box, head_id, name, raw, score, bool(shown), bool(found), category_id
                )
            )
        return unseen_predictions
