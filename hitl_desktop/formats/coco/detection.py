"""COCO detection files (https://cocodataset.org/#format-data)."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, cast

import msgspec

from hitl_desktop import __version__
from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.attributes import COMMON, CROWD, Value
from hitl_desktop.domain.categories import Category, clean_name, normalise_name
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportIssue, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.words import counted
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import foreign
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.coco import plain
from hitl_desktop.formats.coco.reading import (
    DEFAULTS,
    MARK,
    OLD_MARK,
    read_records,
)
from hitl_desktop.formats.coco.records import Record, values_in
from hitl_desktop.formats.extras import beside, rounded_area
from hitl_desktop.formats.lenient_json import Root, decoded, parse
from hitl_desktop.translation import tr

_START = 4096
_DECODED = 2_000_000
_OURS = re.compile(rf'"exported_by"\s*:\s*"{MARK}|"description"\s*:\s*"{OLD_MARK}"'.encode())
_SAMPLED, _PORTION = 100, 1000


def read(path: Path) -> ImportResult:
    """Read a file; a bad record costs that record only.

    Raises:
        FormatError: the file is missing, no JSON, or no COCO detection file at all.
    """
    if path.is_dir():
        raise FormatError(tr("{path} is a folder.", path=path), hint=tr("Give the COCO file that is in it."))
    try:
        with path.open("rb", buffering=0) as file:  # a buffer would copy it all
            start = file.read(512)
            foreign.refuse_other_files(path, start)  # before gigabytes of them are read
            file.seek(0)
            content = file.read()
    except OSError as error:
        raise FormatError(
            tr("{path} cannot be read ({strerror}).", path=path, strerror=error.strerror),
            hint=tr("Check the name and its permissions."),
        ) from error
    content, is_other = as_unicode(content)
    root, no_numbers = _root(path, content)
    result = read_records(root)
    if no_numbers:
        what = tr(
            "has NaN or Infinity {times}, which JSON has no place for; read as null",
            times=counted(no_numbers, "time"),
        )
        result = replace(
            result, issues=(ImportIssue("file", what, IssueKind.DROPPED, no_numbers), *result.issues)
        )
    if is_other:
        what = tr(
            "is not UTF-8 throughout; what is not was read as Windows-1252, so check names with accents"
        )
        result = replace(result, issues=(ImportIssue("file", what, IssueKind.ENCODING), *result.issues))
    if result.boxes and not result.dataset.annotations and memoryview(root["annotations"])[0] == ord("["):
        annotations = msgspec.json.decode(root["annotations"], type=list[msgspec.Raw])
        sample = [decoded(raw) for raw in islice(annotations, _SAMPLED)]
        foreign.refuse_other_json(path, {"images": [], "annotations": sample})
    return result


def as_unicode(content: bytes) -> tuple[bytes, bool]:
    """JSON that can be decoded, and whether bytes of it are no Unicode and were read as Windows-1252."""
    starts = range(0, len(content), _DECODED)  # in one go it keeps the interpreter
    if all(content[start : start + _DECODED].isascii() for start in starts):
        return content, False
    if json.detect_encoding(content) not in {"utf-8", "utf-8-sig"}:
        return content, False
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        for start in starts:
            decode(content[start : start + _DECODED])
        decode(b"", final=True)
    except UnicodeDecodeError:
        return content.decode(errors=_WINDOWS).encode(), True
    return content, False


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - this handler is for decoding only
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


_WINDOWS = "windows-1252"
codecs.register_error(_WINDOWS, _as_windows)


def _root(path: Path, content: bytes) -> tuple[Root, int]:
    try:
        root, no_numbers = parse(content)
    except (ValueError, RecursionError) as error:
        try:
            data: object = msgspec.json.decode(content)
        except (msgspec.MsgspecError, RecursionError):
            raise FormatError(
                tr("{path} is not valid JSON ({error}).", path=path, error=error),
                hint=tr("Export it again from where it came from."),
            ) from error
        foreign.refuse_other_json(path, data)
        raise FormatError(
            tr("{path} is not a COCO detection file.", path=path), hint=tr("Give a COCO file.")
        ) from error
    if memoryview(root.get("images", b"-"))[0] != ord("["):
        foreign.refuse_other_json(path, {key: decoded(raw) for key, raw in root.items()})
    return root, no_numbers


def write(dataset: Dataset, path: Path, *, indent: int = 1) -> None:
    """Write a file, atomically; origin, score, attributes, tags and sets are extra keys that COCO tools
    ignore. Without `indent` (-1) it is one line.

    Raises:
        FormatError: the place cannot be written.
    """
    write_atomically(path, _parts(dataset, indent))


def _parts(dataset: Dataset, indent: int) -> Iterator[bytes]:
    """The file piece by piece: of a large data set the whole would take a gigabyte."""
    is_compact = indent < 0
    top = msgspec.json.format(msgspec.json.encode(_top(dataset)), indent=indent)
    yield top[: -1 if is_compact else -2]  # all but the end of the object, which has at least one key
    for key, records in _lists(dataset).items():
        yield (b',"%b":[' if is_compact else b',\n "%b": [') % key.encode()
        is_empty = True
        while some := list(islice(records, _PORTION)):
            encoded = msgspec.json.encode(some)
            if not is_compact:
                encoded = msgspec.json.format(encoded, indent=indent).replace(b"\n", b"\n ")[:-1]
            yield (b"" if is_empty else b",") + encoded[1:-1].rstrip(b"\n ")
            is_empty = False
        yield b"]" if is_empty or is_compact else b"\n ]"
    yield b"}" if is_compact else b"\n}"


def was_written_here(path: Path) -> bool:
    """Whether this program wrote a file, or it is empty, so that nothing of others is lost when it is
    replaced."""
    with path.open("rb") as file:
        start = file.read(_START)
    return not start or _OURS.search(start) is not None


def to_record(dataset: Dataset) -> Record:
    """The data set as COCO lays it out."""
    lists = {key: list(records) for key, records in _lists(dataset).items()}
    return _top(dataset) | msgspec.json.decode(msgspec.json.encode(lists))


def _top(dataset: Dataset) -> Record:
    top = {key: msgspec.Raw(value) for key, value in dataset.extras.top.items()}
    return {"exported_by": f"{MARK} {__version__}"} | DEFAULTS | top


def _lists(dataset: Dataset) -> dict[str, Iterator[Record | plain.PlainRecord]]:
    """The records of each list, made one by one: of a large data set all of them take gigabytes."""
    extras, labelled = dataset.extras, {a.image_id for a in dataset.annotations}
    return {
        "images": (_image_record(image, is_empty=image.id not in labelled) for image in dataset.images),
        "annotations": (
            _annotation_record(
                a, dataset.pinned.get(a.id), extras.annotations.get(a.id), extras.area_decimals
            )
            for a in dataset.annotations
        ),
        "categories": (
            _category_record(c, _as_record(extras.categories.get(c.id))) for c in dataset.categories
        ),
    }


def _as_record(extra: bytes | None) -> Record:
    return msgspec.json.decode(extra) if extra else {}


def _category_record(category: Category, extra: Record) -> Record:
    as_written: Any = extra.get("name")
    if isinstance(as_written, str) and clean_name(as_written) != category.name:  # it was renamed since
        del extra["name"]
    return {"id": category.id, "name": category.name, "supercategory": ""} | extra


def _image_record(image: DatasetImage, *, is_empty: bool) -> Record:
    extra = _as_record(image.extra)
    record: Record = {
        "id": image.id,
        "file_name": image.file_name,
        "width": image.width,
        "height": image.height,
    }
    as_written: Any = extra.pop("tags", None)
    listed = cast("list[Any]", as_written) if isinstance(as_written, list) else []
    words = {normalise_name(tag) for tag in listed if isinstance(tag, str)} - {""}
    if as_written is not None and words == {normalise_name(tag) for tag in image.tags}:
        record["tags"] = as_written
    elif image.tags:
        record["tags"] = list(image.tags)
    ours: Record = {"sets": list(image.sets)} if image.sets else {}
    if image.split:
        extra["split"] = image.split
    if image.state is not None and (is_empty or image.state is not ImageState.DECIDED):
        ours["state"] = image.state.value  # an image without boxes is empty because a person decided so
    if image.decision:
        if _is_decision(extra.get("decision")):  # that of a file; here it was decided anew
            del extra["decision"]
        ours["decision"] = msgspec.Raw(image.decision)
    record |= beside(ours, extra)
    return extra | record if "state" in ours else record | extra


def _is_decision(value: object) -> bool:
    """Whether a value is what this program writes about who decided an image."""
    return isinstance(value, dict) and {"kind", "at"} <= cast("Record", value).keys()


def _annotation_record(
    annotation: Annotation, sets: Sequence[str] | None, kept: bytes | None, area_decimals: int | None
) -> Record | plain.PlainRecord:
    if (as_usual := plain.record_of(annotation, sets, kept, area_decimals)) is not None:
        return as_usual
    extra = _as_record(kept)
    record: Record = {
        "id": annotation.id,
        "image_id": annotation.image_id,
        "category_id": annotation.category_id,
        "bbox": list(annotation.bbox),
        "area": rounded_area(annotation.bbox, area_decimals),
        "iscrowd": int(annotation.crowd),
        "segmentation": [],
    }
    ours = {
        "origin": None if annotation.origin is Origin.IMPORTED else annotation.origin.value,
        "proposed_by": annotation.proposed_by,
        "score": annotation.score,
        "edited": annotation.edited or None,
        "sets": list(sets) if sets else None,
    }
    _put_attributes(annotation, extra)
    if annotation.crowd:
        extra.pop("iscrowd", None)
    return record | extra | beside({key: value for key, value in ours.items() if value is not None}, extra)


def _is_same(a: Value | None, b: Value | None) -> bool:
    return a == b and isinstance(a, bool) is isinstance(b, bool)  # 1.0 == True


def _put_attributes(annotation: Annotation, extra: Record) -> None:
    """Attributes as the file had them, but for those that have another value now."""
    raw: Any = extra.pop("attributes", None)
    as_read, now = dict(values_in({**extra, "attributes": raw})), dict(annotation.attributes)
    if annotation.crowd and CROWD in as_read:
        now[CROWD] = True
    if raw is None and as_read == now:  # they stand beside the box
        return
    attributes = dict(cast("Record", raw)) if isinstance(raw, dict) else {}
    for name in as_read.keys() - now.keys():
        attributes.pop(name, None)
    for common in COMMON:
        if not _is_same(as_read.get(common.name), now.get(common.name)):
            extra.pop(common.name, None)
    changed = {name: value for name, value in now.items() if not _is_same(as_read.get(name), value)}
    if attributes or changed or isinstance(raw, dict):
        extra["attributes"] = attributes | changed
    elif raw is not None:
        extra["attributes"] = raw
