"""A data set written in any format, with its images, checked by reading it back."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import numpy as np

from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.domain.geometry import BBox, Boxes
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import FormatError, WouldReplaceError
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import safe_name
from hitl_desktop.formats.folder import MARK, note_files, was_written_here, whole_place
from hitl_desktop.formats.registry import DatasetFormat, find_format, writer_of
from hitl_desktop.progress import Progress
from hitl_desktop.translation import tr
from hitl_desktop.workflows.exchange.crop_files import write_crops
from hitl_desktop.workflows.exchange.data_card import CARD_MARK, data_card

_CARD = "README.md"
MOST_CHECKED = 200_000
"""Of more boxes a data set is not read back: that would take as long as writing it."""
_SUMS = np.array(
    [[1, 0, 0, 0, 1, 1, 0.5], [0, 1, 0, 0, 1, -1, 0.25], [0, 0, 1, 0, 1, 1, -1], [0, 0, 0, 1, 1, -1, 0.5]]
)
_TOLERANCE = 0.02
"""Pixels; of the coarsest format (KITTI has two decimals)."""


class ImageFiles(StrEnum):
    """What becomes of the image files."""

    LEAVE = "leave"
    COPY = "copy"
    LINK = "link"
    CROPS = "crops"


@dataclass(frozen=True, slots=True)
class Written:
    """How much was written, and what of it the format has no place for, in sentences."""

    path: Path
    images: int
    annotations: int
    categories: int
    remarks: tuple[str, ...] = ()


def write_dataset(
    dataset: Dataset,
    path: Path,
    format_name: str,
    progress: Progress,
    *,
    image_files: Mapping[int, Path] | None = None,
    how: ImageFiles = ImageFiles.LEAVE,
    notes: Sequence[str] = (),
) -> Written:
    """Write a data set, with the files of images (by id) copied or linked, or their boxes cut out, and read it back.

    A page about it lies beside it, with these notes.

    Raises:
        HitlError: the format cannot be written, or a place cannot.
    """
    chosen = find_format(format_name)
    if chosen.suffix:
        remarks = _written(dataset, path, path, format_name, progress, image_files or {}, how, notes)
    else:
        with whole_place(path) as place:
            remarks = _written(dataset, place, path, format_name, progress, image_files or {}, how, notes)
    if len(dataset.annotations) <= MOST_CHECKED and "results" not in format_name:
        remarks += _check(dataset, path, chosen)
    else:
        remarks.append(tr("It was not read back to compare."))
    return Written(
        path, len(dataset.images), len(dataset.annotations), len(dataset.categories), tuple(remarks)
    )


def _written(
    dataset: Dataset,
    path: Path,
    target: Path,
    format_name: str,
    progress: Progress,
    image_files: Mapping[int, Path],
    how: ImageFiles,
    notes: Sequence[str],
) -> list[str]:
    """Write it at `path`, which is to be at `target` in the end; returns what is to be told."""
    chosen = find_format(format_name)
    writer_of(format_name)(dataset, path)
    remarks = _lost(dataset, chosen)
    if how is ImageFiles.CROPS:
        with whole_place(_crops_place(path, chosen)) as root:
            root.mkdir(parents=True)
            (root / MARK).write_text("HITL Desktop", encoding="utf-8")
            remarks += _not_there(write_crops(dataset, image_files, root, progress), tr("cut out"))
            note_files(root)
    elif how is not ImageFiles.LEAVE:
        remarks += _put_images(dataset, path, chosen, image_files, how, progress)
    card = path.with_name(f"{path.stem}.{_CARD}") if chosen.suffix else path / _CARD
    if chosen.suffix and card.exists() and CARD_MARK not in card.read_text("utf-8", errors="replace"):
        remarks.append(tr("{name} is a file of yours, so it was not replaced.", name=card.name))
    else:
        write_atomically(card, data_card(dataset, chosen.title, target.name, notes).encode())
    if not chosen.suffix:
        note_files(path)
    return remarks


def _crops_place(path: Path, chosen: DatasetFormat) -> Path:
    """Where the boxes are cut out to.

    Raises:
        WouldReplaceError: a folder of others is there.
    """
    place = path / "crops" if not chosen.suffix else path.with_name(f"{path.stem}-crops")
    if place.exists() and not was_written_here(place):
        raise WouldReplaceError(
            tr("{path} is a folder with other files, so it was not replaced.", path=place),
            hint=tr("Choose another name."),
        )
    return place


def _lost(dataset: Dataset, chosen: DatasetFormat) -> list[str]:
    """What of a data set a format has no place for."""
    if {"empty", "scores", "tags"} <= chosen.holds:
        return []
    labelled = {a.image_id for a in dataset.annotations}
    counts = {
        "empty": (sum(i.id not in labelled for i in dataset.images), "image without boxes"),
        "scores": (sum(a.score is not None for a in dataset.annotations), "score"),
        "tags": (sum(len(i.tags) for i in dataset.images), "image tag"),
        "sizes": (0, ""),
    }
    return [
        tr("{title} has no place for {what}, left out.", title=chosen.title, what=counted(n, noun))
        for key, (n, noun) in counts.items()
        if n and key not in chosen.holds
    ]


def _put_images(
    dataset: Dataset,
    path: Path,
    chosen: DatasetFormat,
    files: Mapping[int, Path],
    how: ImageFiles,
    progress: Progress,
) -> list[str]:
    root = path if not chosen.suffix else path.parent / "images"
    places = chosen.image_place(dataset) if chosen.image_place else {}
    missing = 0
    for number, image in enumerate(dataset.images):
        progress.check_cancelled()
        source = files.get(image.id)
        target = root / safe_name(places.get(image.id, image.file_name))
        if source is None or not source.is_file():
            missing += 1
            continue
        try:
            _put(source, target, how)
        except OSError as error:
            raise FormatError(
                tr("{path} could not be written ({strerror}).", path=target, strerror=error.strerror),
                hint=tr("Check that there is room, and that you may write there."),
            ) from error
        progress.report(number + 1, len(dataset.images), image.file_name)
    return _not_there(missing, tr("copied"))


def _not_there(missing: int, done: str) -> list[str]:
    if not missing:
        return []
    images = counted(missing, "image")
    return [tr("The files of {images} are not there, so they were not {done}.", images=images, done=done)]


def _put(source: Path, target: Path, how: ImageFiles) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() or target.is_symlink():
        if target.exists() and target.samefile(source):
            return
        if not target.is_symlink() and not filecmp.cmp(source, target, shallow=False):
            raise FormatError(
                tr("{path} is there already, and another file.", path=target),
                hint=tr("Choose a name in another folder, or move that file away."),
            )
        target.unlink()
    if how is ImageFiles.LINK:
        try:
            target.symlink_to(source.resolve())
        except OSError:  # where links need rights of their own
            os.link(source, target)
    else:
        shutil.copyfile(source, target)


def _check(dataset: Dataset, path: Path, chosen: DatasetFormat) -> list[str]:
    """Read a data set back, and compare its boxes with those that were to be written: a remark where they differ."""
    if chosen.read is None:
        return []
    by_stem = {_stem(image.file_name): (image.width, image.height) for image in dataset.images}
    read = chosen.read(path, lambda name: by_stem.get(_stem(name))).dataset
    what = _difference(dataset, read)
    return [] if what is None else [tr("Read back, it is another data set: {what}.", what=what)]


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _difference(written: Dataset, read: Dataset) -> str | None:
    """In words, how the boxes of two data sets differ; None where they are the same."""
    ours, theirs = (_by_category(each) for each in (written, read))
    if len(written.annotations) != len(read.annotations):
        return tr("{n} boxes instead of {wanted}", n=len(read.annotations), wanted=len(written.annotations))
    if ours.keys() != theirs.keys():
        return tr("other categories ({names})", names=", ".join(sorted(ours.keys() ^ theirs.keys())[:5]))
    for name, boxes in ours.items():
        if boxes.shape != theirs[name].shape:
            return tr(
                "{n} boxes of {name} instead of {wanted}", n=len(theirs[name]), name=name, wanted=len(boxes)
            )
        if not np.allclose(boxes, theirs[name], rtol=0, atol=4 * _TOLERANCE):
            return tr("boxes of {name} lie elsewhere", name=name)
    return None


def _by_category(dataset: Dataset) -> dict[str, Boxes]:
    """The boxes of each category in an order of their own; names without white space, which KITTI has none of."""
    names = {c.id: re.sub(r"\s+", "_", c.name) for c in dataset.categories}
    found: dict[str, list[BBox]] = {}
    for a in dataset.annotations:
        found.setdefault(names[a.category_id], []).append(a.bbox)
    arrays = {name: np.array(boxes, np.float64) for name, boxes in found.items()}
    return {name: _sorted(boxes) for name, boxes in arrays.items()}


def _sorted(boxes: Boxes) -> Boxes:
    """Each of several sums over the numbers of boxes, in order: what differs by a little in the boxes does so in these,
    whatever their order, while boxes that were mixed up give others."""
    return np.sort(boxes @ _SUMS, axis=0)
