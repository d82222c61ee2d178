"""Label Studio JSON: tasks with results in percent of the image as it is stored (https://labelstud.io/guide/export).

Boxes of people are annotations, those with a score predictions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

import msgspec

from hitl_desktop.domain.annotations import Annotation, Origin
from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import lenient
from hitl_desktop.formats.atomic import write_atomically
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.text_files import read_json
from hitl_desktop.translation import tr

Record = dict[str, Any]
_LABELS = ("rectanglelabels", "labels", "polygonlabels", "ellipselabels", "brushlabels")


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a file: of tasks with results, or the short form (JSON-MIN).

    Raises:
        FormatError: it is none.
    """
    data = read_json(path)
    if not is_list(data):
        raise FormatError(tr("{path} is no Label Studio file.", path=path), hint=tr("Export it as JSON."))
    builder = DatasetBuilder(sizes)
    for number, item in enumerate(cast("list[Any]", data)):
        if isinstance(item, dict):
            _read_task(builder, f"[{number}]", cast("Record", item))
        else:
            builder.lost_track = True
            builder.problem(f"[{number}]", tr("is not an object and was left out"), IssueKind.BAD_RECORD)
    return builder.result()


def is_list(data: object) -> bool:
    """Whether a value is a Label Studio export."""
    items = cast("list[Any]", data) if isinstance(data, list) else []
    records = [cast("Record", item) for item in items[:20] if isinstance(item, dict)]
    return any(isinstance(r.get("data"), dict) or _short_results(r) for r in records)


def _short_results(task: Record) -> list[Record]:
    """The boxes of a task in the short form."""
    lists = [v for v in task.values() if isinstance(v, list)]
    found = [r for values in lists for r in cast("list[Any]", values) if isinstance(r, dict)]
    return [cast("Record", r) for r in found if any(key in r for key in _LABELS)]


def _read_task(builder: DatasetBuilder, where: str, task: Record) -> None:
    given = task.get("data")
    data = cast("Record", given) if isinstance(given, dict) else task
    short = _short_results(task) if data is task else []
    results = [(r, None) for r in short] or list(_results(task))
    name = next((data[k] for k in ("image", "img", "url", "ocr") if isinstance(data.get(k), str)), None)
    name = name or next((v for v in data.values() if isinstance(v, str)), None)
    name = _file_of(name) if isinstance(name, str) else name
    sides = [(r.get("original_width"), r.get("original_height")) for r, _ in results]
    size = next((s for s in sides if lenient.whole(s[0]) and lenient.whole(s[1])), (0, 0))
    is_done = bool(short) or bool(task.get("annotations"))
    image = builder.image(
        where, name, size, tags=_choices(results), state=ImageState.DECIDED if is_done else None
    )
    for number, (result, score) in enumerate(results):
        if image is not None:
            _read_result(builder, f"{where}: result[{number}]", image, result, score)


def _file_of(address: str) -> str:
    """The path of a file that Label Studio serves from a folder."""
    _, found, path = address.partition("data/local-files/?d=")
    return unquote(path.partition("&")[0]) if found else address


def _results(task: Record) -> list[tuple[Record, object]]:
    """The results of people, and those of predictions with their scores."""
    found: list[tuple[Record, object]] = []
    for key in ("annotations", "completions", "predictions"):
        lists = task.get(key)
        for each in cast("list[Any]", lists) if isinstance(lists, list) else ():
            record = cast("Record", each) if isinstance(each, dict) else {}
            if record.get("was_cancelled") is True or not isinstance(record.get("result"), list):
                continue
            own = [cast("Record", r) for r in record["result"] if isinstance(r, dict)]
            is_prediction = key == "predictions"
            found += [
                (r, r.get("score", record.get("score")) if is_prediction else r.get("score")) for r in own
            ]
    return found


def _choices(results: Sequence[tuple[Record, object]]) -> list[object]:
    values = [r.get("value") for r, _ in results if r.get("type") == "choices"]
    lists = [cast("Record", v).get("choices") for v in values if isinstance(v, dict)]
    return [word for each in lists if isinstance(each, list) for word in cast("list[object]", each)]


