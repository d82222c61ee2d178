"""Images too large to hold: views, tiles, memory kept within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitl_desktop import cache, imaging, pyramid
from hitl_desktop.errors import UnreadableImageError


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyramid, "MOST_WHOLE_PIXELS", 1_000_000)


def gradient(width: int, height: int) -> np.ndarray:
    """Red grows to the right, green downwards: a pixel says where it comes from."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([x, y, np.full_like(x, 60)], axis=2).astype(np.uint8)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp", "a.bmp", "a.ppm"])
@pytest.mark.usefixtures("small_limit")
def test_tiles_show_what_the_image_shows_where_it_shows_it(tmp_path: Path, name: str) -> None:
    pixels = gradient(1700, 1300)
    Image.fromarray(pixels).save(tmp_path / name, quality=95)
    built = pyramid.build(tmp_path / name)
    assert built.size == (1700, 1300)
    assert built.levels == ((1700, 1300), (850, 650), (425, 325))
    for level, (width, height) in enumerate(built.levels):
        for row in range(-(-height // pyramid.TILE)):
            for column in range(-(-width // pyramid.TILE)):
                tile = np.asarray(Image.open(built.tile(level, column, row)))
                assert tile.shape[:2] == (min(512, height - 512 * row), min(512, width - 512 * column))
                y, x = (
                    (row * 512 + tile.shape[0] / 2) * 2**level,
                    (column * 512 + tile.shape[1] / 2) * 2**level,
                )
                there = pixels[min(int(y), 1299), min(int(x), 1699)].astype(int)
                assert np.abs(tile[tile.shape[0] // 2, tile.shape[1] // 2] - there).max() < 12
    assert pyramid.cached(tmp_path / name) == built
    overview = np.asarray(Image.open(built.overview))
    assert overview.shape == (1300, 1700, 3)
    assert np.abs(overview[650, 850].astype(int) - pixels[650, 850]).max() < 12


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.usefixtures("small_limit")
def test_views_and_tiles_are_upright(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(gradient(1200, 900)).save(tmp_path / "a.jpg", exif=exif, quality=95)
    upright = imaging.read_upright(tmp_path / "a.jpg")
    size, (view,) = imaging.read_for_screen(tmp_path / "a.jpg", smallest=700)
    assert size == imaging.verify(tmp_path / "a.jpg") == (upright.shape[1], upright.shape[0])
    assert np.abs(view[::50, ::50].astype(int) - upright[::50, ::50]).max() < 12
    built = pyramid.build(tmp_path / "a.jpg")
    tile = np.asarray(Image.open(built.tile(0, 0, 0)))
    assert built.size == size
    assert np.abs(tile[::50, ::50].astype(int) - upright[:512:50, :512:50]).max() < 12


@pytest.mark.usefixtures("small_limit")
def test_deep_grey_is_stretched_and_transparency_is_white(tmp_path: Path) -> None:
    deep = np.linspace(100, 900, 1200 * 1000).reshape(1000, 1200).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.tif")
    tile = np.asarray(Image.open(pyramid.build(tmp_path / "deep.tif").tile(2, 0, 0)))
    assert tile.min() < 10
    assert tile.max() > 245
    clear = np.zeros((1000, 1200, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    assert np.asarray(Image.open(pyramid.build(tmp_path / "clear.png").tile(0, 0, 0))).min() > 250


def test_a_side_beyond_what_qt_paints(tmp_path: Path) -> None:
    Image.fromarray(gradient(40_000, 60)).save(tmp_path / "long.png")
    size, levels = imaging.read_for_screen(tmp_path / "long.png", smallest=700)
    assert size == (40_000, 60)
    assert [level.shape for level in levels] == [(3, 2048, 3)]
    assert pyramid.build(tmp_path / "long.png").levels[0] == size


@pytest.mark.usefixtures("small_limit")
def test_a_file_that_is_cut_short_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    Image.fromarray(gradient(1700, 1300)).save(tmp_path / "whole.png")
    data = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(data[: len(data) // 2])
    for act in (imaging.verify, pyramid.build, imaging.read_for_models):
        with pytest.raises(UnreadableImageError):
            act(tmp_path / "half.png")
    assert list(cache.room("pyramids").iterdir()) == []


@pytest.mark.usefixtures("small_limit")
def test_building_stops_when_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    Image.fromarray(gradient(3000, 2500)).save(tmp_path / "a.png")
    with pytest.raises(UnreadableImageError):
        pyramid.build(tmp_path / "a.png", keep_on=lambda: False)
    assert list(cache.room("pyramids").iterdir()) == []


@pytest.mark.usefixtures("small_limit")
def test_a_file_that_was_written_over_has_another_pyramid(tmp_path: Path) -> None:
    Image.fromarray(gradient(1700, 1300)).save(tmp_path / "a.png")
    pyramid.build(tmp_path / "a.png")
    Image.fromarray(gradient(1200, 1300)).save(tmp_path / "a.png")
    assert pyramid.cached(tmp_path / "a.png") is None


@pytest.mark.usefixtures("small_limit")
def test_models_see_a_view_and_the_whole_size(tmp_path: Path) -> None:
    Image.fromarray(gradient(6000, 1000)).save(tmp_path / "a.png")
    size, pixels = imaging.read_for_models(tmp_path / "a.png")
    assert size == (6000, 1000)
    assert pixels.shape == (683, 4096, 3)


def test_what_was_not_used_for_longest_is_deleted_first(tmp_path: Path) -> None:
    for n in range(5):
        folder = tmp_path / str(n)
        folder.mkdir()
        (folder / "x").write_bytes(b"." * 100)
        os.utime(folder, (n, n))
    (tmp_path / ".building").write_bytes(b"." * 1000)
    cache.trim(tmp_path, 500)
    assert len(list(tmp_path.iterdir())) == 6
    cache.trim(tmp_path, 350)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".building", "2", "3", "4"]
