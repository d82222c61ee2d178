"""Small images of boxes, for walls on which people choose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.errors import UnreadableImageError
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.inference.encoder import crop
from hitl_desktop.progress import Progress
from hitl_desktop.store.project import Project

CROP_SIDE = 96
_CONTEXT = 0.25
"""Of the longer side, on each side of a box."""


def crops_of_boxes(project: Project, image: ImageRecord, boxes: Sequence[BBox]) -> list[RgbImage]:
    """What is in these boxes of an image, each [h, w, 3] with no side longer than `CROP_SIDE`.

    Raises:
        UnreadableImageError: the file cannot be read.
    """
    size, pixels = read_for_models(project.path_of(image))
    shrink = pixels.shape[1] / size[0]
    return [_small(crop(pixels, box.scaled(shrink))) for box in boxes]


def crops_in_context(
    project: Project, boxes: Sequence[tuple[int, int, BBox | None]], progress: Progress
) -> dict[int, RgbImage]:
    """By key, what is in each box (key, image id, box; without a box the whole image) with a little around it.

    Those of images that cannot be read are left out.
    """
    found: dict[int, RgbImage] = {}
    of_image: dict[int, list[tuple[int, BBox | None]]] = {}
    for key, image_id, bbox in boxes:
        of_image.setdefault(image_id, []).append((key, bbox))
    for image_id, here in of_image.items():
        progress.check_cancelled()
        image = project.images.get(image_id)
        if image is None or image.width is None or image.height is None:
            continue
        try:
            crops = crops_of_boxes(
                project, image, [_in_context(bbox, image.width, image.height) for _, bbox in here]
            )
        except UnreadableImageError:
            continue
        found |= {key: crop for (key, _), crop in zip(here, crops, strict=True)}
    return found


def _in_context(bbox: BBox | None, width: int, height: int) -> BBox:
    if bbox is None:
        return BBox(0, 0, width, height)
    around = _CONTEXT * max(bbox.w, bbox.h)
    return BBox(bbox.x - around, bbox.y - around, bbox.w + 2 * around, bbox.h + 2 * around).clipped(
        width, height
    )


def _small(pixels: RgbImage) -> RgbImage:
    import cv2  # noqa: PLC0415 - heavy: the window opens without it

    scale = min(1.0, CROP_SIDE / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
