import numpy as np
import pytest
from PIL import Image, ImageOps

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.placement import Placement, placement


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_turns_with_its_pixels(orientation: int) -> None:
    pixels = np.zeros((30, 40), np.uint8)
    pixels[3:10, 20:35] = 255  # the box 20, 3, 15, 7
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(image))
    ys, xs = np.nonzero(upright)
    expected = BBox(float(xs.min()), float(ys.min()), float(np.ptp(xs)) + 1, float(np.ptp(ys)) + 1)
    assert Placement((40, 30), orientation).box(BBox(20, 3, 15, 7)) == expected


@pytest.mark.parametrize(
    ("drawn_on", "upright", "orientation", "factors"),
    [
        ((200, 150), (100, 75), 1, (1, 0.5)),
        ((1500, 1000), (640, 427), 1, (1, 640 / 1500)),
        ((1500, 1000), (640, 426), 1, (1, 640 / 1500)),
        ((200, 150), (150, 200), 6, (6, 1.0)),
        ((400, 300), (150, 200), 8, (8, 0.5)),
        ((150, 200), (300, 400), 6, (1, 2.0)),
        ((200, 150), (150, 200), 1, None),
        ((200, 150), (150, 200), 3, None),
        ((200, 150), (180, 150), 1, None),
        ((1920, 1080), (640, 640), 1, None),
        ((0, 150), (180, 150), 1, None),
        ((200, 199), (199, 200), 6, (6, 1.0)),
        ((200, 199), (199, 200), 1, None),
        ((200, 199), (398, 400), 6, (6, 2.0)),
        ((200, 199), (100, 100), 6, (1, 0.5)),
    ],
)
def test_a_turn_or_a_scale_explains_another_size_or_nothing_does(
    drawn_on: tuple[int, int], upright: tuple[int, int], orientation: int, factors: tuple[int, float] | None
) -> None:
    found = placement(drawn_on, upright, orientation)
    assert (found and (found.orientation, found.by_x)) == factors
