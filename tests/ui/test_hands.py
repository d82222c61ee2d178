"""Hands on the canvas: a corner that follows the pointer, a zoom that can be seen to move, small boxes on top."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox, Handle, nearest_corner
from hitl_desktop.settings import Settings
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.theme.categories import category_colour
from hitl_desktop.ui.widgets.qimages import to_qimage
from tests.ui.test_canvas import at, canvas, wheel  # noqa: F401 - the fixture

LEFT = Qt.MouseButton.LeftButton


def item(number: int, bbox: BBox, colour: int = 1) -> BoxItem:
    return BoxItem(BoxKey(Kind.TRUTH, number), bbox, "", colour)


def test_the_nearest_corner_of_a_box() -> None:
    box = BBox(10, 10, 30, 20)
    assert nearest_corner(box, 0, 0) is Handle.TOP_LEFT
    assert nearest_corner(box, 39, 12) is Handle.TOP_RIGHT
    assert nearest_corner(box, 24, 28) is Handle.BOTTOM_LEFT
    assert nearest_corner(box, 100, 100) is Handle.BOTTOM_RIGHT


def grab(canvas: Canvas, x: float, y: float) -> bool:  # noqa: F811
    QTest.mouseMove(canvas, at(canvas, x, y))
    return canvas.pointer_tool.grab_corner()


def test_a_grabbed_corner_follows_the_pointer_until_a_click(canvas: Canvas, qtbot: QtBot) -> None:  # noqa: F811
    canvas.show_items([item(1, BBox(20, 20, 60, 40))])
    assert grab(canvas, 70, 55)  # the lower right one
    QTest.mouseMove(canvas, at(canvas, 100, 90))
    with qtbot.waitSignal(canvas.changed) as signal, qtbot.assertNotEmitted(canvas.drawn):
        QTest.mouseClick(canvas, LEFT, pos=at(canvas, 110, 95))
    (changed,) = signal.args or ()
    (after,) = changed.values()
    assert (after.x, after.y) == (20, 20)
    assert (after.right, after.bottom) == pytest.approx((110, 95), abs=1)
    assert not canvas.pointer_tool.is_changing
    with qtbot.assertNotEmitted(canvas.changed):
        QTest.mouseMove(canvas, at(canvas, 10, 10))


def test_a_grabbed_corner_is_let_go_by_escape_and_put_down_by_enter(canvas: Canvas, qtbot: QtBot) -> None:  # noqa: F811
    canvas.show_items([item(1, BBox(20, 20, 60, 40))])
    assert grab(canvas, 25, 25)
    QTest.mouseMove(canvas, at(canvas, 5, 5))
    with qtbot.assertNotEmitted(canvas.changed):
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        QTest.mouseClick(canvas, LEFT, pos=at(canvas, 5, 5))
    assert grab(canvas, 25, 25)
    QTest.mouseMove(canvas, at(canvas, 10, 12))
    with qtbot.waitSignal(canvas.changed) as signal:
        QTest.keyClick(canvas, Qt.Key.Key_Return)
    (changed,) = signal.args or ()
    assert tuple(changed[BoxKey(Kind.TRUTH, 1)]) == pytest.approx((10, 12, 70, 48), abs=1)


def test_the_corner_is_that_of_the_selected_box_or_of_that_under_the_pointer(canvas: Canvas) -> None:  # noqa: F811
    canvas.show_items([item(1, BBox(20, 20, 60, 40)), item(2, BBox(100, 100, 40, 40))])
    assert grab(canvas, 110, 110)
    assert canvas.selection.last is not None
    assert canvas.selection.last.key.id == 2
    canvas.pointer_tool.cancel()
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    assert grab(canvas, 110, 110)
    assert canvas.selection.last.key.id == 1
    canvas.pointer_tool.cancel()
    canvas.selection.select(None)
    assert not grab(canvas, 190, 10)  # nothing is there


def test_in_the_window_a_key_resizes_by_two_acts(window: MainWindow) -> None:
    category = window.session.project_acts.add_category("cell")
    assert category is not None
    window.session.acts.draw([(BBox(5, 5, 20, 20), category)])
    QTest.mouseMove(window.canvas, at(window.canvas, 23, 23))
    QTest.keyClick(window.canvas, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    QTest.mouseMove(window.canvas, at(window.canvas, 30, 32))
    QTest.mouseClick(window.canvas, LEFT, pos=at(window.canvas, 30, 32))
    (box,) = window.session.annotations
    assert (box.bbox.right, box.bbox.bottom) == pytest.approx((30, 32), abs=1)
    window.session.history.undo()
    assert window.session.annotations[0].bbox == BBox(5, 5, 20, 20)


def test_the_wheel_zooms_in_a_short_movement_that_ends_where_it_would_at_once(
    canvas: Canvas,  # noqa: F811
    qtbot: QtBot,
) -> None:
    scale, before = canvas.camera.viewport.scale, canvas.camera.viewport.to_image(100, 150)
    canvas.eased_zoom.is_on = True
    wheel(canvas, 100, 150, 1)
    wheel(canvas, 100, 150, 2)  # before the first one has ended
    assert canvas.camera.viewport.scale < scale * 1.2**2
    qtbot.waitUntil(lambda: canvas.camera.viewport.scale == pytest.approx(scale * 1.2**3))
    assert canvas.camera.viewport.to_image(100, 150) == pytest.approx(before)


def test_another_image_ends_the_movement(canvas: Canvas, qtbot: QtBot) -> None:  # noqa: F811
    canvas.eased_zoom.is_on = True
    wheel(canvas, 100, 150, 5)
    canvas.show_image([to_qimage(np.zeros((200, 300, 3), np.uint8))], (300, 200))
    fitted = canvas.camera.viewport
    qtbot.wait(200)
    assert canvas.camera.viewport == fitted


def test_motion_is_turned_off_for_good(window: MainWindow) -> None:
    assert window.canvas.eased_zoom.is_on
    window.actions_["motion"].trigger()
    assert not window.canvas.eased_zoom.is_on
    assert not window.actions_["motion"].isChecked()
    assert Settings().text("motion") == "off"
    window.actions_["motion"].trigger()
    assert window.canvas.eased_zoom.is_on


def test_a_small_box_is_painted_above_a_large_one_whatever_their_order(canvas: Canvas) -> None:  # noqa: F811
    small, large = item(1, BBox(50, 50, 20, 20), 1), item(2, BBox(20, 20, 50, 50), 2)  # they share a corner
    corner = canvas.camera.viewport.to_view(70, 60)
    for items in ([small, large], [large, small]):
        canvas.show_items(items)
        seen = canvas.grab().toImage().pixelColor(QPointF(*corner).toPoint())
        assert _distance(seen, category_colour(1)) < _distance(seen, category_colour(2))


def _distance(one: QColor, other: QColor) -> int:
    return sum(abs(a - b) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))  # type: ignore[misc,arg-type]


def test_handles_are_taken_from_eight_pixels_away(canvas: Canvas) -> None:  # noqa: F811
    canvas.show_items([item(1, BBox(20, 20, 60, 40))])
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    corner = at(canvas, 80, 60)
    near = canvas.hit(QPointF(corner + QPoint(7, 7)))
    assert near is not None
    assert near.handle is Handle.BOTTOM_RIGHT


def test_a_project_is_opened_with_the_box_tool(window: MainWindow) -> None:
    window.actions_["tool_select"].trigger()
    assert not window.canvas.pointer_tool.draws
    project = window.session.project
    assert project is not None
    window.open_path(project.path)
    assert window.canvas.pointer_tool.draws
