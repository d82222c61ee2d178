"""From a file to ground truth of decided pictures."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.attributes import COMMON, Attribute, kind_of
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportIssue, ImportResult
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import MIN_SIDE
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats.registry import find_format
from hitl_desktop.store.project import SUFFIX, Project

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What came in, and every record that could not be taken as it stands."""

    images: int
    annotations: int
    categories: int
    issues: tuple[ImportIssue, ...]
    changes: Changes


def read_dataset(path: Path, *, format_name: str = "coco") -> ImportResult:
    """Read a file without touching the project.

    Raises:
        HitlError: the format is unknown, or the file is none of it.
    """
    if path.suffix == SUFFIX:  # not even opened: that would drop SQLite's locks on it
        raise FormatError(f"{path} is a project, not a data set.", hint="Open it, export it, and import what came out.")
    return find_format(format_name).read(path)


def import_dataset(project: Project, result: ImportResult, *, take_image_ids: bool = True) -> ImportSummary:
    """Make a data set the ground truth of the project's pictures.

    Pictures are matched by path, then by name alone where that is unambiguous. A picture that people have decided, or
    that has boxes, keeps what it has. One that lost boxes on the way gets the others and stays to be decided. Ids of
    the file are kept where they were never used here; in a project without any work in it the pictures take the file's
    ids, too, unless `take_image_ids` is off: a window has pictures on screen and on their way under the ids they have.

    Pictures are written with their boxes, some hundred at a time, so that nobody waits long for the file; after an
    interruption the same file can be imported again.
    """
    issues = list(result.issues)
    dataset = _with_incomplete_to_do(result, issues)
    with project.db.transaction():
        if take_image_ids and project.is_untouched():
            _take_over_image_ids(project, dataset)
        categories = {c.id: project.categories.ensure(c.name, wanted_id=c.id).id for c in dataset.categories}
        ids = _annotation_ids(project, dataset)
        _define_attributes(project, dataset, categories)
    images = _match_images(project, dataset.images, issues)
    wanted = [image for image in dataset.images if image.id in images]
    placed = _place(dataset, images, categories, ids, issues)
    pinned = {new: sets for a, new in zip(dataset.annotations, ids, strict=True) if (sets := dataset.pinned.get(a.id))}
    accepted: set[int] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        with project.db.transaction():
            accepted |= _write(project, wanted[start : start + _AT_ONCE], images, placed, pinned, issues)
    annotations = sum(len(placed.get(image_id, ())) for image_id in accepted)
    changes = Changes(images=True, annotations_of=frozenset(accepted), categories=True, queue=True)
    return ImportSummary(len(accepted), annotations, len(categories), tuple(issues), changes)


def _define_attributes(project: Project, dataset: Dataset, categories: dict[int, int]) -> None:
    """Attributes that boxes of the file have and the project does not know yet, of the kind that the values are."""
    known = {(a.name, a.category_id) for a in project.attributes.all()} | {(a.name, None) for a in COMMON}
    fresh: dict[tuple[str, int], Attribute] = {}
    for annotation in dataset.annotations:
        category_id = categories[annotation.category_id]
        for name, value in annotation.attributes:
            if (name, None) not in known and (name, category_id) not in known:
                fresh.setdefault((name, category_id), Attribute(name, kind_of(value), category_id=category_id))
    project.attributes.add(fresh.values())


def _with_incomplete_to_do(result: ImportResult, issues: list[ImportIssue]) -> Dataset:
    """Nobody stands behind a picture some of whose boxes were left out."""
    images: list[DatasetImage] = []
    for image in result.dataset.images:
        if image.id in result.incomplete and image.state is ImageState.DECIDED:
            issues.append(ImportIssue(image.file_name, "lost boxes that could not be read, so it stays to be decided"))
            images.append(replace(image, state=ImageState.UNDECIDED))
        else:
            images.append(image)
    return replace(result.dataset, images=tuple(images))


def _take_over_image_ids(project: Project, dataset: Dataset) -> None:
    """In a project without any work in it, pictures take the file's ids, so that exporting gives the same file."""
    matched = _match_images(project, dataset.images, [])
    project.images.renumber({image.id: theirs for theirs, image in matched.items() if theirs >= 1})


