"""Images that change, come late or are left while they are being read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from hitl_desktop import cache, pyramid
from hitl_desktop.ui.images import image_loader
from hitl_desktop.ui.images.image_loader import ImageLoader, Loaded


@pytest.fixture
def loader() -> Iterator[ImageLoader]:
    loader = ImageLoader()
    yield loader
    loader.close()


def image(path: Path, width: int, height: int, grey: int = 90) -> Path:
    Image.fromarray(np.full((height, width, 3), grey, np.uint8)).save(path)
    return path


def test_an_image_read_ahead_and_written_over_is_read_again(
    loader: ImageLoader, tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = image(tmp_path / "a.png", 20, 10), image(tmp_path / "b.png", 30, 10)
    loader.want(1, first, [(2, second)])
    qtbot.waitUntil(lambda: loader.is_kept(2), timeout=10_000)
    image(second, 44, 33)
    with qtbot.waitSignal(loader.loaded, timeout=10_000) as got:
        assert loader.want(2, second) is None
    assert got.args is not None
    assert got.args[1].size == (44, 33)


def test_the_image_on_the_screen_stays_until_somebody_reads_it_again(
    loader: ImageLoader, tmp_path: Path, qtbot: QtBot
) -> None:
    file = image(tmp_path / "a.png", 20, 10)
    loader.want(1, file)
    qtbot.waitUntil(lambda: loader.is_kept(1), timeout=10_000)
    image(file, 44, 33)
    found = loader.want(1, file)  # its neighbours are others now
    assert found is not None
    assert found.size == (20, 10)
    loader.forget(1)
    with qtbot.waitSignal(loader.loaded, timeout=10_000):
        loader.want(1, file)


def test_what_was_being_read_when_an_image_was_forgotten_is_not_shown(
    loader: ImageLoader, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real, shown = Event(), image_loader.load, []

    def slow(path: Path, most: int | None = None) -> Loaded:
        found = real(path, most)
        go.wait(10)
        return found

    monkeypatch.setattr(image_loader, "load", slow)
    loader.loaded.connect(lambda _, found: shown.append(found.size))
    file = image(tmp_path / "a.png", 20, 10)
    loader.want(1, file)
    qtbot.waitUntil(lambda: any(future.running() for future in loader._running.values()), timeout=10_000)
    image(file, 44, 33)
    loader.forget(1)
    loader.want(1, file)
    go.set()
    qtbot.waitUntil(lambda: loader.is_idle, timeout=10_000)
    assert shown == [(44, 33)]


def test_a_first_view_of_the_project_before_is_not_shown(
    loader: ImageLoader, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, real, shown = Event(), image_loader.load, []

    def slow(path: Path, most: int | None = None) -> Loaded:
        if path.name == "a.jpg":
            go.wait(10)
        return real(path, most)

    monkeypatch.setattr(image_loader, "load", slow)
    loader.loaded.connect(lambda _, found: shown.append(found.size))
    loader.want(1, image(tmp_path / "a.jpg", 200, 100))
    loader.clear()
    loader.want(1, image(tmp_path / "b.jpg", 300, 100))
    go.set()
    qtbot.waitUntil(lambda: loader.is_kept(1), timeout=10_000)
    qtbot.waitUntil(lambda: loader.is_idle, timeout=10_000)
    assert set(shown) == {(300, 100)}


def test_leaving_a_huge_image_and_coming_back_is_no_failure(
    loader: ImageLoader, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pyramid, "MOST_WHOLE_PIXELS", 4_000_000)
    failed, begun, go, real = [], Event(), Event(), image_loader.build

    def slow(path: Path, keep_on: object) -> pyramid.Pyramid:
        begun.set()
        go.wait(10)
        return real(path, keep_on)  # type: ignore[arg-type]

    monkeypatch.setattr(image_loader, "build", slow)
    loader.failed.connect(lambda *what: failed.append(what))
    huge, small = image(tmp_path / "huge.png", 3000, 2000), image(tmp_path / "b.png", 30, 10)
    loader.want(1, huge)
    qtbot.waitUntil(begun.is_set, timeout=10_000)
    loader.want(2, small, [(1, huge)])
    loader.want(1, huge)
    go.set()
    qtbot.waitUntil(lambda: loader._kept[1].pyramid is not None, timeout=20_000)
    assert failed == []


def test_parts_that_a_crash_left_are_deleted_after_a_day(tmp_path: Path) -> None:
    for name, age in ((".old.part", 2 * 86400), (".new.part", 0), ("whole", 2 * 86400)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    cache.trim(tmp_path, 1000)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".new.part", "whole"]
