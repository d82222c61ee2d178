"""Brightness and the like are of the screen alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.display import Display
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.widgets.qimages import to_qimage

displays = st.builds(Display, st.floats(-1, 1), st.floats(0.2, 5), st.floats(0.2, 5))


@given(displays)
def test_a_brighter_pixel_is_never_shown_darker(display: Display) -> None:
    assert np.all(np.diff(display.table().astype(int)) >= 0)


def test_plain_is_as_it_is() -> None:
    assert np.array_equal(Display().table(), np.arange(256))
    assert Display().changed(brightness=0.1).changed(brightness=-0.1).is_plain
    assert Display().words() == "as it is"
    assert Display(0.2, 1.25, 1, stretch=True).words() == "brightness +0.2, contrast 1.25, stretched"


@given(displays, st.floats(-3, 3), st.floats(0.01, 100), st.floats(0.01, 100))
def test_steps_stay_within_limits(display: Display, brightness: float, contrast: float, gamma: float) -> None:
    after = display.changed(brightness=brightness, contrast=contrast, gamma=gamma)
    assert -1 <= after.brightness <= 1
    assert 0.2 <= after.contrast <= 5
    assert 0.2 <= after.gamma <= 5


@pytest.mark.parametrize(
    ("display", "wanted"),
    [(Display(), (60, 90)), (Display(brightness=0.2), (111, 141)), (Display(stretch=True), (0, 255))],
)
def test_what_is_painted(qtbot: QtBot, display: Display, wanted: tuple[int, int]) -> None:
    pixels = np.full((100, 200, 3), 60, np.uint8)
    pixels[:, 100:] = 90
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(424, 224)
    canvas.show_image([to_qimage(pixels)], (200, 100))
    around = canvas.grab().toImage().pixelColor(2, 2).name()
    canvas.show_as(display)
    image = canvas.grab().toImage()
    assert (image.pixelColor(60, 112).red(), image.pixelColor(360, 112).red()) == wanted
    assert image.pixelColor(2, 2).name() == around
    assert pixels[0, 0, 0] == 60


def test_keys_change_the_display_and_set_it_back(window: MainWindow) -> None:
    window.actions_["brighter"].trigger()
    window.actions_["more_contrast"].trigger()
    window.actions_["stretch"].trigger()
    assert window.canvas.display == Display(0.1, 1.25, 1.0, stretch=True)
    assert "on the disk it is as before" in window.news.text()
    window.actions_["plain_display"].trigger()
    assert window.canvas.display.is_plain
