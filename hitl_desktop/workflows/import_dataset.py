"""From a file to ground truth of decided pictures."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hitl_desktop.domain.annotations import Annotation
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportIssue, ImportResult
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import MIN_SIDE
from hitl_desktop.domain.images import ImageRecord, ImageState
from hitl_desktop.formats.registry import find_format
from hitl_desktop.store.project import Project


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
    return find_format(format_name).read(path)


def import_dataset(project: Project, result: ImportResult, *, take_image_ids: bool = True) -> ImportSummary:
    """Make a data set the ground truth of the project's pictures, in one transaction.

    In a project without any work in it the pictures take the file's ids, unless `take_image_ids` is off: a window has
    pictures on screen and on their way under the ids they have.

    Pictures are matched by path, then by name alone where that is unambiguous. A picture that people have decided, or
    that has boxes, keeps what it has. Ids of the file are kept where they are free.
    """
    dataset, issues = result.dataset, list(result.issues)
    with project.db.transaction():
        if take_image_ids and project.is_untouched():
            _take_over_image_ids(project, dataset)
        images = _match_images(project, dataset.images, issues)
        categories = {c.id: project.categories.ensure(c.name, wanted_id=c.id).id for c in dataset.categories}
        accepted = _accept_images(project, dataset.images, images, issues)
        annotations = _place(project, dataset, accepted, categories, issues)
        project.annotations.add(annotations)
    changed = frozenset(image.id for image in accepted.values())
    changes = Changes(images=True, annotations_of=changed, categories=True, queue=True)
    return ImportSummary(len(accepted), len(annotations), len(categories), tuple(issues), changes)


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


def _accept_images(
    project: Project, wanted: Sequence[DatasetImage], records: dict[int, ImageRecord], issues: list[ImportIssue]
) -> dict[int, ImageRecord]:
    """Mark the pictures that take the file's word as decided, and set their tags."""
    accepted: dict[int, ImageRecord] = {}
    for image in wanted:
        record = records.get(image.id)
        if record is None:
            continue
        if record.reason:
            issues.append(ImportIssue(image.file_name, f"cannot be read and was left out: {record.reason}"))
            continue
        if record.state is not ImageState.UNDECIDED or project.annotations.of_image(record.id):
            issues.append(
                ImportIssue(image.file_name, "is decided or has boxes already; the project's version was kept")
            )
            continue
        if image.width and record.width and (image.width, image.height) != (record.width, record.height):
            issues.append(
                ImportIssue(
                    image.file_name,
                    f"is {record.width} x {record.height} upright, not {image.width} x {image.height}; check it",
                )
            )
        accepted[image.id] = record
        project.images.set_state(record.id, image.state)
        project.images.set_tags(record.id, sorted(project.tags.ensure(tag).id for tag in image.tags))
    return accepted


def _place(
    project: Project,
    dataset: Dataset,
    images: dict[int, ImageRecord],
    categories: dict[int, int],
    issues: list[ImportIssue],
) -> list[Annotation]:
    """The annotations with the project's ids, clipped to their pictures."""
    last = project.annotations.last_id()
    placed: list[Annotation] = []
    for a in dataset.annotations:
        image = images.get(a.image_id)
        if image is None:
            continue
        bbox = a.bbox.clipped(image.width or 1e9, image.height or 1e9)
        if bbox.w < MIN_SIDE / 100 or bbox.h < MIN_SIDE / 100:
            issues.append(ImportIssue(f"annotation {a.id}", f"lies outside {image.path} and was left out"))
            continue
        if max(abs(p - q) for p, q in zip(bbox, a.bbox, strict=True)) > 1:
            issues.append(ImportIssue(f"annotation {a.id}", f"reached beyond {image.path} and was clipped"))
        new_id = 0 if a.id <= last else a.id
        placed.append(replace(a, id=new_id, image_id=image.id, category_id=categories[a.category_id], bbox=bbox))
    return sorted(placed, key=lambda a: (a.id == 0, a.id))
