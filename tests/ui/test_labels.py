"""Where labels go, and the marks that tell categories apart without colour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.ui.canvas.painting import Occupied, label_place
from hitl_desktop.ui.theme.categories import CATEGORY_COLOURS, NEW_NAME_COLOUR, mark_path


def label_rect(
    size: tuple[float, float], box: BBox, area: QRectF, occupied: Occupied | None = None
) -> QRectF | None:
    place = label_place(size, box, area, occupied)
    return QRectF(*place, *size) if place else None


AREA = QRectF(0, 0, 800, 600)
boxes = st.builds(BBox, st.floats(-300, 900), st.floats(-300, 700), st.floats(1, 900), st.floats(1, 700))
sizes = st.tuples(st.floats(20, 200), st.floats(12, 40))


@given(boxes, sizes)
def test_a_label_never_covers_its_box_and_lies_in_the_view(box: BBox, size: tuple[float, float]) -> None:
    rect = label_rect(size, box, AREA)
    if rect is not None:
        assert AREA.adjusted(-1e-6, -1e-6, 1e-6, 1e-6).contains(rect)
        overlap = rect.intersected(QRectF(*box))
        assert min(overlap.width(), overlap.height()) <= 1e-6


@given(st.lists(st.tuples(boxes, sizes), max_size=40))
def test_labels_never_cover_each_other(wanted: list[tuple[BBox, tuple[float, float]]]) -> None:
    occupied = Occupied(AREA)
    placed = [rect for box, size in wanted if (rect := label_rect(size, box, AREA, occupied)) is not None]
    for n, rect in enumerate(placed):
        for other in placed[:n]:
            common = rect.intersected(other)
            assert min(common.width(), common.height()) < 6


def test_neighbours_with_room_all_have_their_labels() -> None:
    occupied = Occupied(AREA)
    row = [BBox(20 + 60 * n, 100, 50, 50) for n in range(8)]
    assert all(label_rect((90, 16), box, AREA, occupied) for box in row)


def test_a_box_that_fills_the_view_has_no_label() -> None:
    assert label_rect((90, 16), BBox(-10, -10, 900, 700), AREA) is None


def test_categories_of_the_same_colour_have_different_marks() -> None:
    square = QRectF(0, 0, 10, 10)
    pairs = {
        (n % len(CATEGORY_COLOURS), tuple((e.x, e.y) for e in map(mark_path(n, square).elementAt, range(mark_path(n, square).elementCount()))))
        for n in range(1, 85)
    }  # fmt: skip
    assert len(pairs) == 84
    assert mark_path(NEW_NAME_COLOUR, square).isEmpty()
