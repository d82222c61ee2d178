"""The formats by name: how each is recognised, read and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from hitl_desktop.domain.dataset import Dataset, ImportResult
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import (
    createml,
    cvat,
    folder,
    image_tags,
    kitti,
    label_studio,
    labelme,
    open_images,
    supervisely,
    table,
    via,
    voc,
    yolo,
)
from hitl_desktop.formats.builder import Sizes
from hitl_desktop.formats.coco import detection, others
from hitl_desktop.translation import tr

Reader = Callable[[Path, Sizes], ImportResult]
Writer = Callable[[Dataset, Path], None]
Places = Callable[[Dataset], Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class DatasetFormat:
    """A format of data sets.

    `suffix` is empty where it is a folder. `was_written_here` distinguishes what this program wrote from what others
    did. `image_place` is where copies of the images go in a folder. `holds` are what it has beside boxes and names:
    sizes, empty (images without boxes), scores, tags.
    """

    title: str
    suffix: str
    read: Reader | None
    write: Writer | None
    was_written_here: Callable[[Path], bool]
    image_place: Places | None = None
    holds: frozenset[str] = frozenset()


def _is_empty(path: Path) -> bool:
    return path.stat().st_size == 0


def _coco(path: Path, _sizes: Sizes) -> ImportResult:
    return others.read_folder(path, _sizes) if path.is_dir() else detection.read(path)


def _file(title: str, suffix: str, read: Reader | None, write: Writer | None, *holds: str) -> DatasetFormat:
    return DatasetFormat(title, suffix, read, write, _is_empty, None, frozenset(holds))


def _folder(
    title: str, read: Reader | None, write: Writer | None, place: Places | None, *holds: str
) -> DatasetFormat:
    return DatasetFormat(title, "", read, write, folder.was_written_here, place, frozenset(holds))


_ALL = ("sizes", "empty", "scores", "tags")
FORMATS: Final[Mapping[str, DatasetFormat]] = MappingProxyType(
    {
        "coco": DatasetFormat(
            tr("COCO detection"),
            ".json",
            _coco,
            detection.write,
            detection.was_written_here,
            None,
            frozenset(_ALL),
        ),
        "coco-compact": DatasetFormat(
            tr("COCO detection in one line, a third smaller"),
            ".json",
            _coco,
            partial(detection.write, indent=-1),
            detection.was_written_here,
            None,
            frozenset(_ALL),
        ),
        "coco-results": _file(
            tr("COCO results"),
            ".json",
            others.read_results,
            others.write_results,
            "scores",
        ),
        "coco-panoptic": _file(tr("COCO panoptic"), ".json", others.read_panoptic, None),
        "yolo": _folder(tr("YOLO (Ultralytics)"), yolo.read, yolo.write, yolo.image_place, "empty", "scores"),
        "voc": _folder(tr("Pascal VOC"), voc.read, voc.write, voc.image_place, "sizes", "empty", "scores"),
        "labelme": _folder(
            tr("LabelMe"), labelme.read, labelme.write, labelme.image_place, "sizes", "empty", "tags"
        ),
        "x-anylabeling": _folder(
            tr("X-AnyLabeling"), labelme.read, labelme.write_with_more, labelme.image_place, *_ALL
        ),
        "cvat": _file(tr("CVAT for images"), ".xml", cvat.read, cvat.write, "sizes", "tags"),
        "createml": _file(tr("CreateML"), ".json", createml.read, createml.write, "empty"),
        "label-studio": _file(tr("Label Studio"), ".json", label_studio.read, label_studio.write, *_ALL),
        "via": _file(tr("VGG Image Annotator"), ".json", via.read, via.write, *_ALL),
        "open-images": _folder(
            tr("Open Images"), open_images.read, open_images.write, None, "sizes", "empty", "scores"
        ),
        "kitti": _folder(tr("KITTI"), kitti.read, kitti.write, kitti.image_place, "empty", "scores"),
        "csv": _file(tr("Table of boxes (CSV)"), ".csv", table.read, table.write, "sizes", "empty", "scores"),
        "tags-csv": _file(
            tr("Table of image tags (CSV)"), ".csv", image_tags.read_table, image_tags.write_table, "tags"
        ),
        "tags-folders": _folder(
            tr("A folder for each image tag"), image_tags.read_folders, None, None, "tags"
        ),
        "supervisely": _folder(tr("Supervisely"), supervisely.read, None, None, "sizes", "tags"),
    }
)
"""Keyed by the name used on the command line."""


def find_format(name: str) -> DatasetFormat:
    """The format with this name.

    Raises:
        FormatError: there is none.
    """
    if name not in FORMATS:
        raise FormatError(
            tr("There is no format called {name}.", name=name),
            hint=tr("Known formats: {formats}.", formats=", ".join(FORMATS)),
        )
    return FORMATS[name]


def reader_of(name: str) -> Reader:
    """How a format is read.

    Raises:
        FormatError: there is no such format, or it is only written.
    """
    chosen = find_format(name)
    if chosen.read is None:
        raise FormatError(
            tr("{title} is only written here, not read.", title=chosen.title),
            hint=tr("Choose another format."),
        )
    return chosen.read


def writer_of(name: str) -> Writer:
    """How a format is written.

    Raises:
        FormatError: there is no such format, or it is only read.
    """
    chosen = find_format(name)
    if chosen.write is None:
        raise FormatError(
            tr("{title} is only read here, not written.", title=chosen.title),
            hint=tr("Formats to write: {names}.", names=", ".join(n for n, f in FORMATS.items() if f.write)),
        )
    return chosen.write
