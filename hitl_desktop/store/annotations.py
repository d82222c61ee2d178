"""The annotations of a project."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from itertools import count, filterfalse

from msgspec import structs

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import as_values
from hitl_desktop.domain.box_field import TaughtSize
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError
from hitl_desktop.store.database import Database, Row
from hitl_desktop.translation import tr

_COLUMNS = "id, image_id, category_id, x, y, w, h, origin, proposed_by, score, edited, crowd, prediction_id, attributes"
_ORIGINS = {
    origin.value: origin for origin in Origin
}  # looked up, not called: there may be thousands of rows
_INTO = f"INSERT INTO annotations ({_COLUMNS})"
_INTO_PLAIN = "INSERT INTO annotations (id, image_id, category_id, x, y, w, h, origin)"
"""For boxes whose other columns have their default values: binding half as many values takes a third less time."""


def _annotation(row: Row) -> Annotation:
    (
        id_,
        image_id,
        category_id,
        x,
        y,
        w,
        h,
        origin,
        proposed_by,
        score,
        edited,
        crowd,
        prediction_id,
        attributes,
    ) = row
    return Annotation(
        id_,
        image_id,
        category_id,
        BBox(x, y, w, h),
        _ORIGINS[origin],
        proposed_by,
        score,
        bool(edited),
        bool(crowd),
        prediction_id,
        as_values(json.loads(attributes)) if attributes else (),
    )


def _row(a: Annotation) -> Row:
    x, y, w, h = a.bbox
    return (
        a.id or None, a.image_id, a.category_id, float(x), float(y), float(w), float(h), a.origin.value, a.proposed_by,
        a.score, int(a.edited), int(a.crowd), a.prediction_id,
        json.dumps(dict(a.attributes)) if a.attributes else None,
    )  # fmt: skip


def _is_plain(a: Annotation) -> bool:
    """Whether all other columns of a box have their default values."""
    has_nothing = a.score is None and a.proposed_by is None and a.prediction_id is None
    return has_nothing and a.id > 0 and not (a.edited or a.crowd or a.attributes)


def _plain_row(a: Annotation) -> Row:
    x, y, w, h = a.bbox
    return a.id, a.image_id, a.category_id, float(x), float(y), float(w), float(h), a.origin.value


class Annotations:
    """Boxes that people stand behind."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
        """Insert; those with id 0 get a new one, others keep theirs.

        Raises:
            HitlError: a box has no size or is not finite.
        """
        given = list(annotations)
        if not given:
            return ()
        for a in given:
            if not all(map(math.isfinite, a.bbox)) or a.bbox.w <= 0 or a.bbox.h <= 0:
                raise HitlError(
                    tr("A box needs a width and a height."), hint=tr("Draw it again, a little larger.")
                )
        with self._db.transaction():  # so that nobody takes an id in between
            fresh = count(max([self.last_id(), *(a.id for a in given)]) + 1)
            added = tuple(a if a.id else structs.replace(a, id=next(fresh)) for a in given)
            self._db.insert_many(_INTO, map(_row, added))
        return added

    def add_all(self, annotations: Iterable[Annotation]) -> None:
        """Insert very many, quickly; those with id 0 get a new one."""
        given = list(annotations)
        with self._db.transaction():
            self._db.insert_many(_INTO_PLAIN, map(_plain_row, filter(_is_plain, given)))
            self._db.insert_many(_INTO, map(_row, filterfalse(_is_plain, given)))

    def fill(self, annotations: Iterable[Annotation]) -> None:
        """Write scores, who proposed it, and attributes, as they are now."""
        self._db.many(
            "UPDATE annotations SET score = ?, proposed_by = ?, attributes = ? WHERE id = ?",
            ((a.score, a.proposed_by, _row(a)[-1], a.id) for a in annotations),
        )

    def remove(self, annotations: Sequence[Annotation]) -> None:
        """Delete by id."""
        self._db.many("DELETE FROM annotations WHERE id = ?", ((a.id,) for a in annotations))

    def of_image(self, image_id: int) -> list[Annotation]:
        """The annotations of an image, in order of id."""
        rows = self._db.all(f"SELECT {_COLUMNS} FROM annotations WHERE image_id = ? ORDER BY id", (image_id,))
        return [_annotation(row) for row in rows]

    def of_images(self, image_ids: Iterable[int]) -> dict[int, list[Annotation]]:
        """The same of each of these images, an empty list where there are none."""
        found: dict[int, list[Annotation]] = {i: [] for i in image_ids}
        rows = self._db.all(
            f"""SELECT {_COLUMNS} FROM annotations WHERE image_id IN (SELECT value FROM json_each(?))
                ORDER BY image_id, id""",
            (json.dumps(list(found)),),
        )
        for row in rows:
            found[row[1]].append(_annotation(row))
        return found

    def all(self) -> list[Annotation]:
        """All, in order of id."""
        return [_annotation(row) for row in self._db.each(f"SELECT {_COLUMNS} FROM annotations ORDER BY id")]

    def last_id(self) -> int:
        """The highest id ever given; ids up to it may stand in the undo journal though they are free now."""
        return self._db.scalar("SELECT seq FROM sqlite_sequence WHERE name = 'annotations'") or 0

    def reserve_ids(self, last: int) -> None:
        """Give ids up to this one to nobody who does not ask for them."""
        self._db.execute(
            """INSERT INTO sqlite_sequence (name, seq) SELECT 'annotations', 0
               WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'annotations')"""
        )
        self._db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'annotations'", (last,))

    def give_back_ids(self, first: int) -> None:
        """Let ids from this one on be given again, if no box has one of them."""
        self._db.execute(
            """UPDATE sqlite_sequence SET seq = min(seq, ?1 - 1)
               WHERE name = 'annotations' AND NOT EXISTS (SELECT 1 FROM annotations WHERE id >= ?1)""",
            (first,),
        )

    def acts_of(self, image_id: int) -> dict[str, int]:
        """What it took to come from the proposals to these boxes, counted: drawn, accepted, relabelled,
        moved.

        A box moved and renamed counts as moved.
        """
        return dict(
            self._db.all(
                """SELECT CASE WHEN a.origin = 'human' THEN 'drawn' WHEN NOT a.edited THEN 'accepted'
                       WHEN a.x = p.x AND a.y = p.y AND a.w = p.w AND a.h = p.h THEN 'relabelled' ELSE 'moved' END,
                       count(*)
                   FROM annotations a LEFT JOIN predictions p ON p.id = a.prediction_id
                   WHERE a.image_id = ? GROUP BY 1""",
                (image_id,),
            )
        )

    def of_category(self, category_id: int) -> list[Annotation]:
        """The annotations of a category, in order of id."""
        sql = f"SELECT {_COLUMNS} FROM annotations WHERE category_id = ? ORDER BY id"
        return [_annotation(row) for row in self._db.all(sql, (category_id,))]

    def ids_of_category(self, category_id: int, *, most: int = -1) -> tuple[int, ...]:
        """Ids of the annotations of a category, of so many at `most` if it is given."""
        sql = "SELECT id FROM annotations WHERE category_id = ? ORDER BY id LIMIT ?"
        rows = self._db.all(sql, (category_id, most))
        return tuple(row[0] for row in rows)

    def set_category(self, ids: Iterable[int], category_id: int) -> None:
        """Make these annotations of another category."""
        self._db.many(
            "UPDATE annotations SET category_id = ? WHERE id = ?", ((category_id, id_) for id_ in ids)
        )

    def images_of(self, ids: Sequence[int]) -> frozenset[int]:
        """The images that these annotations are on."""
        rows = self._db.all(
            "SELECT DISTINCT image_id FROM annotations WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )
        return frozenset(row[0] for row in rows)

    def decided_images_of(self, category_id: int) -> set[int]:
        """The decided images that hold a category."""
        rows = self._db.all(
            """SELECT DISTINCT a.image_id FROM annotations a JOIN images i ON i.id = a.image_id
               WHERE a.category_id = ? AND i.state = 'decided'""",
            (category_id,),
        )
        return {row[0] for row in rows}

    def shares_of_decided(self) -> list[tuple[float, int]]:
        """The shorter side of each box on decided images, crowds aside, as a share of its image's longer
        side, and that side in pixels."""
        rows = self._db.all(
            """SELECT min(a.w, a.h) / max(i.width, i.height), max(i.width, i.height)
               FROM annotations a JOIN images i ON i.id = a.image_id
               WHERE i.state = 'decided' AND i.width > 0 AND i.height > 0 AND NOT a.crowd"""
        )
        return [(share, longer) for share, longer in rows]

    def taught_sizes(self, *, most: int, beside: int | None = None) -> list[TaughtSize]:
        """The sizes of the latest boxes on decided images, crowds and one image aside."""
        rows = self._db.all(
            """SELECT a.category_id, a.w / max(i.width, i.height), a.h / max(i.width, i.height)
               FROM annotations a JOIN images i ON i.id = a.image_id
               WHERE i.state = 'decided' AND i.width > 0 AND i.height > 0 AND NOT a.crowd AND i.id IS NOT ?
               ORDER BY a.id DESC LIMIT ?""",
            (beside, most),
        )
        return [TaughtSize(*row) for row in rows]

    def count_by_category(self) -> dict[int, int]:
        """How many there are of each category."""
        return dict(self._db.all("SELECT id, boxes FROM categories WHERE boxes"))
