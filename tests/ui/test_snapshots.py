"""What the canvas paints, pixel by pixel, against images that somebody looked at.

`HITL_SNAPSHOTS=write` writes them anew; look at them before they are committed. They hold no text, for fonts
differ from one machine to the next.
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
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.images.qimages import to_qimage

PLACE = Path(__file__).parent / "snapshots"
MOST_PIXELS_OFF = 0.001
"""The share of pixels that may differ: rasterisers round lines differently."""


def pixels_of(canvas: Canvas) -> np.ndarray:
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return (
        rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
    )  # the image ends here


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
    found, file = pixels_of(canvas), PLACE / f"{name}.png"
    if os.environ.get("HITL_SNAPSHOTS") == "write":
        PLACE.mkdir(exist_ok=True)
        Image.fromarray(found).save(file)
    wanted = np.asarray(Image.open(file).convert("RGB"))
    assert found.shape == wanted.shape
    off = (np.abs(found.astype(int) - wanted).max(axis=2) > 24).mean()
    assert off <= MOST_PIXELS_OFF, f"{off:.2%} of the pixels differ from {file.name}"
