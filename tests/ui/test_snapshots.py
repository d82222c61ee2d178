"""What the canvas and the main states of the window look like, against images that somebody looked at.

`HITL_SNAPSHOTS=write` writes them anew; look at them before they are committed. Fonts differ from one machine to the
next: those of the canvas hold no text, and those of the window are written in blocks and kept at half of the size.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.theme.style import apply_theme
from hitl_desktop.ui.widgets.qimages import to_qimage
from hitl_desktop.ui.widgets.toast import Toast
from tests.ui.block_font import block_font
from tests.ui.states import Walk, make_project

PLACE = Path(__file__).parent / "snapshots"
MOST_PIXELS_OFF = 0.001
"""The share of pixels that may differ: rasterisers round lines differently."""


def pixels_of(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return (
        rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
    )  # the image ends here


def share_off(found: np.ndarray, name: str) -> float:
    """The share of pixels that differ from the snapshot of this name."""
    file = PLACE / f"{name}.png"
    if os.environ.get("HITL_SNAPSHOTS") == "write":
        PLACE.mkdir(exist_ok=True)
        Image.fromarray(found).save(file, optimize=True)
    wanted = np.asarray(Image.open(file).convert("RGB"))
    assert found.shape == wanted.shape, name
    return float((np.abs(found.astype(int) - wanted).max(axis=2) > 24).mean())


def select_one(canvas: Canvas) -> None:
    canvas.selection.select(canvas.items[0].key)


def zoom_in(canvas: Canvas) -> None:
    canvas.camera.zoom(10 / canvas.camera.viewport.scale)
    canvas.camera.pan(QPointF(200, 100))


SCENES: dict[str, Callable[[Canvas], object]] = {
    "fit": lambda canvas: None,
    "selected": select_one,
    "several": lambda canvas: canvas.selection.select_all(item.key for item in canvas.items),
    "hidden": lambda canvas: canvas.set_hidden(True),
    "closest": zoom_in,
    "brighter": lambda canvas: canvas.show_as(Display(brightness=0.3, contrast=1.5)),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_canvas_is_painted_as_somebody_saw_it(name: str, qtbot: QtBot) -> None:
    y, x = np.mgrid[:120, :160]
    image = np.ascontiguousarray(np.stack([x, y, 80 + (x + y) // 4], axis=2).astype(np.uint8))
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(420, 340)
    canvas.show_image([to_qimage(image)], (160, 120))
    canvas.show_items(
        [
            BoxItem(BoxKey(Kind.TRUTH, 1), BBox(10, 10, 40, 30), "", 1),
            BoxItem(BoxKey(Kind.TRUTH, 2), BBox(30, 25, 60, 60), "", 2),
            BoxItem(BoxKey(Kind.PROPOSAL, 3), BBox(100, 40, 50, 70), "", 6),
        ]
    )
    SCENES[name](canvas)
    off = share_off(pixels_of(canvas), name)
    assert off <= MOST_PIXELS_OFF, f"{off:.2%} of the pixels differ from {name}"


STATES = ("first page", "suggestions", "selection", "another image", "model", "label_errors", "audit")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_window_looks_as_somebody_saw_it(theme: str, tmp_path: Path, qapp: QApplication) -> None:
    off: dict[str, float] = {}

    def look(state: str, shown: QWidget) -> None:
        if state in STATES:
            for toast in shown.findChildren(Toast):
                toast.hide()  # some are there for seconds only
            pixels = pixels_of(shown).astype(float)
            half = pixels.reshape(360, 2, 640, 2, 3).mean(axis=(1, 3)).round().astype(np.uint8)
            off[state] = share_off(half, f"window-{theme}-{state.replace(' ', '-')}")

    with block_font(qapp):
        apply_theme(theme)
        walk = Walk(look)
        walk.look("first page")
        walk.open(make_project(tmp_path))
        walk.labelling()
        walk.panels()
        walk.modes()
        walk.window.close()
    assert tuple(off) == STATES
    assert {state: f"{share:.2%}" for state, share in off.items() if share > MOST_PIXELS_OFF} == {}
