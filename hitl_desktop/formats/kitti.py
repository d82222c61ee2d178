"""KITTI object detection: a text file an image, corners in pixels (https://www.cvlibs.net/datasets/kitti/eval_object.php).

Two decimals, as KITTI has them. A name has no spaces there; they become underscores.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from hitl_desktop.domain.dataset import Dataset, DatasetImage, ImportResult, IssueKind
from hitl_desktop.domain.images import ImageState
from hitl_desktop.errors import FormatError
from hitl_desktop.formats import folder
from hitl_desktop.formats.builder import DatasetBuilder, Sizes
from hitl_desktop.formats.image_sizes import of_file
from hitl_desktop.formats.text_files import read_text
from hitl_desktop.translation import tr

_LABELS, _IMAGES = "label_2", "image_2"
_COLUMNS = (15, 16)
_IGNORED = "dontcare"
_NO_3D = " -1 -1 -1 -1000 -1000 -1000 -10"


def read(path: Path, sizes: Sizes) -> ImportResult:
    """Read a folder of label files.

    Raises:
        FormatError: there is none.
    """
    files = [path] if path.is_file() else [f for f in folder.files_in(path, ".txt") if is_labels(f)]
    root = path if path.is_dir() else path.parent
    if not files:
        raise FormatError(
            tr("{path} has no KITTI label files in it.", path=path), hint=tr("Give the folder label_2.")
        )
    builder = DatasetBuilder(sizes)
    pictures = {f.relative_to(root).with_suffix("").as_posix(): f for f in folder.images_in(root)}
    for file in files:
        stem = file.relative_to(root).with_suffix("").as_posix()
        inner = "/".join(part for part in stem.split("/") if part != _LABELS)
        beside = pictures.get(stem.replace(_LABELS, _IMAGES)) or pictures.get(inner)
        name = f"{inner}{beside.suffix if beside else '.png'}"
        size = of_file(beside) if beside else None
        image = builder.image(file.name, name, size or (0, 0), state=ImageState.DECIDED)
        if image is not None:
            for number, line in enumerate(read_text(file).splitlines(), start=1):
                _read_line(builder, image, f"{file.name}:{number}", line.split())
    return builder.result()


def _read_line(builder: DatasetBuilder, image: DatasetImage, where: str, words: list[str]) -> None:
    if not words or words[0].casefold() == _IGNORED:
        return
    if len(words) not in _COLUMNS:
        builder.incomplete.add(image.id)
        builder.problem(where, tr("has not fifteen values, and was left out"), IssueKind.BAD_RECORD)
        return
    flags = {"truncated": words[1] not in {"0", "0.0", "0.00", "-1"}, "occluded": words[2] in {"1", "2", "3"}}
    builder.box(
        where, image, words[0], words[4:8], form="corners", score=words[15] if len(words) > 15 else None,
        attributes={flag: True for flag, on in flags.items() if on},
    )  # fmt: skip


def is_labels(file: Path) -> bool:
    """Whether the first line of a text file is of KITTI, or there is none."""
    try:
        lines = read_text(file, most=20_000_000).splitlines()
    except FormatError:
        return False
    words = next((line.split() for line in lines if line.strip()), None)
    if words is None:
        return True
    return len(words) in _COLUMNS and (not words[0].isdigit() or any(word.startswith("-") for word in words))


def write(dataset: Dataset, path: Path) -> None:
    """Write a folder of label files.

    Raises:
        FormatError: the place cannot be written.
    """
    names = {c.id: re.sub(r"\s+", "_", c.name) for c in dataset.categories}
    by_image = dataset.by_image()
    stems = folder.stems(image.file_name for image in dataset.images)
    with folder.whole_folder(path) as put:
        for image in dataset.images:
            lines: list[str] = []
            for a in by_image.get(image.id, ()):
                values = dict(a.attributes)
                truncated, occluded = (int(values.get(word) is True) for word in ("truncated", "occluded"))
                corners = (a.bbox.x, a.bbox.y, a.bbox.right, a.bbox.bottom)
                score = "" if a.score is None else f" {a.score:.9g}"
                numbers = " ".join(f"{n:.2f}" for n in corners)
                beside = f"{truncated}.00 {occluded} -10 {numbers}{_NO_3D}{score}"
                lines.append(f"{names[a.category_id]} {beside}\n")
            put(f"{_LABELS}/{stems[image.file_name]}.txt", "".join(lines))


def image_place(dataset: Dataset) -> dict[int, str]:
    """Where image files are copied to within the folder."""
    stems = folder.stems(image.file_name for image in dataset.images)
    return {
        i.id: f"{_IMAGES}/{stems[i.file_name]}{PurePosixPath(i.file_name).suffix}" for i in dataset.images
    }
