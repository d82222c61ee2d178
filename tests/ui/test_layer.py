"""The layer of all boxes: found as one by one, painted in few calls, the same image either way."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.canvas.layer import BoxLayer
from hitl_desktop.ui.canvas.viewport import Viewport
from hitl_desktop.ui.theme.categories import category_colour
from hitl_desktop.ui.widgets.qimages import to_qimage

side = st.floats(1, 60)
place = st.floats(0, 100)
boxes = st.lists(st.builds(BBox, place, place, side, side), max_size=30)


def items_of(found: list[BBox], kind: Kind = Kind.TRUTH) -> list[BoxItem]:
    return [BoxItem(BoxKey(kind, n), bbox, "", n) for n, bbox in enumerate(found)]


@given(boxes, place, place)
def test_the_boxes_around_a_point_are_those_that_contain_it_smallest_first(
    found: list[BBox], x: float, y: float
) -> None:
    items = items_of(found)
    around = BoxLayer(items).around(x, y)
    # the arrays add where a box's edge is a property: the same sum
    assert {i.key for i in around} == {i.key for i in items if i.bbox.contains(x, y)}
    assert [i.bbox.area for i in around] == sorted(i.bbox.area for i in around)


@given(boxes, st.builds(BBox, place, place, side, side))
def test_the_boxes_in_an_area_lie_whole_in_it(found: list[BBox], area: BBox) -> None:
    inside = {i.key for i in BoxLayer(items_of(found)).inside(QRectF(*area))}
    for item in items_of(found):
        shared = item.bbox.clipped_to(area)
        whole = shared.w == pytest.approx(item.bbox.w, abs=1e-9) and shared.h == pytest.approx(
            item.bbox.h, abs=1e-9
        )
        assert (item.key in inside) <= whole


def painted(layer: BoxLayer, viewport: Viewport, without: Collection[BoxKey] = ()) -> QImage:
    image = QImage(200, 150, QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    painter = QPainter(image)
    layer.paint(painter, viewport, QRectF(0, 0, 200, 150), without)
    painter.end()
    return image


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_truth_is_solid_and_a_proposal_dashed(qtbot: QtBot) -> None:
    for kind, share in ((Kind.TRUTH, 1.0), (Kind.PROPOSAL, 0.57)):
        layer = BoxLayer([BoxItem(BoxKey(kind, 1), BBox(10, 10, 100, 60), "", 3)])
        image = painted(layer, Viewport(1.5))
        wanted = category_colour(3).name()
        edge = [image.pixelColor(x, 15).name() == wanted for x in range(20, 160)]
        assert sum(edge) / len(edge) == pytest.approx(share, abs=0.08)


def test_lines_are_as_thick_at_any_zoom(qtbot: QtBot) -> None:
    layer = BoxLayer([BoxItem(BoxKey(Kind.TRUTH, 1), BBox(1, 1, 500, 500), "", 3)])
    for scale in (0.5, 1, 8, 40):
        image = painted(layer, Viewport(scale, 20 - scale, 20 - scale))
        column = [image.pixelColor(100, y).name() for y in range(60)]
        assert column.count(category_colour(3).name()) == 2


def test_more_than_a_thousand_boxes_get_thin_lines_and_all_are_there(qtbot: QtBot) -> None:
    many = [BBox(2 * (n % 90), 3 * (n // 90), 1.0, 1.0) for n in range(2000)]
    image = painted(
        BoxLayer([BoxItem(BoxKey(Kind.TRUTH, n), b, "", 5) for n, b in enumerate(many)]), Viewport()
    )
    wanted = category_colour(5).name()
    assert all(image.pixelColor(int(b.x), int(b.y)).name() == wanted for b in many)


def test_the_box_in_the_hand_is_left_out(qtbot: QtBot) -> None:
    key = BoxKey(Kind.TRUTH, 1)
    layer = BoxLayer([BoxItem(key, BBox(10, 10, 50, 50), "cat", 3)])
    assert colours(painted(layer, Viewport(), without={key})) == {"#808080"}
    assert len(colours(painted(layer, Viewport()))) > 1


def test_a_pointer_that_only_moves_paints_no_box_anew(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    with qtbot.waitExposed(canvas):
        canvas.show()
    canvas.show_image([to_qimage(np.full((100, 200, 3), 128, np.uint8))], (200, 100))
    canvas.show_items(items_of([BBox(10, 10, 50, 50)]))
    paints: list[Viewport] = []
    real = BoxLayer.paint

    def counted(
        self: BoxLayer, painter: QPainter, viewport: Viewport, *rest: object, **named: object
    ) -> None:
        paints.append(viewport)
        real(self, painter, viewport, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(BoxLayer, "paint", counted)
    canvas.repaint()
    first = len(paints)
    for x in range(60, 200, 10):
        QTest.mouseMove(canvas, QPoint(x, 120))
        canvas.repaint()
    assert len(paints) == first
    canvas.show_items(items_of([BBox(10, 10, 60, 60)]))
    canvas.repaint()
    canvas.camera.zoom(2.0)
    canvas.repaint()
    assert len(paints) == first + 2


def test_lines_are_as_thick_to_the_eye_on_a_scaled_screen() -> None:
    def share(ratio: float) -> float:
        image = QImage(int(200 * ratio), int(200 * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor("white"))
        painter = QPainter(image)
        BoxLayer([BoxItem(BoxKey(Kind.TRUTH, 1), BBox(50, 50, 100, 100), "", 1)]).paint(
            painter, Viewport(), QRectF(0, 0, 200, 200)
        )
        painter.end()
        dark = sum(image.pixelColor(x, image.height() // 2).lightness() < 200 for x in range(image.width()))
        return dark / image.width()

    assert share(2.0) == pytest.approx(share(1.0), rel=0.15)
