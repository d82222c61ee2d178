"""Very large images in the real window, and thumbnails that are kept on the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from hitl_desktop import cache, pyramid
from hitl_desktop.ui.images import thumbnails
from hitl_desktop.ui.images.thumbnails import Thumbnails
from hitl_desktop.ui.main_window import MainWindow
from tests.ui.conftest import MakeWindow


@pytest.fixture
def on_huge(
    make_window: MakeWindow, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> MainWindow:
    """A window on an image that counts as huge: grey, with a single white pixel at (3001, 1502)."""
    monkeypatch.setattr(pyramid, "MOST_WHOLE_PIXELS", 4_000_000)
    pixels = np.full((3000, 4000, 3), 90, np.uint8)
    pixels[1502, 3001] = 255
    (tmp_path / "huge").mkdir()
    Image.fromarray(pixels).save(tmp_path / "huge" / "a.png")
    window = make_window()
    window.open_path(tmp_path / "huge")
    qtbot.waitUntil(lambda: window.canvas.has_image, timeout=10_000)
    return window


def test_a_view_at_once_then_every_pixel_where_somebody_looks(on_huge: MainWindow, qtbot: QtBot) -> None:
    canvas = on_huge.canvas
    assert canvas.image_size == (4000, 3000)
    qtbot.waitUntil(lambda: canvas._pixels._tiles is not None, timeout=20_000)
    canvas.camera.zoom(20 / canvas.camera.viewport.scale)
    x, y = canvas.camera.viewport.to_view(3001.5, 1502.5)
    canvas.camera.pan(QPointF(canvas.width() / 2 - x, canvas.height() / 2 - y))
    canvas.grab()  # asks for tiles
    qtbot.waitUntil(lambda: canvas.is_sharp, timeout=10_000)
    image = canvas.grab().toImage()
    x, y = canvas.camera.viewport.to_view(3001.5, 1502.5)
    assert image.pixelColor(round(x), round(y)).lightness() > 220
    for dx, dy in ((40, 0), (-40, 0), (0, 40), (0, -40)):
        assert image.pixelColor(round(x) + dx, round(y) + dy).lightness() < 130


def test_the_next_time_the_pyramid_is_there(
    on_huge: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: on_huge.canvas._pixels._tiles is not None, timeout=20_000)
    assert on_huge.session.project
    path = on_huge.session.project.path
    on_huge.close()
    other = make_window()
    other.open_path(path)
    qtbot.waitUntil(lambda: other.canvas.has_image, timeout=10_000)
    assert other.canvas._pixels._tiles is not None


def test_a_window_that_closes_does_not_wait_for_the_tiles(on_huge: MainWindow) -> None:
    on_huge.close()
    assert not [p for p in cache.room("pyramids").iterdir() if p.name.endswith(".part")]


def test_thumbnails_are_made_once_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = tmp_path / "a.png"
    Image.fromarray(np.full((300, 500, 3), 200, np.uint8)).save(image)
    made = Thumbnails()
    assert made.get(image).width() == 96
    monkeypatch.setattr(thumbnails, "read_for_screen", None)  # not decoded again
    assert made.get(image).width() == 96
    assert Thumbnails().get(tmp_path / "none.png").isNull()
    monkeypatch.undo()
    monkeypatch.setattr(thumbnails, "_MOST_BYTES", 1)
    Image.fromarray(np.full((310, 500, 3), 100, np.uint8)).save(image)
    assert Thumbnails().get(image).width() == 96
    assert list(cache.room("thumbnails").iterdir()) == []


def test_a_wide_screen_full_of_tiles_does_not_throw_out_its_own(on_huge: MainWindow, qtbot: QtBot) -> None:
    canvas = on_huge.canvas
    qtbot.waitUntil(lambda: canvas._pixels._tiles is not None, timeout=20_000)
    tiles = canvas._pixels._tiles
    assert tiles
    tiles._kept.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hitl_desktop.ui.canvas.tiles._KEPT", 2)
        canvas.camera.zoom(1 / canvas.camera.viewport.scale)
        for _ in range(2):
            canvas.grab()
            qtbot.waitUntil(lambda: tiles.is_complete, timeout=10_000)
        canvas.grab()
        assert tiles.is_complete  # nothing was asked for again
        assert len(tiles._kept) > 2
