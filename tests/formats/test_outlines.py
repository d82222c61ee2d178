import numpy as np
import pytest
from pycocotools import mask as masks

from hitl_desktop.domain.placement import Placement
from hitl_desktop.formats.outlines import box_around, moved


@pytest.mark.parametrize(
    ("outline", "box"),
    [
        ([[10, 20, 40, 20, 40, 60, 10, 60]], (10, 20, 30, 40)),
        ([[10, 20, 40, 20, 40, 60], [0, 0, 5, 0, 5, 5]], (0, 0, 40, 60)),
        ([10, 20, 40, 20, 40, 60], (10, 20, 30, 40)),
        ([[10, 20], [40, 20], [40, 60]], (10, 20, 30, 40)),
        ([["10", "20", "40", "20", "40", "60"]], (10, 20, 30, 40)),
        ([[[10, 20], [40, 20], [40, 60]]], (10, 20, 30, 40)),
        ({"counts": [3015, 10, 140, 10, 26825], "size": [150, 200]}, (20, 15, 2, 10)),
        ({"counts": [0, 10, 29990], "size": [150, 200]}, (0, 0, 1, 10)),
        ({"counts": [100, 100, 29800], "size": [150, 200]}, (0, 0, 2, 150)),
        ([], None), (None, None), ([[]], None), ([[1, 2, 3]], None), ([[1, 2, 3, 4]], None), ([[1, "x", 3, 4, 5, 6]], None),
        ({"counts": [30000], "size": [150, 200]}, None), ({"counts": "", "size": [150, 200]}, None), ({}, None),
        ({"counts": [0, 10**25], "size": [150, 200]}, None), ({"counts": "o" * 300 + "0", "size": [150, 200]}, None),
        ({"counts": [10, 20], "size": [150, 200]}, None), ({"counts": [0, 10**12], "size": [10**6, 10**6]}, (0, 0, 10**6, 10**6)),
        ({"counts": [-5, 10], "size": [150, 200]}, None), ({"counts": "\x01", "size": [3, 3]}, None),
    ],
)  # fmt: skip
def test_the_box_around_an_outline(outline: object, box: tuple[float, ...] | None) -> None:
    assert box_around(outline) == box


@pytest.mark.parametrize("seed", range(20))
def test_packed_run_lengths_have_the_box_that_coco_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = np.zeros((57, 83), np.uint8)
    for _ in range(4):
        y, x = rng.integers(0, 50), rng.integers(0, 75)
        pixels[y : y + rng.integers(1, 9), x : x + rng.integers(1, 9)] = rng.random() < 0.9
    packed = masks.encode(np.asfortranarray(pixels))
    expected = masks.toBbox(packed)
    as_json = {"counts": packed["counts"].decode(), "size": list(packed["size"])}
    found = box_around(as_json)
    assert (tuple(found) if found else (0, 0, 0, 0)) == tuple(expected)


def test_polygons_move_with_their_image_and_masks_cannot() -> None:
    half = Placement((200, 150), 1, 0.5, 0.5)
    assert moved([[10, 20, 40, 20, 40, 60]], half) == [[5, 10, 20, 10, 20, 30]]
    assert moved({"counts": [0, 10, 29990], "size": [150, 200]}, half) is None


def test_a_mask_of_another_resolution_is_scaled_and_one_of_another_shape_is_none_of_this_image() -> None:
    assert box_around({"counts": [15, 15, 270], "size": [15, 20]}, (200, 150)) == (10, 0, 10, 150)
    assert box_around({"counts": [10, 20, 29970], "size": [200, 150]}, (200, 150)) is None
