import pytest

from hitl_desktop.domain.box_forms import area_of_corners, in_pixels, suspect
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
def test_numbers_of_each_form_are_pixels(form: BoxForm, numbers: tuple[float, ...], box: tuple[float, ...]) -> None:
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
    ],
)
def test_what_is_hardly_pixels_is_suspected(boxes: list[tuple[float, ...]], form: BoxForm | None) -> None:
    found = suspect({1: [BBox(*box) for box in boxes]}, {1: (200, 150)})
    assert found == ({} if form is None else {1: form})


def test_one_picture_of_a_merged_file_may_have_fractions_or_corners() -> None:
    plain, fractions = [BBox(50, 50, 20, 20)], [BBox(0.1, 0.1, 0.5, 0.5)]
    corners = [BBox(100, 80, 180, 140), BBox(90, 70, 170, 130), BBox(10, 10, 20, 20)]
    sizes = dict.fromkeys((1, 2, 3), (200, 150))
    found = suspect({1: plain, 2: fractions, 3: corners}, sizes)
    assert found == {2: BoxForm.FRACTIONS, 3: BoxForm.CORNERS}


def test_an_area_tells_corners_from_a_size_where_it_fits_one_of_them() -> None:
    assert area_of_corners(BBox(10, 10, 30, 25), 300) is True
    assert area_of_corners(BBox(10, 10, 30, 25), 750) is False
    assert area_of_corners(BBox(10, 10, 30, 25), 99) is None
