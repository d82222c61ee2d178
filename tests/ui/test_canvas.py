from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox, Handle
from hitl_desktop.ui.canvas.canvas import Canvas
from hitl_desktop.ui.canvas.items import BoxItem, BoxKey, Kind
from hitl_desktop.ui.theme.categories import category_colour
from hitl_desktop.ui.widgets.qimages import to_qimage

SIZE = (200, 100)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(640, 400)
    with qtbot.waitExposed(made):
        made.show()
    gray = to_qimage(np.full((SIZE[1], SIZE[0], 3), 128, np.uint8))
    made.show_image([gray], SIZE)
    return made


def at(canvas: Canvas, x: float, y: float) -> QPoint:
    return QPointF(*canvas.camera.viewport.to_view(x, y)).toPoint()


def drag(
    canvas: Canvas,
    start: tuple[float, float],
    end: tuple[float, float],
    button: Qt.MouseButton = LEFT,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    first, *others = [at(canvas, *point) for point in (start, middle, end)]  # before a pan moves the image
    QTest.mousePress(canvas, button, modifier, first)
    for point in others:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, button, modifier, others[-1])


def box(number: int, bbox: BBox, kind: Kind = Kind.TRUTH, doubt: float = 0.0) -> BoxItem:
    return BoxItem(BoxKey(kind, number), bbox, f"box {number}", number, doubt)


def test_a_drag_draws_a_box_in_image_pixels(canvas: Canvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.drawn) as drawn:
        drag(canvas, (20, 10), (120, 60))
    assert drawn.args[0] == pytest.approx(BBox(20, 10, 100, 50), abs=1)


def test_a_box_drawn_beyond_the_image_is_clipped(canvas: Canvas, qtbot: QtBot) -> None:
    with qtbot.waitSignal(canvas.drawn) as drawn:
        drag(canvas, (150, 50), (203, 103))
    assert drawn.args[0].right == SIZE[0]
    assert drawn.args[0].bottom == SIZE[1]


