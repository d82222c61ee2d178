"""Deep images, and images of any number of bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hitl_desktop import imaging, pyramid
from hitl_desktop.errors import UnreadableImageError

from .tiffs import GREY, RGB, write_tiff

KINDS = {
    "u1": (255, 0),
    "i1": (120, -20),
    "u2": (4000, 100),
    "i2": (3000, -500),
    "i4": (70000, -5),
    "f4": (50, 250),
}
NOT_OF_EIGHT_BITS = [kind for kind in KINDS if kind != "u1"]


def bands(count: int, kind: str) -> np.ndarray[Any, Any]:
    """Red grows to the right, green downwards, blue to the left; further bands are others."""
    x, y = np.meshgrid(np.linspace(0, 1, 60), np.linspace(0, 1, 40))
    scale, offset = KINDS[kind]
    return (np.stack([x, y, 1 - x, x * y, y * y, 1 - y][:count], axis=2) * scale + offset).astype(kind)


def assert_as_drawn(pixels: np.ndarray[Any, Any]) -> None:
    assert pixels.shape == (40, 60, 3)
    assert pixels[20, 0].tolist()[::2] == [0, 255]
    assert pixels[20, -1].tolist()[::2] == [255, 0]
    assert [pixels[0, 30, 1], pixels[-1, 30, 1]] == [0, 255]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [3, 4, 6])
@pytest.mark.parametrize("photometric", [GREY, RGB])
@pytest.mark.parametrize("planar", [False, True])
def test_the_first_three_of_several_bands_are_shown(
    tmp_path: Path, kind: str, count: int, photometric: int, planar: bool
) -> None:
    extra = [0] * (count - (3 if photometric == RGB else 1))
    file = write_tiff(
        tmp_path / "a.tif", bands(count, kind), photometric=photometric, planar=planar, extra=extra
    )
    assert imaging.inspect(file)[:2] == ((60, 40), None)
    assert_as_drawn(imaging.read_upright(file))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("planar", [False, True])
def test_the_first_of_two_bands_is_shown_in_grey(tmp_path: Path, kind: str, planar: bool) -> None:
    pixels = imaging.read_upright(write_tiff(tmp_path / "a.tif", bands(2, kind), planar=planar, extra=[0]))
    assert pixels[20, 0].tolist() == [0, 0, 0]
    assert pixels[20, -1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("kind", NOT_OF_EIGHT_BITS)
@pytest.mark.parametrize("planar", [False, True])
def test_what_is_transparent_is_white_and_takes_no_part_in_stretching(
    tmp_path: Path, kind: str, planar: bool
) -> None:
    values = bands(4, kind)
    values[..., 3] = 100
    values[:10, :, 3] = 0
    values[:10, :, :3] = KINDS[kind][0]
    file = write_tiff(tmp_path / "a.tif", values, photometric=RGB, planar=planar, extra=[2])
    pixels = imaging.read_upright(file)
    assert pixels[:10].min() == 255
    assert pixels[20, 0].tolist()[::2] == [0, 255]
    assert pixels[20, -1].tolist()[::2] == [255, 0]


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("no_data", ["-9999", None])
def test_what_was_not_measured_is_black_and_the_rest_has_all_shades(
    tmp_path: Path, planar: bool, no_data: str | None
) -> None:
    values = bands(3, "f4")
    values[:10] = -9999
    pixels = imaging.read_upright(write_tiff(tmp_path / "a.tif", values, planar=planar, no_data=no_data))
    assert pixels[:10].max() == 0
    assert pixels[20, 0].tolist()[::2] == [0, 255]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tiled", [False, True])
def test_compressed_and_tiled_bands_are_read(tmp_path: Path, order: str, tiled: bool) -> None:
    import pyvips

    values = bands(3, "u2")
    image = pyvips.Image.new_from_array(values)
    tiles: dict[str, Any] = {"tile": True, "tile_width": 16, "tile_height": 16} if tiled else {}
    image.tiffsave(str(tmp_path / "a.tif"), compression="deflate", predictor="horizontal", **tiles)
    assert_as_drawn(imaging.read_upright(tmp_path / "a.tif"))
    assert_as_drawn(imaging.read_upright(write_tiff(tmp_path / "b.tif", values, planar=True, order=order)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("whole", [True, False])
def test_deep_images_stand_upright(
    tmp_path: Path, orientation: int, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    upright = bands(3, "u2")
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpose methods that store it turned
    turned = [
        np.asarray(Image.fromarray(upright[..., n]).transpose(Image.Transpose(undo[orientation])))
        if orientation > 1
        else upright[..., n]
        for n in range(3)
    ]
    file = write_tiff(tmp_path / "a.tif", np.stack(turned, axis=2), photometric=RGB, orientation=orientation)
    if not whole:
        monkeypatch.setattr(pyramid, "MOST_WHOLE_PIXELS", 100)
    size, pixels = imaging.read_for_models(file)
    assert size == imaging.verify(file) == (60, 40)
    assert_as_drawn(pixels)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("planar", [False, True])
def test_a_huge_image_has_the_shades_of_a_whole_one(
    tmp_path: Path, kind: str, planar: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_tiff(tmp_path / "a.tif", bands(4, kind), photometric=RGB, planar=planar, extra=[0])
    whole = imaging.read_upright(file)
    monkeypatch.setattr(pyramid, "MOST_WHOLE_PIXELS", 100)
    _, view = imaging.read_for_models(file)
    assert np.abs(view.astype(int) - whole).max() <= 2
    tile = np.asarray(Image.open(pyramid.build(file).tile(0, 0, 0)))
    assert np.abs(tile[::5, ::5].astype(int) - whole[::5, ::5]).mean() < 5


@pytest.mark.parametrize(
    ("kind", "words"), [("f8", "3 bands of 64 bits (floating-point numbers)"), ("c16", "complex")]
)
def test_what_cannot_be_read_is_not_called_damaged(tmp_path: Path, kind: str, words: str) -> None:
    file = write_tiff(tmp_path / "a.tif", np.ones((8, 9, 3), kind))
    with pytest.raises(UnreadableImageError) as raised:
        imaging.verify(file)
    assert words in raised.value.message
    assert "is not supported" in raised.value.message
    assert raised.value.size == (9, 8)


@pytest.mark.parametrize("planar", [False, True])
def test_a_deep_image_that_is_cut_short_is_refused(tmp_path: Path, planar: bool) -> None:
    file = write_tiff(tmp_path / "a.tif", bands(3, "u2"), planar=planar, cut=True)
    for act in (imaging.verify, imaging.read_upright, imaging.read_for_models):
        with pytest.raises(UnreadableImageError):
            act(file)


@pytest.mark.parametrize("alpha", [False, True])
def test_a_png_of_sixteen_bits_keeps_all_of_them(tmp_path: Path, alpha: bool) -> None:
    import cv2

    values = bands(4, "u2")
    values[..., 3] = 65535
    cv2.imwrite(
        str(tmp_path / "a.png"), np.ascontiguousarray(values[..., [2, 1, 0, 3] if alpha else [2, 1, 0]])
    )
    assert_as_drawn(imaging.read_upright(tmp_path / "a.png"))
