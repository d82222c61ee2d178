"""An image of 500 megapixels."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop import pyramid

from .conftest import Bench, window_on
from .test_images import wait_for


def memory_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


def make(path: Path) -> None:
    """Clouds with grain, so that tiles are as hard to read as those of a photograph."""
    import pyvips

    clouds = pyvips.Image.perlin(4000, 1250, cell_size=64).linear(60, 128).resize(10)
    grain = pyvips.Image.gaussnoise(4000, 1250, sigma=8).replicate(10, 10)
    grey = (clouds + grain).cast("uchar")
    grey.bandjoin([grey, grey]).copy(interpretation="srgb").jpegsave(str(path), Q=85)


@pytest.mark.bench
def test_500_megapixels(bench: Bench, tmp_path: Path, qtbot: QtBot) -> None:
    folder = tmp_path / "huge"
    folder.mkdir()
    make(folder / "a.jpg")
    opened = time.perf_counter()
    window = window_on(folder, qtbot, 1)
    wait_for(lambda: window.canvas.has_image)
    bench.note("huge_first_view_without_pyramid_ms", (time.perf_counter() - opened) * 1000)
    wait_for(lambda: pyramid.cached(folder / "a.jpg") is not None)
    bench.note("huge_pyramid_built_ms", (time.perf_counter() - opened) * 1000)
    window.loader.clear()
    window.canvas.show_image((), (0, 0))
    QApplication.processEvents()
    before, began = memory_mb(), time.perf_counter()
    window.session.walk.go_to(1)
    wait_for(lambda: window.canvas.has_image)
    window.canvas.repaint()
    bench.note("huge_first_view_ms", (time.perf_counter() - began) * 1000)
    window.canvas.camera.zoom_to_pixels()
    for step in range(20):
        window.canvas.camera.pan(QPointF(-900 if step % 2 else -300, -90))
        window.canvas.repaint()
        wait_for(lambda: window.canvas.is_sharp)
    bench.note("huge_memory_added_mb", memory_mb() - before)
    began = time.perf_counter()
    window.canvas.camera.pan(QPointF(-3000, 200))
    window.canvas.repaint()
    wait_for(lambda: window.canvas.is_sharp)
    window.canvas.repaint()
    bench.note("huge_pan_elsewhere_sharp_ms", (time.perf_counter() - began) * 1000)
    window.close()