def test_a_click_draws_nothing_and_selects_what_is_there(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_items([box(1, BBox(10, 10, 100, 80)), box(2, BBox(30, 30, 20, 20))])
    with qtbot.assertNotEmitted(canvas.drawn):
        QTest.mouseClick(canvas, LEFT, pos=at(canvas, 40, 40))
    assert canvas.selection.last
    assert canvas.selection.last.key.id == 2
    QTest.mouseClick(canvas, LEFT, pos=at(canvas, 180, 95))
    assert canvas.selection.last is None


def test_dragging_over_a_box_that_is_not_selected_draws(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_items([box(1, BBox(0, 0, 200, 100))])
    with qtbot.waitSignal(canvas.drawn):
        drag(canvas, (50, 50), (80, 80))


def test_the_selected_box_is_moved_and_stays_inside(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_items([box(1, BBox(20, 20, 50, 40))])
    canvas.selection.click(BoxKey(Kind.TRUTH, 1))
    with qtbot.waitSignal(canvas.changed) as changed:
        drag(canvas, (45, 40), (190, 40))
    assert list(changed.args[0]) == [BoxKey(Kind.TRUTH, 1)]
    assert changed.args[0][BoxKey(Kind.TRUTH, 1)] == pytest.approx(BBox(150, 20, 50, 40), abs=1)


def test_a_box_selected_by_key_is_moved_by_its_border_and_drawn_in_from_inside(
    canvas: Canvas, qtbot: QtBot
) -> None:
    canvas.show_items([box(1, BBox(20, 20, 100, 60))])
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    with qtbot.waitSignal(canvas.drawn) as drawn:
        drag(canvas, (45, 40), (90, 60))
    assert drawn.args[0] == pytest.approx(BBox(45, 40, 45, 20), abs=1)
    with qtbot.waitSignal(canvas.changed) as changed:
        drag(canvas, (45, 20), (55, 30))
    assert changed.args[0][BoxKey(Kind.TRUTH, 1)] == pytest.approx(BBox(30, 30, 100, 60), abs=1)


@pytest.mark.parametrize("handle", Handle)
def test_each_handle_resizes(canvas: Canvas, qtbot: QtBot, handle: Handle) -> None:
    before = BBox(60, 30, 80, 40)
    canvas.show_items([box(1, before)])
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    x, y = handle.point(before)
    with qtbot.waitSignal(canvas.changed) as changed:
        drag(canvas, (x, y), (x + 15 * handle.value[0], y + 15 * handle.value[1]))
    after = changed.args[0][BoxKey(Kind.TRUTH, 1)]
    assert after.w == pytest.approx(80 + 15 * abs(handle.value[0]), abs=1)
    assert after.h == pytest.approx(40 + 15 * abs(handle.value[1]), abs=1)


def test_control_drags_a_new_box_even_over_the_selection(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_items([box(1, BBox(0, 0, 200, 100))])
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    with qtbot.waitSignal(canvas.drawn), qtbot.assertNotEmitted(canvas.changed):
        drag(canvas, (50, 50), (80, 80), modifier=Qt.KeyboardModifier.ControlModifier)


def test_escape_gives_up_a_drag(canvas: Canvas, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(canvas.drawn):
        QTest.mousePress(canvas, LEFT, pos=at(canvas, 20, 20))
        QTest.mouseMove(canvas, at(canvas, 90, 90))
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        QTest.mouseRelease(canvas, LEFT, pos=at(canvas, 90, 90))


def wheel(canvas: Canvas, x: float, y: float, steps: int) -> None:
    point = QPointF(x, y)
    event = QWheelEvent(
        point, canvas.mapToGlobal(point), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    canvas.wheelEvent(event)


def test_the_wheel_zooms_at_the_pointer(canvas: Canvas) -> None:
    before = canvas.camera.viewport.to_image(100, 150)
    scale = canvas.camera.viewport.scale
    wheel(canvas, 100, 150, 3)
    assert canvas.camera.viewport.scale == pytest.approx(scale * 1.2**3)
    assert canvas.camera.viewport.to_image(100, 150) == pytest.approx(before)
    wheel(canvas, 100, 150, 200)
    assert canvas.camera.viewport.scale == 40
    wheel(canvas, 100, 150, -500)
    assert canvas.camera.viewport.scale > 0.1
    canvas.camera.fit()
    assert canvas.camera.viewport.scale == pytest.approx(scale)


@pytest.mark.parametrize("way", ["middle", "space"])
def test_panning_moves_the_image_with_the_hand(canvas: Canvas, qtbot: QtBot, way: str) -> None:
    start = canvas.camera.viewport
    with qtbot.assertNotEmitted(canvas.drawn):
        if way == "space":
            QTest.keyPress(canvas, Qt.Key.Key_Space)
        drag(canvas, (50, 50), (90, 70), Qt.MouseButton.MiddleButton if way == "middle" else LEFT)
        QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.camera.viewport.scale == start.scale
    assert canvas.camera.viewport.x - start.x == pytest.approx(40 * start.scale, abs=3)


def test_tab_order_wraps_and_follows_doubt(canvas: Canvas) -> None:
    items = [
        box(1, BBox(0, 0, 9, 9)),
        box(2, BBox(0, 0, 9, 9), Kind.PROPOSAL, 0.1),
        box(3, BBox(0, 0, 9, 9), Kind.PROPOSAL, 0.8),
    ]
    canvas.show_items(items)
    visited = []
    for _ in range(4):
        canvas.select_next()
        assert canvas.selection.last
        visited.append(canvas.selection.last.key.id)
    assert visited == [3, 2, 3, 2]  # ground truth has no doubt while something else has
    canvas.select_next(-1)
    assert canvas.selection.last.key.id == 3
    canvas.show_items([box(1, BBox(0, 0, 9, 9)), box(4, BBox(0, 9, 9, 9))])
    canvas.select_next()
    canvas.select_next()
    assert canvas.selection.last.key.id == 4


def test_more_pixels_of_the_same_image_leave_the_hands_at_what_they_do(canvas: Canvas) -> None:
    small = to_qimage(np.full((SIZE[1] // 4, SIZE[0] // 4, 3), 90, np.uint8))
    canvas.show_image([small], SIZE)
    assert canvas.has_image
    assert not canvas.is_sharp
    canvas.camera.zoom(2)
    view = canvas.camera.viewport
    QTest.mousePress(canvas, LEFT, pos=at(canvas, 90, 45))
    QTest.mouseMove(canvas, at(canvas, 110, 60))
    canvas.refine([to_qimage(np.full((SIZE[1], SIZE[0], 3), 200, np.uint8))])
    assert canvas.is_sharp
    assert canvas.camera.viewport == view
    assert canvas.pointer_tool.draft
    image = canvas.grab().toImage()
    assert {image.pixelColor(x, 200).name() for x in range(20, 60)} == {"#c8c8c8"}
    QTest.mouseRelease(canvas, LEFT, pos=at(canvas, 110, 60))


def key_event(kind: QEvent.Type, when: int) -> QKeyEvent:
    event = QKeyEvent(kind, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")
    event.setTimestamp(when)
    event.ignore()
    return event


@pytest.mark.parametrize(("gap", "is_held"), [(0, True), (5, True), (60, False)])
def test_a_key_that_x11_repeats_is_told_from_one_that_is_pressed_again(
    canvas: Canvas, gap: int, is_held: bool
) -> None:
    """A key held down arrives as let go and pressed in the same moment; Qt takes some of these for new
    presses."""
    canvas.event(key_event(QEvent.Type.KeyRelease, 1000))
    again = key_event(QEvent.Type.ShortcutOverride, 1000 + gap)
    canvas.event(again)
    assert again.isAccepted() is is_held  # then it is no shortcut


def test_what_is_kept_of_an_image_is_what_would_be_painted_anew(canvas: Canvas, qtbot: QtBot) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    image = to_qimage(pixels)
    fresh = Canvas()
    qtbot.addWidget(fresh)
    fresh.resize(canvas.size())
    for boxes in ([box(1, BBox(10, 10, 20, 20))], [box(2, BBox(90, 40, 50, 30))], []):
        canvas.refine([image])
        for each in range(3):  # boxes alone change, so that the image is kept
            canvas.show_items([box(9, BBox(5 + each, 5, 9, 9)), *boxes])
            canvas.grab()
        canvas.show_items(boxes)
        fresh.show_image([image], SIZE)
        fresh.show_items(boxes)
        assert canvas.grab().toImage() == fresh.grab().toImage()
        image = image.flipped()
    canvas.resize(500, 300)
    fresh.resize(500, 300)
    fresh.show_image([image.flipped()], SIZE)
    assert canvas.grab().toImage() == fresh.grab().toImage()


def test_the_selection_outlives_new_items_only_if_its_box_does(canvas: Canvas) -> None:
    canvas.show_items([box(1, BBox(0, 0, 50, 50)), box(2, BBox(60, 0, 50, 50))])
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    canvas.show_items([box(1, BBox(5, 5, 50, 50))])
    assert canvas.selection.last
    canvas.show_items([box(2, BBox(60, 0, 50, 50))])
    assert canvas.selection.last is None


@pytest.mark.parametrize(
    ("key", "modifier", "wanted"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, (21, 20)),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier, (20, 10)),
    ],
)
def test_arrows_nudge_the_selection(
    canvas: Canvas, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier, wanted: tuple[int, int]
) -> None:
    canvas.show_items([box(1, BBox(20, 20, 50, 40))])
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    with qtbot.waitSignal(canvas.nudged) as changed:
        QTest.keyClick(canvas, key, modifier)
    assert changed.args[0][BoxKey(Kind.TRUTH, 1)][:2] == wanted


def keys_of(canvas: Canvas) -> list[int]:
    return [item.key.id for item in canvas.selection.items]


SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_shift_takes_boxes_into_the_hand_and_out_of_it(canvas: Canvas) -> None:
    canvas.show_items([box(n, BBox(30 * n, 10, 20, 20)) for n in range(1, 5)])
    QTest.mouseClick(canvas, LEFT, pos=at(canvas, 40, 20))
    QTest.mouseClick(canvas, LEFT, SHIFT, at(canvas, 100, 20))
    assert keys_of(canvas) == [1, 3]
    QTest.mouseClick(canvas, LEFT, SHIFT, at(canvas, 40, 20))
    assert keys_of(canvas) == [3]
    drag(canvas, (25, 5), (85, 40), modifier=SHIFT)
    assert keys_of(canvas) == [3, 1, 2]


def test_a_group_is_moved_as_one_and_stays_inside(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_items([box(1, BBox(10, 10, 20, 20)), box(2, BBox(100, 50, 20, 20)), box(3, BBox(0, 0, 5, 5))])
    canvas.selection.select_all([BoxKey(Kind.TRUTH, 1), BoxKey(Kind.TRUTH, 2)])
    with qtbot.waitSignal(canvas.changed) as changed:
        drag(canvas, (20, 20), (190, 20))
    moved = changed.args[0]
    assert set(moved) == {BoxKey(Kind.TRUTH, 1), BoxKey(Kind.TRUTH, 2)}
    assert moved[BoxKey(Kind.TRUTH, 2)] == pytest.approx(BBox(180, 50, 20, 20), abs=1)
    assert moved[BoxKey(Kind.TRUTH, 1)] == pytest.approx(BBox(90, 10, 20, 20), abs=1)


def test_alt_and_arrows_resize(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_items([box(1, BBox(20, 20, 50, 40))])
    canvas.selection.select(BoxKey(Kind.TRUTH, 1))
    with qtbot.waitSignal(canvas.nudged) as changed:
        QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier | SHIFT)
    assert changed.args[0][BoxKey(Kind.TRUTH, 1)] == BBox(20, 20, 60, 40)
    canvas.show_items([box(1, BBox(0, 0, *map(float, SIZE)))])
    with qtbot.assertNotEmitted(canvas.nudged):
        QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)


def test_a_box_ends_on_the_border_that_it_almost_touches(canvas: Canvas, qtbot: QtBot) -> None:
    near = 3 / canvas.camera.viewport.scale
    with qtbot.waitSignal(canvas.drawn) as drawn:
        drag(canvas, (near, near), (SIZE[0] - near, 60))
    assert drawn.args[0][:3] == (0, 0, SIZE[0])
    assert drawn.args[0].bottom == pytest.approx(60, abs=1)


@pytest.mark.parametrize(
    ("clicks", "points", "wanted"),
    [
        (2, [(20, 10), (120, 60)], BBox(20, 10, 100, 50)),
        (4, [(60, 10), (120, 40), (70, 90), (15, 50)], BBox(15, 10, 105, 80)),
    ],
)
def test_clicks_draw_when_asked_to(
    canvas: Canvas, qtbot: QtBot, clicks: int, points: list[tuple[int, int]], wanted: BBox
) -> None:
    canvas.pointer_tool.clicks = clicks
    with qtbot.waitSignal(canvas.drawn) as drawn:
        for point in points:
            QTest.mouseClick(canvas, LEFT, pos=at(canvas, *point))
    assert drawn.args[0] == pytest.approx(wanted, abs=1)
    with qtbot.assertNotEmitted(canvas.drawn):
        QTest.mouseClick(canvas, LEFT, pos=at(canvas, 20, 10))
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
        QTest.mouseClick(canvas, LEFT, pos=at(canvas, 120, 60))


def test_a_box_is_drawn_by_keys_alone(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.pointer_tool.begin_box()
    first = canvas.pointer_tool.draft
    assert first
    QTest.keyClick(canvas, Qt.Key.Key_Left, SHIFT)
    QTest.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    with qtbot.waitSignal(canvas.drawn) as drawn:
        QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert drawn.args[0] == BBox(first.x - 10, first.y, first.w, first.h + 1)
    canvas.pointer_tool.begin_box()
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.pointer_tool.draft is None


def test_tab_after_a_click_digs_down_to_buried_boxes(canvas: Canvas) -> None:
    canvas.show_items(
        [
            box(1, BBox(0, 0, 200, 100)),
            box(2, BBox(20, 20, 80, 60)),
            box(3, BBox(40, 30, 20, 20)),
            box(4, BBox(150, 5, 9, 9)),
        ]
    )
    QTest.mouseMove(canvas, at(canvas, 50, 40))
    QTest.mouseClick(canvas, LEFT, pos=at(canvas, 50, 40))
    assert keys_of(canvas) == [3]
    seen = []
    for _ in range(3):
        canvas.select_next()
        seen += keys_of(canvas)
    assert seen == [2, 1, 3]
    canvas.selection.select(None)
    canvas.select_next()
    assert keys_of(canvas) == [1]  # from the top left again


def test_pixels_have_a_grid_from_eight_times_up(canvas: Canvas) -> None:
    canvas.camera.zoom(7.9 / canvas.camera.viewport.scale)
    plain = canvas.grab().toImage()
    canvas.camera.zoom(8.1 / canvas.camera.viewport.scale)
    lined = canvas.grab().toImage()
    y = canvas.height() // 2
    assert len({c.name() for c in colours_along(plain, y, 0, 200)}) == 1
    assert len({c.name() for c in colours_along(lined, y, 0, 200)}) == 2


def test_a_map_shows_the_part_in_view_when_it_is_a_part(canvas: Canvas) -> None:
    def corner() -> set[str]:
        image = canvas.grab().toImage()
        return {
            c.name()
            for c in colours_along(image, canvas.height() - 15, canvas.width() - 150, canvas.width() - 20)
        }

    canvas.camera.zoom(1.0001)
    before = corner()
    canvas.camera.zoom(6)
    assert corner() != before
    canvas.show_items([box(1, BBox(60, 30, 80, 40), Kind.PROPOSAL)])
    canvas.selection.select(BoxKey(Kind.PROPOSAL, 1))
    middle = canvas.grab().toImage().pixelColor(canvas.width() - 20, canvas.height() - 15)
    assert middle.red() == pytest.approx(128, abs=12)  # the image: the brush of the handles does not cover it


def colours_along(image: QImage, y: int, left: int, right: int) -> list[QColor]:
    return [image.pixelColor(x, y) for x in range(left, right)]


def test_ground_truth_is_solid_and_proposals_are_dashed(canvas: Canvas) -> None:
    canvas.show_items([box(1, BBox(10, 40, 80, 50)), box(2, BBox(110, 40, 80, 50), Kind.PROPOSAL)])
    image = canvas.grab().toImage()
    for number, x in ((1, 10), (2, 110)):
        (left, bottom), (right, _) = (
            canvas.camera.viewport.to_view(x, 90),
            canvas.camera.viewport.to_view(x + 80, 90),
        )
        line = colours_along(image, round(bottom), round(left) + 6, round(right) - 6)
        coloured = [c for c in line if c == category_colour(number)]
        share = len(coloured) / len(line)
        assert share > 0.95 if number == 1 else 0.4 < share < 0.75


def test_holding_h_hides_all_boxes(canvas: Canvas) -> None:
    plain = canvas.grab().toImage()
    canvas.show_items([box(1, BBox(10, 40, 80, 50))])
    assert canvas.grab().toImage() != plain
    QTest.keyPress(canvas, Qt.Key.Key_H)
    assert canvas.grab().toImage() == plain
    QTest.keyRelease(canvas, Qt.Key.Key_H)
    assert canvas.grab().toImage() != plain


def test_an_image_that_cannot_be_shown_says_why(canvas: Canvas) -> None:
    canvas.placeholder = "The file is empty."
    canvas.show_image((), (0, 0))
    assert not canvas.has_image
    canvas.grab()
    wheel(canvas, 5, 5, 1)
    drag(canvas, (1, 1), (50, 50))


def test_the_small_map_goes_where_it_is_clicked_and_draws_nothing(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.camera.zoom(8)
    place = QPoint(canvas.width() - 20, canvas.height() - 20)
    there = canvas.camera.map_point(QPointF(place))
    assert there is not None
    with qtbot.assertNotEmitted(canvas.drawn):
        QTest.mousePress(canvas, LEFT, pos=place)
        QTest.mouseMove(canvas, place - QPoint(40, 30))
        QTest.mouseRelease(canvas, LEFT, pos=place - QPoint(40, 30))
    after = canvas.camera.map_point(QPointF(place - QPoint(40, 30)))
    looked = canvas.camera.scale_and_centre()
    assert looked is not None
    assert after is not None
    assert looked[1:] == pytest.approx((after.x(), after.y()))


def test_clicks_draw_over_a_proposal_that_covers_the_image(canvas: Canvas, qtbot: QtBot) -> None:
    canvas.show_items([box(1, BBox(0, 0, 200, 100))])
    canvas.pointer_tool.clicks = 2
    with qtbot.waitSignal(canvas.drawn):
        for x, y in ((20, 20), (60, 50)):
            QTest.mouseClick(canvas, LEFT, pos=at(canvas, x, y))
    QTest.mouseClick(canvas, LEFT, SHIFT, at(canvas, 20, 20))
    assert keys_of(canvas) == [1]


def test_a_box_begun_by_keys_takes_the_keyboard(canvas: Canvas) -> None:
    canvas.clearFocus()
    canvas.pointer_tool.begin_box()
    assert canvas.hasFocus()


def test_arrows_without_a_box_in_the_hand_go_through_the_image(canvas: Canvas) -> None:
    canvas.camera.zoom(8)
    before = canvas.camera.viewport.to_image(0, 0)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    after = canvas.camera.viewport.to_image(0, 0)
    assert after[0] > before[0]
    assert after[1] == before[1]
