"""YOLO: a text file an image, a line a box, shares of the image (https://docs.ultralytics.com/datasets/detect/).

Also Darknet's lists with their names files. Numbers have nine digits, 1e-6 pixels on 1,000.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, cast

import yaml

from hitl_desktop.domain.dataset import Dataset, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.image_sizes import of_file
from hitl_desktop.formats.text_files import read_text
from hitl_desktop.image_file import SUFFIXES
from hitl_desktop.translation import tr

_SPLITS: Mapping[str, str] = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test",
}  # fmt: skip
_NAMES_FILES = ("data.yaml", "data.yml", "dataset.yaml", "classes.txt", "obj.names", "_darknet.labels")
_NO_LABELS = re.compile(
    r"^(classes|train|val|valid|test|readme.*|requirements|labels|notes.*|predefined_classes)$"
)
_BOX, _SCORED = 5, 6


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a folder, or the data.yaml in it.

    Raises:
        FormatError: there are no label files.
    """
    root = path if path.is_dir() else path.parent
    names = _names(path, root)
    labels = [f for f in folder.files_in(root, ".txt") if not _NO_LABELS.match(f.stem.lower())]
    pictures = {f.relative_to(root).with_suffix("").as_posix(): f for f in folder.images_in(root)}
    if not labels:
        raise FormatError(
            tr("{path} has no label files (.txt) in it.", path=root), hint=tr("Give the folder with labels.")
        )
    builder = DatasetBuilder()
    for number in sorted(names):
        builder.category(names[number])
    of_label = {file: _picture_of(file.relative_to(root), pictures) for file in labels}
    paths = {file: (p or Path(root, _image_name(file.relative_to(root)))) for file, p in of_label.items()}
    with_labels = set(of_label.values())
    alone = [p for p in pictures.values() if p not in with_labels]
    short = _short_names([p.relative_to(root).as_posix() for p in (*paths.values(), *alone)])
    missing: set[int] = set()
    for file, picture in of_label.items():
        where = paths[file].relative_to(root)
        size = _size(picture, short[where.as_posix()], sizes)
        image = builder.image(
            file.name, short[where.as_posix()], size, state=ImageState.DECIDED, split=_split_of(where)
        )
        if image is not None:
            _read_lines(builder, image, file, names, missing)
    for picture in alone:
        where = picture.relative_to(root)
        name = short[where.as_posix()]
        builder.image(where.name, name, of_file(picture) or (0, 0), split=_split_of(where))
    if missing:
        what = tr(
            "no names for the classes {numbers}; they are called by their numbers", numbers=_listed(missing)
        )
        builder.problem("names", what, IssueKind.UNKNOWN_CATEGORY, 0)
    return builder.result()


def _size(picture: Path | None, name: str, sizes: Sizes) -> tuple[int, int]:
    """The size by the file itself, else as it is known otherwise."""
    return (of_file(picture) if picture is not None else None) or sizes(name) or (0, 0)


def _read_lines(
    builder: DatasetBuilder, image: Any, file: Path, names: Mapping[int, str], missing: set[int]
) -> None:
    try:
        lines = read_text(file).splitlines()
    except FormatError as error:
        builder.incomplete.add(image.id)
        builder.problem(file.name, error.message, IssueKind.BAD_RECORD)
        return
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or line.lstrip().startswith("#"):
            continue
        where = f"{file.name}:{number}"
        index = int(words[0]) if words[0].isascii() and words[0].isdigit() and len(words[0]) < 9 else None
        if index is not None and names and index not in names:
            missing.add(index)
        name = None if index is None else names.get(index, str(index))
        numbers = words[1:]
        if len(words) in {_BOX, _SCORED}:
            score = numbers[4] if len(words) == _SCORED else None
            builder.box(where, image, name, numbers[:4], form="share centre", score=score)
        else:
            xs, ys = (_numbers(numbers[axis::2]) for axis in (0, 1))
            corners: Sequence[object] = ()
            if xs and len(xs) == len(ys) and len(xs) > 2:
                corners = (min(xs), min(ys), max(xs), max(ys))
            builder.box(where, image, name, corners, form="share corners", is_outline=True)


def _numbers(words: Sequence[str]) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError:
        return []


def _names(path: Path, root: Path) -> dict[int, str]:
    """The names of classes by number, from the file that was given or those that are usual."""
    candidates = [path] if path.is_file() else []
    candidates += [place / name for name in _NAMES_FILES for place in (root, root.parent)]
    for file in candidates:
        if not file.is_file():
            continue
        if file.suffix in {".yaml", ".yml"}:
            found = _of_yaml(file)
        else:
            lines = [line.strip() for line in read_text(file).splitlines()]
            found = {n: line for n, line in enumerate(lines) if line}
        if found:
            return found
    return {}


