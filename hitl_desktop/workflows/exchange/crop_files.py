"""The boxes of a data set as image files, a folder for each category."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from PIL import Image

from hitl_desktop.domain.dataset import Dataset
from hitl_desktop.errors import FormatError, UnreadableImageError
from hitl_desktop.formats.builder import safe_name
from hitl_desktop.imaging import read_upright
from hitl_desktop.progress import Progress
from hitl_desktop.translation import tr

_QUALITY = 95


def write_crops(dataset: Dataset, files: Mapping[int, Path], root: Path, progress: Progress) -> int:
    """Write `CATEGORY/IMAGE-ID.jpg` for each box, upright and in the pixels of the image; returns how many images could
    not be read.

    Raises:
        FormatError: a file cannot be written.
    """
    names = {c.id: safe_name(c.name).replace("/", "_") for c in dataset.categories}
    boxes = dataset.by_image()
    labelled = [image for image in dataset.images if image.id in boxes]
    unread = 0
    for number, image in enumerate(labelled, start=1):
        progress.check_cancelled()
        try:
            pixels = read_upright(files[image.id]) if image.id in files else None
        except UnreadableImageError:
            pixels = None
        if pixels is None:
            unread += 1
            continue
        height, width = pixels.shape[:2]
        stem = safe_name(PurePosixPath(image.file_name).with_suffix("").as_posix()).replace("/", "_")
        for a in boxes[image.id]:
            left, top = max(int(a.bbox.x), 0), max(int(a.bbox.y), 0)
            right, bottom = min(round(a.bbox.right), width), min(round(a.bbox.bottom), height)
            crop = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
            if not crop.size:
                continue
            target = root / names[a.category_id] / f"{stem}-{a.id}.jpg"
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(crop).save(target, quality=_QUALITY)
            except OSError as error:
                raise FormatError(
                    tr("{path} could not be written ({strerror}).", path=target, strerror=error.strerror),
                    hint=tr("Check that there is room, and that you may write there."),
                ) from error
        progress.report(number, len(labelled), image.file_name)
    return unread
