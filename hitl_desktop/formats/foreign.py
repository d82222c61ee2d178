"""What a file is that is no COCO detection file, in a sentence, and what to do about it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, cast

from hitl_desktop.errors import FormatError
from hitl_desktop.translation import tr

_ARCHIVES = (
    (b"PK\x03\x04", tr("a ZIP archive")),
    (b"PK\x05\x06", tr("an empty ZIP archive")),
    (b"\x1f\x8b", tr("a gzip archive")),
    (b"BZh", tr("a bzip2 archive")),
    (b"\xfd7zXZ\x00", tr("an xz archive")),
    (b"7z\xbc\xaf\x27\x1c", tr("a 7-Zip archive")),
    (b"Rar!", tr("a RAR archive")),
    (b"\x28\xb5\x2f\xfd", tr("a Zstandard archive")),
)
_OTHERS = (
    (b"%PDF", tr("a PDF file")),
    (b"\x89PNG", tr("an image")),
    (b"\xff\xd8\xff", tr("an image")),
    (b"SQLite format 3", tr("an SQLite database")),
    (
        b"version https://git-lfs",
        tr("a Git LFS pointer, not the file itself"),
        tr("Fetch it with: git lfs pull."),
    ),
    (b"\x93NUMPY", tr("a NumPy array")),
    (b"\x89HDF", tr("an HDF5 file")),
)
_TAR_AT = 257
_NULS = b"\0" * 64
_GIVE_COCO = tr('Give a COCO file: a JSON object with lists of "images", "annotations" and "categories".')


def refuse_other_files(path: Path, start: bytes) -> None:
    """Refuse a file that is no JSON, by its first 512 bytes.

    Raises:
        FormatError: it is an archive, a web page, or another known kind.
    """
    if not start.strip():
        raise FormatError(
            tr("{path} is empty.", path=path), hint=tr("Export it again from where it came from.")
        )
    if start.startswith(_NULS):
        raise FormatError(
            tr("{path} has no text in it.", path=path), hint=tr("Export it again from where it came from.")
        )
    for magic, kind in _ARCHIVES:
        if start.startswith(magic):
            raise FormatError(
                tr("{path} is {kind}, not a COCO file.", path=path, kind=kind), hint=_unpack_hint(path)
            )
    if start[_TAR_AT : _TAR_AT + 5] == b"ustar":
        raise FormatError(tr("{path} is a tar archive, not a COCO file.", path=path), hint=_unpack_hint(path))
    for magic, kind, *hint in _OTHERS:
        if start.startswith(magic):
            raise FormatError(
                tr("{path} is {kind}, not a COCO file.", path=path, kind=kind),
                hint=hint[0] if hint else _GIVE_COCO,
            )
    text = start.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        raise FormatError(
            tr("{path} is a web page, not a COCO file.", path=path),
            hint=tr("Download the file itself; perhaps log in."),
        )
    if text.startswith(b"<"):
        raise FormatError(
            tr("{path} is XML, such as Pascal VOC or CVAT, not a COCO file.", path=path),
            hint=tr("Export it as COCO where it came from."),
        )


def _unpack_hint(path: Path) -> str:
    """Which file of an archive to give."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".json")]
        if names:
            if len(names) > 1:
                return tr(
                    "Unpack it and give {name} (or another of its {count} .json files).",
                    name=names[0],
                    count=len(names),
                )
            return tr("Unpack it and give {name}.", name=names[0])
    return tr("Unpack it and give the .json file that is in it.")


def refuse_other_json(path: Path, data: object) -> None:
    """Refuse JSON that is no COCO detection file.

    Raises:
        FormatError: it is another kind of JSON, named where it is a known one.
    """
    kind = _kind_of_list(cast("list[Any]", data)) if isinstance(data, list) else _kind_of(data)
    if kind is not None:
        raise FormatError(
            tr("{path} is not a COCO detection file: {kind}.", path=path, kind=kind), hint=_GIVE_COCO
        )


def _kind_of_list(items: list[Any]) -> str:
    first = cast("dict[str, Any]", items[0]) if items and isinstance(items[0], dict) else {}
    if "image_id" in first and ("score" in first or "bbox" in first):
        return tr("it is a bare list of detections (COCO results), with no list of images")
    if "data" in first or "task" in first:
        return tr("it looks like a Label Studio export")
    if "image" in first and "annotations" in first:
        return tr("it looks like a CreateML file")
    return tr("it is a list, with no list of images")


def _kind_of(data: object) -> str | None:
    if not isinstance(data, dict):
        return tr("it is a single value, with no list of images")
    record = cast("dict[str, Any]", data)
    annotations: Any = record.get("annotations")
    if isinstance(record.get("images"), list):
        return _kind_of_annotations(cast("list[Any]", annotations) if isinstance(annotations, list) else [])
    kinds = {
        "it is a LabelMe file of a single image": "shapes" in record and "imagePath" in record,
        "it is a VGG Image Annotator project": "_via_img_metadata" in record or _is_via(record),
        "it is GeoJSON": record.get("type") in {"FeatureCollection", "Feature"},
        '"images" is not a list, so it has no list of images': "images" in record,
    }
    return next((words for words, is_so in kinds.items() if is_so), tr("it has no list of images"))


def _kind_of_annotations(annotations: list[Any]) -> str | None:
    """The COCO files that have images but no boxes."""
    records = [cast("dict[str, Any]", a) for a in annotations if isinstance(a, dict)]
    if not records or any("bbox" in a or "segmentation" in a for a in records):
        return None
    if all("segments_info" in a for a in records):
        return tr("it is a COCO panoptic file, whose objects are in PNG files")
    if all("caption" in a for a in records):
        return tr("it is a COCO captions file, with no boxes")
    return None


def _is_via(record: dict[str, Any]) -> bool:
    values = list(record.values())
    return bool(values) and all(
        isinstance(v, dict) and {"filename", "regions"} <= set(cast("dict[str, Any]", v)) for v in values
    )