def match_by_name(project: Project, names: Sequence[str]) -> dict[str, ImageRecord]:
    """The project's picture for each file name.

    In this order: the path with its folder as the project sees it; the path in its folder; the last part of the path;
    each in any Unicode form, and each only where it fits a single picture.
    """
    folders = project.images.folders()
    by_key: tuple[dict[str, list[ImageRecord]], ...] = ({}, {}, {})
    for image in project.images.all():
        path = _key(image.path)
        keys = (_key(f"{folders[image.folder_id]}/{image.path}"), path, path.rsplit("/", 1)[-1])
        for known, key in zip(by_key, keys, strict=True):
            known.setdefault(key, []).append(image)
    found: dict[str, ImageRecord] = {}
    for name in names:
        key = _key(name)
        for known, wanted in zip(by_key, (key, key, key.rsplit("/", 1)[-1]), strict=True):
            candidates = known.get(wanted, [])
            if len(candidates) == 1:
                found[name] = candidates[0]
                break
            if candidates:  # fits several: looser keys cannot tell them apart either
                break
    return found


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", posixpath.normpath(path))


def _match_images(
    project: Project, images: Sequence[DatasetImage], issues: list[ImportIssue]
) -> dict[int, ImageRecord]:
    by_name = match_by_name(project, [image.file_name for image in images])
    found: dict[int, ImageRecord] = {}
    used: set[int] = set()
    for image in images:
        record = by_name.get(image.file_name)
        if record is None:
            issues.append(
                ImportIssue(image.file_name, "is not among the project's pictures (or the name fits several)")
            )
        elif record.id in used:
            issues.append(
                ImportIssue(image.file_name, "names a picture that the file names twice; the second was left out")
            )
        else:
            used.add(record.id)
            found[image.id] = record
    return found


def _write(
    project: Project,
    images: Sequence[DatasetImage],
    records: dict[int, ImageRecord],
    placed: dict[int, list[Annotation]],
    pinned: dict[int, tuple[str, ...]],
    issues: list[ImportIssue],
) -> set[int]:
    """Write what the file says of these pictures; returns the project's ids of those that took its word."""
    free = project.images.free_ids([records[image.id].id for image in images])
    taken = [(image, records[image.id]) for image in images if _takes(image, records[image.id], free, issues)]
    project.images.set_states((record.id, image.state) for image, record in taken)
    for image, record in taken:
        for name in image.sets:
            project.sets.add(name, [record.id])
        if image.tags:
            project.images.set_tags(record.id, sorted({project.tags.ensure(tag).id for tag in image.tags}))
    boxes = [a for _, record in taken for a in placed.get(record.id, ())]
    project.annotations.add_all(boxes)
    for box in boxes if pinned else ():
        for name in pinned.get(box.id, ()):
            project.sets.add(name, [box.image_id])
            project.sets.pin_boxes(name, box.image_id, [box.id])
    return {record.id for _, record in taken}


def _takes(image: DatasetImage, record: ImageRecord, free: set[int], issues: list[ImportIssue]) -> bool:
    """Whether a picture takes the file's word; if not, or if its size is another one, that is an issue."""
    if record.reason:
        issues.append(ImportIssue(image.file_name, f"cannot be read and was left out: {record.reason}"))
        return False
    if record.id not in free:
        issues.append(ImportIssue(image.file_name, "is decided or has boxes already; the project's version was kept"))
        return False
    if image.width and record.width and (image.width, image.height) != (record.width, record.height):
        size = f"{record.width} x {record.height}"
        issues.append(
            ImportIssue(image.file_name, f"is {size} upright, not {image.width} x {image.height}; check its boxes")
        )
    return True


def _annotation_ids(project: Project, dataset: Dataset) -> list[int]:
    """An id for each annotation, reserved: that of the file where nobody ever had it here, else a new one."""
    last = project.annotations.last_id()
    fresh = count(max([last, *(a.id for a in dataset.annotations)]) + 1)
    ids = [a.id if a.id > last else next(fresh) for a in dataset.annotations]
    project.annotations.reserve_ids(max(ids, default=last))
    return ids


def _place(
    dataset: Dataset,
    images: dict[int, ImageRecord],
    categories: dict[int, int],
    ids: Sequence[int],
    issues: list[ImportIssue],
) -> dict[int, list[Annotation]]:
    """The annotations by picture, with the project's ids, clipped to their pictures."""
    placed: dict[int, list[Annotation]] = {}
    for a, new_id in zip(dataset.annotations, ids, strict=True):
        image = images.get(a.image_id)
        if image is None:
            continue
        bbox = a.bbox.clipped(image.width or 1e9, image.height or 1e9)
        if bbox.w < MIN_SIDE / 100 or bbox.h < MIN_SIDE / 100:
            issues.append(ImportIssue(f"annotation {a.id}", f"lies outside {image.path} and was left out"))
            continue
        if max(abs(p - q) for p, q in zip(bbox, a.bbox, strict=True)) > 1:
            issues.append(ImportIssue(f"annotation {a.id}", f"reached beyond {image.path} and was clipped"))
        placed.setdefault(image.id, []).append(
            replace(a, id=new_id, image_id=image.id, category_id=categories[a.category_id], bbox=bbox)
        )
    return placed
