"""Which format a file or folder has, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from hitl_desktop.errors import FormatError
from hitl_desktop.formats import (
    createml,
    folder,
    foreign,
    image_tags,
    kitti,
    label_studio,
    labelme,
    open_images,
    supervisely,
    table,
    via,
)
from hitl_desktop.formats.coco import others
from hitl_desktop.formats.text_files import read_csv, read_json, read_text, read_xml
from hitl_desktop.translation import tr

_LARGE = 60_000_000
"""JSON above this size is read once only: it can only be COCO."""
_LOOKED_AT = 40


class Recognition(NamedTuple):
    """A format by its name, the reason in words, and the confidence from 0 to 1."""

    format: str
    reason: str
    confidence: float


def recognise(path: Path) -> Recognition:
    """The likeliest format of a file or folder.

    Raises:
        FormatError: it is of none that is known.
    """
    if path.is_dir():
        return _of_folder(path)
    if not path.is_file():
        raise FormatError(tr("{path} is not there.", path=path), hint=tr("Check the name."))
    suffix = path.suffix.lower()
    by_suffix: dict[str, Callable[[Path], Recognition | None]] = {
        ".json": _of_json, ".xml": _of_xml, ".csv": _of_csv, ".tsv": _of_csv, ".txt": _of_txt, ".yaml": _of_yaml,
        ".yml": _of_yaml,
    }  # fmt: skip
    found = by_suffix.get(suffix, _of_json)(path)
    if found is None:
        raise _unknown(path)
    return found


def _unknown(path: Path) -> FormatError:
    return FormatError(
        tr("{path} is of no format that is known here.", path=path),
        hint=tr("Name its format with --format, or export it as COCO where it came from."),
    )


def _of_json(path: Path) -> Recognition | None:
    with path.open("rb") as file:
        foreign.refuse_other_files(path, file.read(512))
    if path.stat().st_size > _LARGE:
        return Recognition("coco", tr("it is a large JSON file"), 0.6)
    data = read_json(path)
    kinds: tuple[tuple[str, bool, str], ...] = (
        ("x-anylabeling", labelme.is_record(data) and _has_scores(data), tr("it has shapes with scores")),
        ("labelme", labelme.is_record(data), tr("it has shapes")),
        ("supervisely", supervisely.is_record(data), tr("it has a size and objects with geometry")),
        ("coco-panoptic", others.is_panoptic(data), tr("its annotations have segments")),
        ("coco-results", others.is_results(data), tr("it is a list of boxes with ids of images")),
        ("createml", createml.is_list(data), tr("it is a list of images with annotations")),
        ("label-studio", label_studio.is_list(data), tr("it is a list of tasks")),
        ("via", via.is_project(data), tr("it has files with regions")),
        ("coco", isinstance(data, dict) and "images" in data, tr("it has a list of images")),
    )
    found = next((Recognition(name, reason, 0.95) for name, is_so, reason in kinds if is_so), None)
    if found is None:
        foreign.refuse_other_json(path, data)
    return found


def _has_scores(data: object) -> bool:
    shapes: object = data.get("shapes") if isinstance(data, dict) else None  # type: ignore[attr-defined]
    first = next(iter(shapes), None) if isinstance(shapes, list) else None  # type: ignore[arg-type]
    return isinstance(first, dict) and ("score" in first or "kie_linking" in first)


def _of_xml(path: Path) -> Recognition | None:
    tag = read_xml(path).tag
    if tag == "annotations":
        return Recognition("cvat", tr("its root is annotations"), 0.95)
    return Recognition("voc", tr("its root is annotation"), 0.95) if tag == "annotation" else None


def _of_csv(path: Path) -> Recognition | None:
    header, _ = read_csv(path)
    if open_images.is_boxes(path):
        return Recognition("open-images", tr("it has the columns of Open Images"), 0.95)
    if table.is_table(header):
        return Recognition("csv", tr("it has columns for image, category and box"), 0.9)
    if image_tags.tag_columns(header) is not None:
        return Recognition("tags-csv", tr("it has columns for image and tags"), 0.8)
    return None


def _of_txt(path: Path) -> Recognition | None:
    if kitti.is_labels(path):
        return Recognition("kitti", tr("its lines have fifteen values"), 0.9)
    return Recognition("yolo", tr("its lines are numbers"), 0.7) if _is_yolo(path) else None


def _of_yaml(path: Path) -> Recognition | None:
    return (
        Recognition("yolo", tr("it is a data.yaml"), 0.9)
        if "names" in read_text(path, most=10_000_000)
        else None
    )


def _is_yolo(path: Path) -> bool:
    """Whether the first line of a file is a class and at least four numbers, or there is none."""
    try:
        lines = read_text(path, most=20_000_000).splitlines()
    except FormatError:
        return False
    words = next((line.split() for line in lines if line.strip()), None)
    if words is None:
        return True
    return len(words) >= 5 and words[0].isdigit() and all(_is_number(word) for word in words[1:])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _of_folder(path: Path) -> Recognition:
    """By the files in it: the format of most of those that are looked at."""
    yaml = next(
        (f for name in ("data.yaml", "data.yml", "dataset.yaml") if (f := path / name).is_file()), None
    )
    if yaml is not None:
        return Recognition("yolo", tr("there is a {name}", name=yaml.name), 0.95)
    counts: dict[str, int] = {}
    reasons: dict[str, Recognition] = {}
    for file in _some(path):
        try:
            found = recognise(file)
        except FormatError:
            continue
        counts[found.format] = counts.get(found.format, 0) + 1
        reasons[found.format] = found
    if "x-anylabeling" in counts:  # its files without boxes are as LabelMe's
        counts["x-anylabeling"] += counts.pop("labelme", 0)
    if not counts:
        if folder.images_in(path) and any(each.is_dir() for each in path.iterdir()):
            return Recognition("tags-folders", tr("there are folders with images and no labels"), 0.5)
        raise _unknown(path)
    best = max(counts, key=lambda name: counts[name])
    share = counts[best] / sum(counts.values())
    reason = tr("in {n} of its files {reason}", n=counts[best], reason=reasons[best].reason)
    return Recognition(best, reason, round(reasons[best].confidence * share, 2))


def _some(path: Path) -> list[Path]:
    """A few label files, from the whole of the folder."""
    skipped = {
        "readme.txt",
        "labelmap.txt",
        "classes.txt",
        "obj.names",
        "train.txt",
        "val.txt",
        "test.txt",
        "image_ids.csv",
    }
    files = [
        f for f in folder.files_in(path, ".json", ".xml", ".csv", ".txt") if f.name.lower() not in skipped
    ]
    step = max(1, len(files) // _LOOKED_AT)
    return files[::step][:_LOOKED_AT]
