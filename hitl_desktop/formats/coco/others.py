"""COCO beside detection files: results, panoptic files, and folders of several files (Roboflow's, or one a split)."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import structs

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder, lenient
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.coco import detection as coco
from hitl_desktop.formats.joining import joined
from hitl_desktop.formats.text_files import read_json
from hitl_desktop.translation import tr

Record = dict[str, Any]
_SPLITS = ("train", "val", "test")


def read_results(path: Path, sizes: Sizes) -> ImportResult:
    """Read a list of detections; names of images and categories are in a COCO file beside it.

    Raises:
        FormatError: it is no such list, or no file beside it has its ids.
    """
    data = read_json(path)
    if not is_results(data):
        raise FormatError(tr("{path} is no list of COCO results.", path=path), hint=tr("Give such a list."))
    records = [cast("Record", r) for r in cast("list[Any]", data) if isinstance(r, dict)]
    ids = {r.get("image_id") for r in records}
    truth = _truth_beside(path, ids)
    builder = DatasetBuilder(sizes)
    images: dict[object, DatasetImage] = {}
    for image in truth.images:
        own = builder.image(
            "images", image.file_name, (image.width, image.height), state=ImageState.UNDECIDED
        )
        if own is not None:
            images[image.id] = own
    names = {c.id: c.name for c in truth.categories}
    for category in truth.categories:
        builder.category(category.name)
    for number, record in enumerate(records):
        where, image = f"[{number}]", images.get(record.get("image_id"))
        if image is None:
            builder.problem(
                where, tr("is of an image that the file beside it does not list"), IssueKind.UNKNOWN_IMAGE
            )
            continue
        box = lenient.box(record.get("bbox"))
        name = names.get(cast("int", record.get("category_id")))
        builder.box(where, image, name, list(box) if box else (), score=record.get("score"))
    return builder.result()


def is_results(data: object) -> bool:
    """Whether a value is a list of COCO detections."""
    first = next(iter(cast("list[Any]", data)), None) if isinstance(data, list) else None
    return isinstance(first, dict) and {"image_id", "category_id"} <= first.keys() and "bbox" in first


def _truth_beside(path: Path, ids: Set[object]) -> Dataset:
    for file in sorted(path.parent.glob("*.json")):
        if file == path:
            continue
        try:
            dataset = coco.read(file).dataset
        except FormatError:
            continue
        if ids <= {image.id for image in dataset.images}:
            return dataset
    raise FormatError(
        tr("{path} gives ids of images, and no COCO file beside it has them.", path=path),
        hint=tr("Put the COCO file with these images into the same folder."),
    )


def write_results(dataset: Dataset, path: Path) -> None:
    """Write all boxes as a list of detections, atomically; those without a score have 1.

    Raises:
        FormatError: the place cannot be written.
    """
    write_atomically(path, msgspec.json.encode([_result(a) for a in dataset.annotations]))


def _result(a: Annotation) -> Record:
    score = 1.0 if a.score is None else a.score
    return {"image_id": a.image_id, "category_id": a.category_id, "bbox": list(a.bbox), "score": score}


def read_panoptic(path: Path, sizes: Sizes) -> ImportResult:
    """Read the boxes of segments; the masks are in images, and are left out.

    Raises:
        FormatError: it is no panoptic file.
    """
    data = read_json(path)
    if not is_panoptic(data):
        raise FormatError(tr("{path} is no COCO panoptic file.", path=path), hint=tr("Give such a file."))
    root = cast("Record", data)
    builder = DatasetBuilder(sizes)
    categories = {
        r.get("id"): str(r.get("name"))
        for r in _records(root, "categories")
        if lenient.flag(r.get("isthing", 1))
    }
    for name in categories.values():
        builder.category(name)
    images: dict[object, DatasetImage] = {}
    for number, record in enumerate(_records(root, "images")):
        size = (record.get("width"), record.get("height"))
        own = builder.image(f"images[{number}]", record.get("file_name"), size, state=ImageState.DECIDED)
        if own is not None:
            images[record.get("id")] = own
    for number, record in enumerate(_records(root, "annotations")):
        image = images.get(record.get("image_id"))
        for place, segment in enumerate(_records(record, "segments_info")):
            where = f"annotations[{number}].segments_info[{place}]"
            if image is None:
                builder.lost_track = True
                builder.problem(
                    where, tr("is of an unknown image, and was left out"), IssueKind.UNKNOWN_IMAGE
                )
            elif segment.get("category_id") in categories:
                name, box = categories[segment.get("category_id")], lenient.box(segment.get("bbox"))
                crowd = lenient.flag(segment.get("iscrowd"))
                builder.box(where, image, name, list(box) if box else (), crowd=crowd)
    return builder.result()


def is_panoptic(data: object) -> bool:
    """Whether a value is a panoptic file."""
    first = _records(cast("Record", data), "annotations")[:5] if isinstance(data, dict) else []
    return any("segments_info" in record for record in first)


def _records(root: Record, key: str) -> list[Record]:
    values: Any = root.get(key)
    items = cast("list[Any]", values) if isinstance(values, list) else []
    return [cast("Record", item) for item in items if isinstance(item, dict)]


def read_folder(path: Path, sizes: Sizes) -> ImportResult:  # noqa: ARG001 - COCO has sizes
    """Read all COCO detection files of a folder as one data set, each with its split by its name or folder.

    Raises:
        FormatError: there is none.
    """
    found: list[tuple[str, ImportResult]] = []
    for file in coco_files(path):
        try:
            result = coco.read(file)
        except FormatError:
            continue
        inside = file.parent.relative_to(path).as_posix()
        split = next((s for s in _SPLITS if s in inside.lower() or s in file.stem.lower()), "")
        split = split or ("val" if "valid" in inside.lower() else "")
        is_beside = file.name.startswith("_annotations") and inside != "."
        prefix = f"{inside}/" if is_beside else ""
        images = tuple(
            structs.replace(i, split=i.split or split, file_name=prefix + i.file_name)
            for i in result.dataset.images
        )
        found.append((file.name, replace(result, dataset=replace(result.dataset, images=images))))
    if not found:
        raise FormatError(
            tr("{path} has no COCO detection file in it.", path=path), hint=tr("Give the file itself.")
        )
    return found[0][1] if len(found) == 1 else joined(found)


def coco_files(path: Path) -> Sequence[Path]:
    """The JSON files of a folder that may be COCO files, by their names."""
    files = folder.files_in(path, ".json")[:200]
    usual = [f for f in files if "instances" in f.name or f.name.startswith("_annotations")]
    return usual or files[:20]
