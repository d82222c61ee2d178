"""The records of a COCO file, one by one: a bad one costs itself only, and what has no place is kept as it
is."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import cast

import msgspec
from msgspec import structs

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.box_forms import area_of_corners, fit_corners, suspect
from hitl_desktop.domain.categories import Category, clean_name, name_key
from hitl_desktop.domain.dataset import (
    BoxForm,
    Dataset,
    DatasetImage,
    Extras,
    ImportIssue,
    ImportResult,
    IssueKind,
)
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.formats import lenient, outlines
from hitl_desktop.formats.coco import plain
from hitl_desktop.formats.coco.records import (
    Record,
    annotation_of,
    as_object,
    category_extra,
    encoded,
    image_of,
    leftover,
    text,
    words,
)
from hitl_desktop.formats.extras import apart, filled
from hitl_desktop.formats.lenient_json import Root, decoded, list_in_portions
from hitl_desktop.formats.numbering import Lookup, numbers_for
from hitl_desktop.translation import tr, trn

MARK, OLD_MARK = "HITL Desktop", "Exported by HITL Desktop"
"""What this program writes under "exported_by", and what it once wrote as description of a file."""

DEFAULTS: Record = {"info": {"description": f"Labelled with {MARK}", "version": "1.0"}, "licenses": []}
"""The top-level keys of a file unless an imported file has others."""

_MOST_ID = 2**62
_SAMPLED = 200
"""How many records are sampled to find out whether areas are rounded."""
_NAMES = (
    "file_name", "filename", "fileName", "path", "file_path", "filepath", "image_path", "img_path", "image",
    "coco_url", "flickr_url", "url",
)  # fmt: skip
"""Keys that hold the name of an image, best first."""
_LISTS = frozenset({"images", "annotations", "categories"})


def read_records(root: Root) -> ImportResult:
    """The data set in a COCO file, and what is wrong with it."""
    reader = _Reader(root)
    reader.read_categories()
    reader.read_images()
    reader.read_annotations()
    return reader.result()


@dataclass(slots=True)
class _Reader:
    """`boxes` are the annotations with `ids` as the file has them; `sets`, `extras` and `outlined` go by the place in
    that list."""

    root: Root
    issues: list[ImportIssue] = field(default_factory=list[ImportIssue])
    categories: list[Category] = field(default_factory=list[Category])
    category_extras: dict[int, bytes] = field(default_factory=dict[int, bytes])
    category_of: Lookup[int] = field(default_factory=Lookup[int])
    images: list[DatasetImage] = field(default_factory=list[DatasetImage])
    image_of: Lookup[DatasetImage] = field(default_factory=Lookup[DatasetImage])
    boxes: list[Annotation] = field(default_factory=list[Annotation])
    ids: list[object] = field(default_factory=list[object])
    sets: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])
    extras: dict[int, bytes] = field(default_factory=dict[int, bytes])
    outlined: set[int] = field(default_factory=set[int])
    incomplete: set[int] = field(default_factory=set[int])
    listed: int = 0
    lost_track: bool = False
    area_decimals: int | None = None
    area_votes: Counter[bool] = field(default_factory=Counter[bool])

    def problem(self, where: str, what: str, kind: IssueKind, count: int = 1) -> None:
        self.issues.append(ImportIssue(where, what, kind, count))

    def records(self, key: str) -> Iterator[tuple[int, Record | None]]:
        """Place and content of each record of a list; None for one that is no object."""
        return ((place, as_object(raw)) for place, raw in self.raw_records(key))

    def raw_records(self, key: str) -> Iterator[tuple[int, msgspec.Raw]]:
        """Place and JSON of each record of a list."""
        raw = self.root.get(key)
        if raw is None:
            return
        try:
            yield from enumerate(chain.from_iterable(list_in_portions(raw)))
        except msgspec.MsgspecError:
            self.problem(key, tr("is not a list and was left out"), IssueKind.BAD_RECORD)

    def read_categories(self) -> None:
        """Names that are the same become one category; an id that two names have means neither."""
        records = list(self.records("categories"))
        ids = [record.get("id") if record else None for _, record in records]
        numbers, changed = numbers_for(ids, allowed=lambda _: True)
        self.category_of = Lookup[int](ids)
        by_name: dict[str, Category] = {}
        for (place, record), number in zip(records, numbers, strict=True):
            name = text(record.get("name")) if record else ""
            if record is None or not name_key(name):
                self.problem(
                    f"categories[{place}]", tr("needs a name, and was left out"), IssueKind.BAD_RECORD
                )
                continue
            known = by_name.get(name_key(name))
            if known is not None:
                self.problem(
                    "categories",
                    tr(
                        "{name!r} (id {ids}) is the same name as {name_2!r} (id {id}); both "
                        "become one category",
                        name=name,
                        ids=ids[place],
                        name_2=known.name,
                        id=known.id,
                    ),
                    IssueKind.SAME_NAME,
                )
                self.category_of.at[place] = known.id
                self._fill_category(known, record)
                continue
            if len(self.category_of.places_of(ids[place])) > 1:
                self.problem(
                    f"categories[{place}]",
                    tr("repeats the id {ids!r} with another name; its boxes are left out", ids=ids[place]),
                    IssueKind.BAD_RECORD,
                )
            category = Category(number, clean_name(name))
            by_name[name_key(name)] = category
            self.categories.append(category)
            self.category_of.at[place] = number
            if extra := category_extra(record):
                self.category_extras[number] = extra
        self._add_renumbered("categories", changed)

    def _fill_category(self, known: Category, record: Record) -> None:
        """What the first record of a name lacks is taken from another one."""
        extra, clashing = filled(
            self.category_extras.get(known.id, b""), category_extra(record), but=("name",)
        )
        if extra:
            self.category_extras[known.id] = extra
        if clashing:
            what = tr(
                "{name!r} has another {clashing} where it is listed again; the first stays",
                name=known.name,
                clashing=", ".join(clashing),
            )
            self.problem("categories", what, IssueKind.DROPPED, len(clashing))

    def _add_renumbered(self, where: str, changed: int) -> None:
        if changed:
            what = _renumbered_boxes if where == "annotations" else _renumbered
            self.problem(where, what(changed), IssueKind.RENUMBERED, changed)

    def read_images(self) -> None:
        """The images, each under a number of its own, also where the file lists one several times."""
        records = list(self.records("images"))
        ids = [record.get("id") if record else None for _, record in records]
        numbers, changed = numbers_for(ids, allowed=lambda _: True)
        self.image_of = Lookup[DatasetImage](ids)
        other_keys = 0
        for (place, record), number in zip(records, numbers, strict=True):
            key = next((k for k in _NAMES if record and text(record.get(k))), None)
            if record is None or key is None:
                self.problem(
                    f"images[{place}]", tr("has no file_name, and was left out"), IssueKind.BAD_RECORD
                )
                continue
            other_keys += key != "file_name"
            image = image_of(record, number, text(record[key]))
            self.images.append(image)
            self.image_of.at[place] = image
            if not self.image_of.places_of(ids[place]):
                self.incomplete.add(number)
                self.problem(
                    f"images[{place}]", tr("has no id, so no box can be its own"), IssueKind.INCOMPLETE
                )
        self._add_renumbered("images", changed)
        if other_keys:
            self.problem(
                "images",
                tr(
                    "no file_name in {other_keys} of them; it was taken from another key, such as path",
                    other_keys=other_keys,
                ),
                IssueKind.OTHER_KEY,
                other_keys,
            )

    def _check_annotations(self) -> None:
        """Without a list of annotations no image is known to be labelled."""
        if not self.root.get("annotations"):
            self.incomplete.update(image.id for image in self.images)
            self.problem(
                "annotations",
                tr("the file has no annotations list, so no image in it is known to be labelled"),
                IssueKind.NO_ANNOTATIONS,
            )
        elif memoryview(self.root["annotations"])[0] != ord("["):
            self.incomplete.update(image.id for image in self.images)
            content = decoded(self.root["annotations"])
            self.listed += len(cast("Record", content)) if isinstance(content, dict) else 0

    def read_annotations(self) -> None:
        """Read the boxes; an image that loses one is incomplete."""
        self._check_annotations()
        first = (raw for _, raw in islice(self.raw_records("annotations"), _SAMPLED))
        self.area_decimals = plain.decimals_of_areas(first)
        for place, raw in self.raw_records("annotations"):
            self.listed += 1
            if self._read_plain(raw):
                continue
            where, record = f"annotations[{place}]", as_object(raw)
            if record is None:
                self.problem(where, tr("is not an object and was left out"), IssueKind.BAD_RECORD)
                self.lost_track = True
                continue
            image = self._image_of(where, record)
            category_id = self._category_of(where, record, image) if image is not None else None
            if image is None or category_id is None:
                continue
            bbox, is_outlined = self._box_of(where, record, image)
            if bbox is None:
                continue
            own, foreign = apart(record)
            annotation = annotation_of(image.id, category_id, bbox, own)
            if sets := words(own, "sets"):
                self.sets[len(self.boxes)] = sets
            if is_outlined:
                self.outlined.add(len(self.boxes))
            extra = encoded(leftover(own, annotation, self.area_decimals) | foreign)
            self._add(annotation, record.get("id"), extra)
        if outlined := len(self.outlined):
            self.problem(
                "annotations",
                tr("no box in {outlined} of them; it was made from the outline", outlined=outlined),
                IssueKind.FROM_OUTLINE,
                outlined,
            )

    def _add(self, annotation: Annotation, id_: object, extra: bytes) -> None:
        if extra:
            self.extras[len(self.boxes)] = extra
        self.boxes.append(annotation)
        self.ids.append(id_)

    def _read_plain(self, raw: msgspec.Raw) -> bool:
        """Take a record that is exactly as COCO has it; False for one that needs a look at each key."""
        try:
            box = plain.decode_plain(raw)
        except msgspec.MsgspecError:
            return False
        image, category_id = self.image_of.only(box.image_id), self.category_of.only(box.category_id)
        if image is None or category_id is None:
            return False
        annotation, area = plain.annotation_of(box, image.id, category_id), plain.area_of(box)
        if annotation is None or not math.isfinite(area):
            return False
        if area and not self.area_votes[False]:  # one that is a size settles it
            self._vote(annotation.bbox, area)
        self._add(annotation, box.id, plain.leftover_of(box, annotation.bbox, area, self.area_decimals))
        return True

    def _vote(self, bbox: BBox, area: float) -> None:
        vote = area_of_corners(bbox, area)
        if vote is not None:
            self.area_votes[vote] += 1

    def _box_of(self, where: str, record: Record, image: DatasetImage) -> tuple[BBox | None, bool]:
        """The box of a record, if it has a usable one, and whether it was made from the outline."""
        bbox = lenient.box(record.get("bbox"))
        if bbox is not None:
            area = lenient.number(record.get("area"))
            if area:
                self._vote(bbox, area)
            return bbox, False
        bbox = outlines.box_around(record.get("segmentation"), (image.width, image.height))
        if bbox is None:
            self.incomplete.add(image.id)
            shown = json.dumps(record.get("bbox"), ensure_ascii=False)[:60]
            self.problem(
                where, tr("has no usable bbox ({shown}) and was left out", shown=shown), IssueKind.NO_BOX
            )
        return bbox, True

    def _image_of(self, where: str, record: Record) -> DatasetImage | None:
        """The image that a box is on; None where that is unknown."""
        id_ = record.get("image_id")
        places = self.image_of.places_of(id_)
        candidates = [self.image_of.at[place] for place in places if place in self.image_of.at]
        if len({image.file_name for image in candidates}) == 1 and len(candidates) == len(places):
            return candidates[0]
        self.incomplete.update(image.id for image in candidates)
        if not places:
            self.lost_track = True
            self.problem(
                where,
                tr("refers to the unknown image {id!r} and was left out", id=id_),
                IssueKind.UNKNOWN_IMAGE,
            )
        elif candidates:
            what = tr("refers to the image {id!r}, an id that several images have, and was left out", id=id_)
            self.problem(where, what, IssueKind.UNKNOWN_IMAGE)
        else:
            what = tr("refers to the image {id!r}, which was left out, and so was the box", id=id_)
            self.problem(where, what, IssueKind.UNKNOWN_IMAGE)
        return None

    def _category_of(self, where: str, record: Record, image: DatasetImage) -> int | None:
        id_ = record.get("category_id")
        places = self.category_of.places_of(id_)
        found = {self.category_of.at.get(place) for place in places}
        if len(found) == 1 and None not in found:
            return found.pop()
        self.incomplete.add(image.id)
        if not places:
            what = tr("refers to the unknown category {id!r} and was left out", id=id_)
        elif len(found) > 1:
            what = tr(
                "refers to the category {id!r}, an id that several names have, and was left out", id=id_
            )
        else:
            what = tr("refers to the category {id!r} and was left out", id=id_)
        self.problem(where, what, IssueKind.UNKNOWN_CATEGORY)
        return None

    def result(self) -> ImportResult:
        numbers, changed = numbers_for(self.ids, allowed=lambda n: 0 < n < _MOST_ID)
        self._add_renumbered("annotations", changed)
        annotations = tuple(
            a if a.id == n else a.placed(id=n) for a, n in zip(self.boxes, numbers, strict=True)
        )
        pinned = {numbers[place]: sets for place, sets in self.sets.items()}
        extras = {numbers[place]: extra for place, extra in self.extras.items()}
        outlined = frozenset(numbers[place] for place in self.outlined)
        top = {key: bytes(raw) for key, raw in self.root.items() if not _is_own(key, raw)}
        dataset = Dataset(
            self._images_with_states(annotations),
            tuple(self.categories),
            annotations,
            pinned,
            Extras(extras, self.category_extras, top, self.area_decimals),
        )
        return ImportResult(
            dataset, tuple(self.issues), frozenset(self.incomplete), self.listed, self.lost_track,
            _suspected(annotations, outlined, self.images, self.area_votes), outlined,
        )  # fmt: skip

    def _images_with_states(self, annotations: Sequence[Annotation]) -> tuple[DatasetImage, ...]:
        """An image with boxes is decided; an older export of this program lists no others but empty ones."""
        info = decoded(self.root["info"]) if "info" in self.root else None
        described = cast("Record", info).get("description") if isinstance(info, dict) else None
        all_decided = described == OLD_MARK and "exported_by" not in self.root
        labelled = {a.image_id for a in annotations}
        return tuple(
            structs.replace(image, state=ImageState.DECIDED)
            if image.state is None and (all_decided or image.id in labelled)
            else image
            for image in self.images
        )


def _is_own(key: str, raw: msgspec.Raw) -> bool:
    """Whether an export writes this by itself."""
    return key in {*_LISTS, "exported_by"} or (key in DEFAULTS and decoded(raw) == DEFAULTS[key])


def _suspected(
    annotations: Sequence[Annotation],
    outlined: Set[int],
    images: Sequence[DatasetImage],
    area_votes: Mapping[bool, int],
) -> BoxForm | None:
    """What the numbers of the boxes seem to be, if not pixels."""
    given: dict[int, list[BBox]] = {}
    made: dict[int, list[BBox]] = {}
    for a in annotations:
        (made if a.id in outlined else given).setdefault(a.image_id, []).append(a.bbox)
    forms = Counter(suspect(given, {i.id: (i.width, i.height) for i in images}, made).values())
    if forms:
        return forms.most_common(1)[0][0]
    fit = fit_corners([box for own in given.values() for box in own])
    return BoxForm.CORNERS if fit and area_votes[True] and not area_votes[False] else None


def _renumbered(changed: int) -> str:
    return trn(
        "{n} id is no whole number that nobody else has, so a new one was given",
        "{n} ids are no whole numbers that nobody else has, so new ones were given",
        changed,
    )


def _renumbered_boxes(changed: int) -> str:
    return trn(
        "{n} id is no whole number above 0 that nobody else has, so a new one was given",
        "{n} ids are no whole numbers above 0 that nobody else has, so new ones were given",
        changed,
    )
