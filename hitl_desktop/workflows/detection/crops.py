"""Small images of boxes, for walls on which people choose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageRecord
from hitl_desktop.imaging import RgbImage, read_for_models
from hitl_desktop.inference.encoder import crop
from hitl_desktop.store.project import Project

CROP_SIDE = 96


def crops_of_boxes(project: Project, image: ImageRecord, boxes: Sequence[BBox]) -> list[RgbImage]:
    """What is in these boxes of an image, each [h, w, 3] with no side longer than `CROP_SIDE`.

    Raises:
        UnreadableImageError: the file cannot be read.
    """
    size, pixels = read_for_models(project.path_of(image))
    shrink = pixels.shape[1] / size[0]
    return [_small(crop(pixels, box.scaled(shrink))) for box in boxes]


def _small(pixels: RgbImage) -> RgbImage:
    import cv2  # noqa: PLC0415 - heavy: the window opens without it

    scale = min(1.0, CROP_SIDE / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
