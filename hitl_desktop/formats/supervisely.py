"""Supervisely projects: a JSON file an image in a folder ann (https://docs.supervisely.com). Read only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from hitl_desktop.domain.dataset import ImportResult
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_json
from hitl_desktop.translation import tr

Record = dict[str, Any]
_LABELS = "ann"


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a project's folder.

    Raises:
        FormatError: there is none.
    """
    root = path if path.is_dir() else path.parent
    builder, found = DatasetBuilder(sizes), 0
    for file, record in folder.values_in(path, ".json", read_json, builder):
        if is_record(record):
            found += 1
            _read_file(builder, cast("Record", record), file, root)
    if not found:
        raise FormatError(
            tr("{path} has no Supervisely files in it.", path=path), hint=tr("Give the project's folder.")
        )
    return builder.result()


def is_record(record: object) -> bool:
    """Whether a value is a Supervisely file."""
    return (
        isinstance(record, dict)
        and isinstance(cast("Record", record).get("objects"), list)
        and isinstance(cast("Record", record).get("size"), dict)
    )


def _read_file(builder: DatasetBuilder, record: Record, file: Path, root: Path) -> None:
    inside = [part for part in file.parent.relative_to(root).parts if part != _LABELS]
    size = (record["size"].get("width"), record["size"].get("height"))
    raw: Any = record.get("tags")
    listed = cast("list[Any]", raw) if isinstance(raw, list) else []
    tags = [cast("Record", tag).get("name") for tag in listed if isinstance(tag, dict)]
    image = builder.image(
        file.name, "/".join([*inside, file.stem]), size, tags=tags, state=ImageState.DECIDED
    )
    for number, each in enumerate(cast("list[Any]", record["objects"]) if image else ()):
        where, thing = (
            f"{file.name}: objects[{number}]",
            cast("Record", each) if isinstance(each, dict) else {},
        )
        points: Any = thing.get("points")
        exterior: Any = cast("Record", points).get("exterior") if isinstance(points, dict) else None
        pairs = cast("list[Any]", exterior) if isinstance(exterior, list) else []
        numbers = [n for pair in pairs if isinstance(pair, list) for n in cast("list[Any]", pair)[:2]]
        assert image is not None  # noqa: S101 - the loop is empty otherwise
        if thing.get("geometryType") == "rectangle" and len(numbers) == 4:
            builder.box(where, image, thing.get("classTitle"), numbers, form="corners")
        else:
            builder.outline(where, image, thing.get("classTitle"), numbers)
