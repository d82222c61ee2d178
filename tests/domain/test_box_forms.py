import pytest

from hitl_desktop.domain.box_forms import area_of_corners, form_of_outline, in_pixels, may_be, suspect
from hitl_desktop.domain.dataset import BoxForm
from hitl_desktop.domain.geometry import BBox


@pytest.mark.parametrize(
    ("form", "numbers", "box"),
    [
        (BoxForm.PIXELS, (10, 20, 30, 40), (10, 20, 30, 40)),
        (BoxForm.CORNERS, (10, 20, 30, 40), (10, 20, 20, 20)),
        (BoxForm.FRACTIONS, (0.1, 0.2, 0.5, 0.5), (20, 30, 100, 75)),
        (BoxForm.FRACTION_CORNERS, (0.25, 0.5, 0.75, 1), (50, 75, 100, 75)),
        (BoxForm.CORNERS, (30, 40, 10, 20), (30, 40, 0, 0)),
    ],
)
def test_numbers_of_each_form_are_pixels(
    form: BoxForm, numbers: tuple[float, ...], box: tuple[float, ...]
) -> None:
    assert in_pixels(BBox(*numbers), form, (200, 150)) == box


@pytest.mark.parametrize(
    ("boxes", "form"),
    [
        ([(10, 20, 30, 40), (100, 100, 60, 40)], None),
        ([(0, 0, 200, 150)], None),
        ([(150, 10, 55, 40)], None),  # reaches beyond, but its third number is no right edge
        ([(0.1, 0.1, 0.2, 0.3)], BoxForm.FRACTIONS),
        ([(0.5, 0.6, 0.9, 1.0)], BoxForm.FRACTION_CORNERS),
        ([(10, 10, 40, 30), (120, 80, 180, 140)], BoxForm.CORNERS),
        ([(10, 10, 5, 5), (120, 80, 180, 140)], None),
        ([(0.1, 0.01, 0.3, 1.004)], BoxForm.FRACTIONS),
        (
            [(0.6, 0.5, 0.41, 0.52)],
            BoxForm.FRACTIONS,
        ),  # reaches a little beyond, but its third number is no right edge
        (
            [(100, 80, 180, 140)] * 4 + [(20, 20, 90, 80)] * 4 + [(50, 60, 50, 80)],
            BoxForm.CORNERS,
        ),  # one without area
    ],
)
def test_what_is_hardly_pixels_is_suspected(boxes: list[tuple[float, ...]], form: BoxForm | None) -> None:
    found = suspect({1: [BBox(*box) for box in boxes]}, {1: (200, 150)})
    assert found == ({} if form is None else {1: form})


def test_one_image_of_a_merged_file_may_have_fractions_or_corners() -> None:
    plain, fractions = [BBox(50, 50, 20, 20)], [BBox(0.1, 0.1, 0.5, 0.5)]
    corners = [BBox(100, 80, 180, 140), BBox(90, 70, 170, 130), BBox(10, 10, 20, 20)]
    sizes = dict.fromkeys((1, 2, 3), (200, 150))
    found = suspect({1: plain, 2: fractions, 3: corners}, sizes)
    assert found == {2: BoxForm.FRACTIONS, 3: BoxForm.CORNERS}


def test_an_area_tells_corners_from_a_size_where_it_fits_one_of_them() -> None:
    assert area_of_corners(BBox(10, 10, 30, 25), 300) is True
    assert area_of_corners(BBox(10, 10, 30, 25), 750) is False
    assert area_of_corners(BBox(10, 10, 30, 25), 99) is None


def test_a_bad_number_among_fractions_makes_no_pixels_of_them() -> None:
    found = suspect(
        {1: [BBox(0.1, 0.1, 0.2, 0.3)] * 3, 2: [BBox(0.1, 0.2, 0.3, 1.5)], 3: [BBox(5, 5, 9, 9)]}, {}
    )
    assert found == {1: BoxForm.FRACTIONS, 2: BoxForm.FRACTIONS}
    assert may_be(BoxForm.FRACTIONS, [BBox(0.1, 0.2, 0.3, 1.004), BBox(0.5, 0.2, 0.3, 0.3)])
    assert not may_be(BoxForm.FRACTIONS, [BBox(10, 20, 30, 40)])


def test_boxes_made_from_outlines_are_never_corners() -> None:
    corners, sizes = [BBox(100, 80, 180, 140)] * 3, {1: (200, 150), 2: (200, 150)}
    assert suspect({1: corners}, sizes, {1: [BBox(150, 10, 5, 5)] * 9, 2: [BBox(9, 9, 5, 5)]}) == {
        1: BoxForm.CORNERS
    }
    assert suspect({}, sizes, {1: [BBox(0.1, 0.1, 0.5, 0.5)]}) == {1: BoxForm.FRACTIONS}
    assert form_of_outline(BoxForm.CORNERS, BBox(50, 60, 100, 80)) is BoxForm.PIXELS
    assert form_of_outline(BoxForm.FRACTION_CORNERS, BBox(0.1, 0.1, 0.5, 0.5)) is BoxForm.FRACTIONS
