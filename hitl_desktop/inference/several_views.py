"""A detector that looks at an image more than once: as a whole, in tiles, mirrored; its boxes merged.

An object no larger than the overlap of tiles lies whole in one of them, and larger ones are seen in the whole image: so
boxes that end at the edge of a tile inside the image are parts of objects, and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hitl_desktop.domain.geometry import Boxes
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.postprocess import SCORE_FLOOR, class_wise_nms
from hitl_desktop.inference.registry import Detector

MOST_TILES = 6
_MOST_BOXES = 300
_EDGE = 0.01
"""Boxes that end so near to the edge of a tile, as a share of its side, are cut off by it."""


class ViewSettings(msgspec.Struct, frozen=True):
    """How a project's detector looks at images.

    In `tiles` x `tiles` parts beside the whole (1: no parts), which overlap by a share of their sides, and `mirrored`,
    too; `nms_iou` is the overlap from which two boxes of a class are one, None for the card's.
    """

    tiles: int = 1
    overlap: float = 0.2
    mirrored: bool = False
    nms_iou: float | None = None


class _View(NamedTuple):
    """A part of an image from x and y on, perhaps mirrored, and which of its edges lie inside the image."""

    pixels: RgbImage
    x: int
    y: int
    inside: tuple[bool, bool, bool, bool]
    mirrored: bool


class SeveralViews:
    """Runs a detector on several views of each image; with settings that ask for one view it is that detector."""

    def __init__(self, detector: Detector, settings: ViewSettings) -> None:
        self.card, self.session = detector.card, detector.session
        self._detector, self._settings = detector, settings

    def predict(self, images: Sequence[RgbImage]) -> list[Detections]:
        """What is on each image."""
        return [self._predict_one(image) for image in images]

    def _predict_one(self, image: RgbImage) -> Detections:
        views = list(_views(image, self._settings))
        if len(views) == 1:
            return self._detector.predict([image])[0]
        found = [_placed(view, self._detector.predict([view.pixels])[0]) for view in views]
        boxes = np.concatenate([each.bboxes for each in found])
        scores = np.concatenate([each.scores for each in found])
        is_best = scores == scores.max(axis=1, keepdims=True, initial=0)
        iou = self._settings.nms_iou or self.card.decode.nms_iou
        rivals = np.where(is_best, scores, 0).astype(np.float32)
        rows, _ = class_wise_nms(boxes, rivals, SCORE_FLOOR, iou, most=_MOST_BOXES)
        kept = np.array(list(dict.fromkeys(rows.tolist())), dtype=np.intp)
        return Detections(boxes[kept], scores[kept])


def _views(image: RgbImage, settings: ViewSettings) -> Iterator[_View]:
    height, width = image.shape[:2]
    tiles = min(settings.tiles, MOST_TILES)
    parts = [(0, 0, width, height)]
    if tiles > 1:
        across, down = (_ranges(side, tiles, settings.overlap) for side in (width, height))
        parts += [(x, y, right, bottom) for y, bottom in down for x, right in across]
    for x, y, right, bottom in parts:
        pixels = image[y:bottom, x:right]
        inside = (x > 0, y > 0, right < width, bottom < height)
        yield _View(pixels, x, y, inside, mirrored=False)
        if settings.mirrored:
            yield _View(np.ascontiguousarray(pixels[:, ::-1]), x, y, inside, mirrored=True)


def _ranges(length: int, tiles: int, overlap: float) -> list[tuple[int, int]]:
    """Where so many tiles of equal length begin and end that overlap by a share of it."""
    side = min(length, int(np.ceil(length / (tiles - (tiles - 1) * overlap))))
    starts = [round(n * (length - side) / (tiles - 1)) for n in range(tiles)]
    return [(start, start + side) for start in starts]


def _placed(view: _View, found: Detections) -> Detections:
    """The boxes of a view in the image, without those that its edges cut off."""
    height, width = view.pixels.shape[:2]
    boxes = found.bboxes.copy()
    if view.mirrored:
        boxes[:, 0] = width - boxes[:, 0] - boxes[:, 2]
    whole = ~_is_cut(boxes, (width, height), view.inside)
    boxes[:, :2] += (view.x, view.y)
    return Detections(boxes[whole], found.scores[whole])


def _is_cut(boxes: Boxes, size: tuple[int, int], inside: tuple[bool, bool, bool, bool]) -> NDArray[np.bool_]:
    width, height = size
    near_x, near_y = max(1.0, _EDGE * width), max(1.0, _EDGE * height)
    ends = (
        boxes[:, 0] < near_x,
        boxes[:, 1] < near_y,
        boxes[:, 0] + boxes[:, 2] > width - near_x,
        boxes[:, 1] + boxes[:, 3] > height - near_y,
    )
    return np.any([end & is_inside for end, is_inside in zip(ends, inside, strict=True)], axis=0)
