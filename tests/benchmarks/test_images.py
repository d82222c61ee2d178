"""From image to image, and in folders of any size."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.app import SWITCH_INTERVAL
from hitl_desktop.domain.geometry import BBox

from .conftest import Bench, window_on

STEPS = 30
SIZES = {"vga": (640, 480), "hd": (1920, 1080), "12mp": (4000, 3000)}


def image(size: tuple[int, int]) -> Image.Image:
    """Blurred noise: as hard to decode as a photograph, about as large a file."""
    small = np.random.default_rng(3).integers(0, 255, (size[1] // 6, size[0] // 6, 3), np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


def wait_for(condition: Callable[[], bool]) -> None:
    """Let the window live, to the millisecond; a loop without the pause would keep its threads from
    running."""
    while not condition():
        QApplication.processEvents()
        time.sleep(0.0005)


@pytest.fixture(autouse=True)
def hands_over_as_the_program_does() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    yield
    sys.setswitchinterval(before)


@pytest.mark.bench
@pytest.mark.parametrize("name", SIZES)
def test_the_next_image(bench: Bench, tmp_path: Path, qtbot: QtBot, name: str) -> None:
    image(SIZES[name]).save(tmp_path / "000.jpg", quality=90)
    for number in range(1, STEPS + 4):
        (tmp_path / f"{number:03}.jpg").hardlink_to(tmp_path / "000.jpg")
    window = window_on(tmp_path, qtbot, STEPS + 4)
    prefetched, cold, full = [], [], []

    def shown() -> bool:
        return window.canvas.has_image

    qtbot.waitUntil(shown)
    for _ in range(STEPS):
        following = window.session.image_list.order.next_of(window.session.image_list.undecided)
        assert following
        qtbot.waitUntil(lambda wanted=following: window.loader.is_kept(wanted), timeout=20_000)
        QApplication.processEvents()
        began = time.perf_counter()
        window.session.walk.go_to(following)
        window.canvas.repaint()
        prefetched.append((time.perf_counter() - began) * 1000)
        assert shown()
        QApplication.processEvents()
    if name == "12mp":
        for target in (1, 9, 17, 25, 33):
            wait_for(lambda: window.loader.is_idle)
            window.loader.clear()
            began = time.perf_counter()
            window.session.walk.go_to(target)
            wait_for(shown)
            window.canvas.repaint()
            cold.append((time.perf_counter() - began) * 1000)
            wait_for(lambda: window.canvas.is_sharp)
            window.canvas.repaint()
            full.append((time.perf_counter() - began) * 1000)
        bench.note("next_12mp_first_pixels_ms", sorted(cold)[len(cold) // 2])
        bench.note("next_12mp_full_pixels_ms", sorted(full)[len(full) // 2])
    bench.note(f"next_{name}_p95_ms", sorted(prefetched)[int(len(prefetched) * 0.95)])
    window.close()


@pytest.mark.bench
@pytest.mark.parametrize("count", [1_000, 100_000])
def test_costs_do_not_grow_with_the_number_of_images(
    bench: Bench, tmp_path: Path, qtbot: QtBot, count: int
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(count):
        if number % 30_000 == 0:  # a file has 65,000 names at most
            source = tmp_path / f"{number}.jpg"
            image(SIZES["vga"]).save(source, quality=90)
        (folder / f"{number:06}.jpg").hardlink_to(source)
    window = window_on(folder, qtbot, count, read=False)
    window.session.project_acts.add_category("cat")
    following, edits = [], []
    for _ in range(40):
        target = window.session.image_list.walk.next_of(window.session.image_list.undecided)
        assert target
        wait_for(lambda wanted=target: window.loader.is_kept(wanted))
        began = time.perf_counter()
        window.session.walk.go_to(target)
        window.canvas.repaint()
        following.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        window.session.acts.draw([(BBox(10, 10, 50, 50), 1)])
        window.canvas.repaint()
        edits.append((time.perf_counter() - began) * 1000)
        QApplication.processEvents()
    bench.note(f"next_among_{count}_ms", sorted(following)[20])
    bench.note(f"edit_among_{count}_ms", sorted(edits)[20])
    window.close()
