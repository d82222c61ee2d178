"""Boxes behind a figure, cut out of their images with what is around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.errors import HitlError
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project
from hitl_desktop.translation import tr
from hitl_desktop.workflows.quality.tuning import Example

_SMALLEST = 32
"""So many pixels of the image are shown at least: less would show no surroundings."""


def cut_examples(
    project: Project, examples: Sequence[Example], side: int, progress: Progress
) -> list[RgbImage | None]:
    """Each box in its surroundings with its outline, [h, w, 3], the longer side of `side` pixels; None where
    the image cannot be read.

    An image is decoded once.
    """
    crops: list[RgbImage | None] = [None] * len(examples)
    by_image: dict[int, list[int]] = {}
    for place, example in enumerate(examples):
        by_image.setdefault(example.image_id, []).append(place)
    for done, (image_id, places) in enumerate(by_image.items()):
        progress.check_cancelled()
        progress.report(done, len(by_image), tr("cutting out examples"))
        image = project.images.get(image_id)
        try:
            read = read_for_models(project.path_of(image)) if image is not None else None
        except HitlError:  # whoever shows the others says that this one is missing
            read = None
        if read is None:
            continue
        (width, _), pixels = read
        for place in places:
            crops[place] = _framed(pixels, examples[place].bbox.scaled(pixels.shape[1] / width), side)
    return crops


def _framed(pixels: RgbImage, box: BBox, side: int) -> RgbImage | None:
    """The box with as much again around it, and its outline; None if it lies outside of the image."""
    import cv2  # noqa: PLC0415 - heavy

    height, width = pixels.shape[:2]
    half_w, half_h = max(box.w, _SMALLEST / 2), max(box.h, _SMALLEST / 2)
    x, y = box.x + box.w / 2, box.y + box.h / 2
    left, right = max(0, round(x - half_w)), min(width, round(x + half_w))
    top, bottom = max(0, round(y - half_h)), min(height, round(y + half_h))
    if right <= left or bottom <= top:
        return None
    scale = side / max(right - left, bottom - top)
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    shown = np.ascontiguousarray(
        cv2.resize(pixels[top:bottom, left:right], size, interpolation=how), np.uint8
    )
    start = (round((box.x - left) * scale), round((box.y - top) * scale))
    end = (round((box.x + box.w - left) * scale), round((box.y + box.h - top) * scale))
    for colour, thick in (((0, 0, 0), 4), ((255, 255, 255), 2)):  # to be seen on light and on dark
        cv2.rectangle(shown, start, end, colour, thick)
    return shown