def _of_yaml(file: Path) -> dict[int, str]:
    try:
        data: object = yaml.safe_load(read_text(file, most=10_000_000))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise FormatError(
            tr("{path} is not valid YAML ({error}).", path=file, error=str(error)[:200]),
            hint=tr("Mend it, or delete it to call classes by their numbers."),
        ) from error
    names = cast("dict[str, object]", data).get("names") if isinstance(data, dict) else None
    if isinstance(names, list):
        return {n: str(name) for n, name in enumerate(cast("list[object]", names))}
    if isinstance(names, dict):
        pairs = cast("dict[object, object]", names).items()
        return {int(str(key)): str(name) for key, name in pairs if str(key).isdigit()}
    return {}


def _picture_of(label: Path, pictures: Mapping[str, Path]) -> Path | None:
    """The image of a label file: beside it, or in the folder images instead of labels."""
    stem = label.with_suffix("").as_posix()
    parts = [part if part.lower() != "labels" else "images" for part in stem.split("/")]
    return pictures.get("/".join(parts)) or pictures.get(stem)


def _image_name(label: Path) -> str:
    stem = label.with_suffix("")
    ending = "" if stem.suffix.lower() in SUFFIXES else ".jpg"
    return stem.as_posix() + ending


def _short(name: str) -> str:
    """Without the folders of the layout, which are no part of the image's own path."""
    parts = name.split("/")
    while len(parts) > 1 and (parts[0].lower() in {"images", "labels"} or parts[0].lower() in _SPLITS):
        parts.pop(0)
    return "/".join(parts)


def _short_names(names: Sequence[str]) -> dict[str, str]:
    """Names without the folders of the layout, where these are still different from each other."""
    short = {name: _short(name) for name in names}
    counts = Counter(short.values())
    return {name: own if counts[own] == 1 else name for name, own in short.items()}


def _split_of(relative: Path) -> str:
    return next((_SPLITS[part.lower()] for part in relative.parts[:-1] if part.lower() in _SPLITS), "")


def _listed(numbers: set[int]) -> str:
    shown = [str(n) for n in sorted(numbers)[:10]]
    return ", ".join(shown) + (", ..." if len(numbers) > 10 else "")


def write(dataset: Dataset, path: Path) -> None:
    """Write labels and data.yaml in Ultralytics' layout, with splits where images have them.

    Raises:
        FormatError: the place cannot be written.
    """
    numbers = {c.id: n for n, c in enumerate(dataset.categories)}
    by_image = dataset.by_image()
    names = label_names(dataset)
    with folder.whole_folder(path) as put:
        for image in dataset.images:
            lines = [
                _line(numbers[a.category_id], a.bbox, (image.width, image.height), a.score)
                for a in by_image.get(image.id, ())
            ]
            put(f"labels/{names[image.id]}.txt", "".join(lines))
        put("data.yaml", _data_yaml(dataset))


def label_names(dataset: Dataset) -> dict[int, str]:
    """The path of each image's label file in the folder labels, and of its image in images, without their endings."""
    own = folder.stems(image.file_name for image in dataset.images)
    return {
        image.id: f"{image.split}/{own[image.file_name]}" if image.split else own[image.file_name]
        for image in dataset.images
    }


def image_place(dataset: Dataset) -> dict[int, str]:
    """Where image files are copied to within the folder."""
    names = label_names(dataset)
    return {
        image.id: f"images/{names[image.id]}{PurePosixPath(image.file_name).suffix}"
        for image in dataset.images
    }


def _line(number: int, bbox: Any, size: tuple[int, int], score: float | None) -> str:
    width, height = size
    values = [
        (bbox.x + bbox.w / 2) / width, (bbox.y + bbox.h / 2) / height, bbox.w / width, bbox.h / height,
        *([score] if score is not None else []),
    ]  # fmt: skip
    return f"{number} " + " ".join(f"{v:.9g}" for v in values) + "\n"


def _data_yaml(dataset: Dataset) -> str:
    splits = {image.split for image in dataset.images} - {""}
    data: dict[str, object] = {"path": "."}
    for name in ("train", "val", "test"):
        if name in splits:
            data[name] = f"images/{name}"
    data.setdefault("train", "images")
    data.setdefault("val", data["train"])
    data["names"] = {n: c.name for n, c in enumerate(dataset.categories)}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
