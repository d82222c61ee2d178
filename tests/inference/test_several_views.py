"""Tiles and mirrored views: objects are found once, wherever they lie, and nothing is cut off at a seam."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_desktop.domain.predictions import Detections
from hitl_desktop.imaging import RgbImage
from hitl_desktop.inference.several_views import SeveralViews, ViewSettings, _ranges

SIDE = 240


class Blobs:
    """Finds bright rectangles that are at least a twelfth of the view wide, as a network finds what is large enough."""

    def __init__(self) -> None:
        self.card: Any = SimpleNamespace(decode=SimpleNamespace(nms_iou=0.6))
        self.session: Any = None
        self.views = 0

    def predict(self, images: Sequence[RgbImage]) -> list[Detections]:
        import cv2

        self.views += len(images)
        boxes = []
        for image in images:
            contours, _ = cv2.findContours(image[:, :, 0].copy(), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            found = [cv2.boundingRect(contour) for contour in contours]
            boxes.append([box for box in found if box[2] * 12 >= image.shape[1]])
        (only,) = boxes
        return [
            Detections(np.array(only, np.float64).reshape(-1, 4), np.full((len(only), 1), 0.9, np.float32))
        ]


def picture(*boxes: tuple[int, int, int, int]) -> RgbImage:
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    for x, y, w, h in boxes:
        image[y : y + h, x : x + w] = 255
    return image


@pytest.mark.parametrize(
    "settings", [ViewSettings(tiles=2), ViewSettings(tiles=3), ViewSettings(2, mirrored=True)]
)
@given(st.integers(2, SIDE - 20), st.integers(2, SIDE - 20))
def test_a_small_object_is_found_once_and_whole_wherever_it_lies(
    settings: ViewSettings, x: int, y: int
) -> None:
    small = (x, y, 14, 14)  # too small in the whole image, and smaller than the overlap
    detector = Blobs()
    assert len(detector.predict([picture(small)])[0].bboxes) == 0
    (found,) = SeveralViews(detector, settings).predict([picture(small)])
    assert found.bboxes.tolist() == [list(map(float, small))]


def test_a_large_object_is_not_cut_into_pieces() -> None:
    large = (30, 40, 180, 150)
    (found,) = SeveralViews(Blobs(), ViewSettings(tiles=3, mirrored=True)).predict([picture(large)])
    assert found.bboxes.tolist() == [list(map(float, large))]


def test_one_view_is_the_detector_itself() -> None:
    detector = Blobs()
    SeveralViews(detector, ViewSettings()).predict([picture((20, 20, 60, 60))])
    assert detector.views == 1
    SeveralViews(detector, ViewSettings(tiles=2, mirrored=True)).predict([picture((20, 20, 60, 60))])
    assert detector.views == 1 + 2 * 5


@given(st.integers(1, 5000), st.integers(2, 6), st.floats(0, 0.5))
def test_tiles_cover_an_image_and_overlap_as_much_as_asked_for(
    length: int, tiles: int, overlap: float
) -> None:
    ranges = _ranges(length, tiles, overlap)
    assert ranges[0][0] == 0
    assert ranges[-1][1] == length
    for (_, end), (start, next_end) in pairwise(ranges):
        assert end - start >= overlap * (next_end - start) - tiles - 1
