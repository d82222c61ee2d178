"""Model versions: all are listed, the arrays of the latest ones are kept, one is active."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from hitl_desktop.domain.calibration import Calibration
from hitl_desktop.store.clock import now
from hitl_desktop.store.database import Database, Row
from hitl_desktop.store.meta import Meta

KEPT = 20
"""So many of the latest versions keep their arrays, some hundred kilobytes each, and can be made active
again."""

_COLUMNS = "id, created, model_id, weights, summary, learned, calibration, waits, used"


@dataclass(frozen=True, slots=True)
class HeadSummary:
    """What a head version learned from, and how the loop did before it on what it had not seen.

    On the latest images `first_sight_total` boxes were shown before training on their image,
    `first_sight_right` of them right (low and high: the 95 % interval of that share), of
    `first_sight_objects` objects. Decisions up to `last_decision` were known.
    """

    pictures: int = 0
    boxes: int = 0
    categories: int = 0
    seconds: float = 0.0
    first_sight_right: int = 0
    first_sight_total: int = 0
    first_sight_objects: int = 0
    first_sight_low: float = 0.0
    first_sight_high: float = 1.0
    last_decision: int = 0


@dataclass(frozen=True, slots=True)
class HeadVersion:
    """A stored head; `weights` are the bytes that the classification head made, `learned` its training
    images.

    `waits` is why it was not made active at once; `used` whether it was active at some time.
    """

    id: int
    created: str
    model_id: int
    weights: bytes
    summary: HeadSummary
    learned: frozenset[int]
    calibration: Calibration
    waits: str = ""
    used: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether its arrays are still there, so that it can be made active."""
        return bool(self.weights)


class Heads:
    """The head versions table."""

    def __init__(self, db: Database) -> None:
        self._db, self._meta = db, Meta(db)

    def add(
        self,
        model_id: int,
        weights: bytes,
        summary: HeadSummary,
        finding: bytes | None = None,
        *,
        learned: Iterable[int] = (),
        calibration: Calibration | None = None,
        waits: str = "",
        trial: bytes | None = None,
        detector: str = "",
    ) -> int:
        """Store a version, with the bytes of its detection head and of what was tried of it if there are any.

        It is not active yet. `detector` is the hash of the one on whose feature maps it finds.
        """
        head_id = self._db.insert(
            """INSERT INTO head_versions
               (created, model_id, weights, summary, finding, learned, calibration, waits, trial, detector)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                now(), model_id, weights, json.dumps(asdict(summary)), finding, json.dumps(sorted(learned)),
                json.dumps(asdict(calibration or Calibration())), waits, trial, detector,
            ),
        )  # fmt: skip
        self._db.execute(
            """UPDATE head_versions SET weights = x'', finding = NULL, trial = NULL
               WHERE id <= ? AND id IS NOT ? AND weights != x''""",
            (head_id - KEPT, self.active_id()),
        )
        return head_id

    def get(self, head_id: int) -> HeadVersion | None:
        """One version."""
        row = self._db.one(f"SELECT {_COLUMNS} FROM head_versions WHERE id = ?", (head_id,))
        return _version(row) if row is not None else None

    def latest(self, most: int = KEPT) -> list[HeadVersion]:
        """The latest versions, newest first, without their arrays but `is_kept` as it is."""
        rows = self._db.all(
            f"""SELECT {_COLUMNS.replace("weights", "coalesce(substr(weights, 1, 1), x'')")} FROM head_versions
                ORDER BY id DESC LIMIT ?""",
            (most,),
        )
        return [_version(row) for row in rows]

    def finding_of(self, head_id: int, detector: str) -> bytes | None:
        """The bytes that the detection head of a version made, if it has one that was trained beside the
        detector of this hash; with many categories megabytes."""
        return self._db.scalar(
            "SELECT finding FROM head_versions WHERE id = ? AND detector = ?", (head_id, detector)
        )

    def detector_of(self, head_id: int) -> str:
        """The hash of the detector beside which a version was trained."""
        return self._db.scalar("SELECT detector FROM head_versions WHERE id = ?", (head_id,)) or ""

    def trial_of(self, head_id: int) -> bytes | None:
        """The bytes of what was tried of a version, if anything was."""
        return self._db.scalar("SELECT trial FROM head_versions WHERE id = ?", (head_id,))

    def active(self) -> HeadVersion | None:
        """The version that names proposals now."""
        head_id = self.active_id()
        return self.get(head_id) if head_id is not None else None

    def active_id(self) -> int | None:
        """The id of the active version."""
        return self._meta.get_id("active_head")

    def activate(self, head_id: int | None, *, hold: bool = False) -> None:
        """Make a version active, or none; with `hold` new ones wait until a person decides otherwise."""
        self._meta.set("active_head", head_id)
        self._db.execute("UPDATE head_versions SET used = 1 WHERE id = ?", (head_id,))
        self._meta.set("hold_head", head_id if hold else None)

    def trained_image_ids(self) -> set[int]:
        """The images that the active version was trained on."""
        learned = self._db.scalar("SELECT learned FROM head_versions WHERE id = ?", (self.active_id(),))
        return set(json.loads(learned or "[]"))

    def is_held(self) -> bool:
        """Whether somebody chose the active version, so that new ones wait."""
        return self._meta.get_id("hold_head") is not None

    def keep_tag_head(self, weights: bytes | None) -> None:
        """Keep the bytes that the tag head made, in place of those before, or none."""
        if weights is None:
            self._db.execute("DELETE FROM tag_head")
        else:
            self._db.execute("INSERT OR REPLACE INTO tag_head VALUES (1, ?)", (weights,))

    def tag_head(self) -> bytes | None:
        """The bytes that the tag head made."""
        return self._db.scalar("SELECT weights FROM tag_head")


def _version(row: Row) -> HeadVersion:
    id_, created, model_id, weights, summary, learned, calibration, waits, used = row
    stored = json.loads(calibration)
    calibration = (
        Calibration(
            tuple(stored["slopes"]),
            tuple(stored["biases"]),
            {int(c): v for c, v in stored["offsets"].items()},
            stored["sights"],
        )
        if stored
        else Calibration()
    )
    known = {k: v for k, v in json.loads(summary).items() if k in HeadSummary.__slots__}
    return HeadVersion(
        id_,
        created,
        model_id,
        weights,
        HeadSummary(**known),
        frozenset(json.loads(learned)),
        calibration,
        waits,
        bool(used),
    )