def _read_result(
    builder: DatasetBuilder, where: str, image: DatasetImage, result: Record, score: object
) -> None:
    given = result.get("value", result)
    value = cast("Record", given) if isinstance(given, dict) else {}
    labels = next((value[key] for key in _LABELS if isinstance(value.get(key), list) and value[key]), None)
    if labels is None:
        return
    if (corners := _corners(value, (image.width, image.height))) is not None:
        builder.outline(where, image, labels[0], corners, score=score)
        return
    is_ellipse = "radiusX" in value
    keys = ("x", "y", "radiusX", "radiusY") if is_ellipse else ("x", "y", "width", "height")
    factors = (1, 1, 2, 2) if is_ellipse else (1, 1, 1, 1)
    numbers = [lenient.number(value.get(key)) for key in keys]
    shares = [None if n is None else n / 100 * factor for n, factor in zip(numbers, factors, strict=True)]
    builder.box(
        where, image, labels[0], shares, form="share centre" if is_ellipse else "share sides", score=score
    )


def _corners(value: Record, size: tuple[int, int]) -> list[float | None] | None:
    """The points in pixels of what is no upright box: a polygon, or a box that is turned; None for others."""
    points: Any = value.get("points")
    if isinstance(points, list):
        pairs = [cast("list[Any]", p)[:2] for p in points if isinstance(p, list)]
        numbers = [lenient.number(n) for pair in pairs for n in pair]
        return [None if n is None else n / 100 * size[i % 2] for i, n in enumerate(numbers)]
    angle = lenient.number(value.get("rotation")) or 0.0
    box = [lenient.number(value.get(key)) for key in ("x", "y", "width", "height")]
    known = [n / 100 for n in box if n is not None]
    return [*_turned(known, angle, size)] if angle and len(known) == 4 and size[0] else None


def _turned(box: Sequence[float], degrees: float, size: tuple[int, int]) -> list[float]:
    """The corners in pixels of a box that is turned clockwise around its first corner."""
    x, y, w, h = (n * size[i % 2] for i, n in enumerate(box))
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((0.0, 0.0), (w, 0.0), (w, h), (0.0, h))
    return [n for dx, dy in corners for n in (x + dx * cos - dy * sin, y + dx * sin + dy * cos)]


def write(dataset: Dataset, path: Path) -> None:
    """Write a file of tasks, atomically, which Label Studio imports.

    Raises:
        FormatError: the place cannot be written.
    """
    categories, by_image = {c.id: c.name for c in dataset.categories}, dataset.by_image()
    tasks: list[Record] = []
    for image in dataset.images:
        boxes = by_image.get(image.id, [])
        people = [a for a in boxes if not _is_suggestion(a)]
        suggested = [a for a in boxes if _is_suggestion(a)]
        results = [_result(a, image, categories) for a in people] + [_choice(image)] * bool(image.tags)
        task: Record = {"id": image.id, "data": {"image": _address(image.file_name)}}
        if image.state is ImageState.DECIDED or results:
            task["annotations"] = [{"result": results}]
        if suggested:
            task["predictions"] = [
                {"model_version": "hitl-desktop", "score": max(a.score or 0.0 for a in suggested),
                 "result": [_result(a, image, categories) for a in suggested]}
            ]  # fmt: skip
        tasks.append(task)
    write_atomically(path, msgspec.json.format(msgspec.json.encode(tasks), indent=1))


def _is_suggestion(a: Annotation) -> bool:
    return a.score is not None and a.origin is Origin.IMPORTED


def _address(name: str) -> str:
    return f"/data/local-files/?d={quote(name)}"


def _choice(image: DatasetImage) -> Record:
    return {
        "from_name": "tags",
        "to_name": "image",
        "type": "choices",
        "value": {"choices": list(image.tags)},
    }


def _result(a: Annotation, image: DatasetImage, categories: Mapping[int, str]) -> Record:
    return {
        "id": str(a.id),
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": image.width,
        "original_height": image.height,
        "image_rotation": 0,
        "value": {
            "x": 100 * a.bbox.x / image.width,
            "y": 100 * a.bbox.y / image.height,
            "width": 100 * a.bbox.w / image.width,
            "height": 100 * a.bbox.h / image.height,
            "rotation": 0,
            "rectanglelabels": [categories[a.category_id]],
        },
    } | ({"score": a.score} if a.score is not None else {})
