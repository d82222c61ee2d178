import pytest

from hitl_desktop.formats.numbering import References, numbers_for


def any_number(_: int) -> bool:
    return True


@pytest.mark.parametrize(
    ("ids", "numbers", "changed"),
    [
        ([5, 2, 9], [5, 2, 9], 0),
        ([0, 1], [0, 1], 0),
        ([1.0, "2", " 3 "], [1, 2, 3], 0),
        (["img-a", "0002"], [3, 2], 2),
        (["1", 1], [2, 1], 1),
        ([1, 1, None], [1, 2, 3], 2),
        ([2**70, 7], [2**70, 7], 0),
        ([1.5, True, [1]], [1, 2, 3], 3),
    ],
)
def test_ids_keep_their_numbers_where_they_are_numbers(
    ids: list[object], numbers: list[int], changed: int
) -> None:
    assert numbers_for(ids, allowed=any_number) == (numbers, changed)


def test_ids_that_are_not_allowed_get_new_ones() -> None:
    assert numbers_for([0, 1, 2], allowed=lambda n: n > 0) == ([3, 1, 2], 1)


@pytest.mark.parametrize(
    ("ids", "wanted", "places"),
    [
        ([1, 2], "1", [0]), ([1, 2], 2.0, [1]), (["1", "2"], 1, [0]), (["0002"], 2, [0]), (["a.jpg"], "a.jpg", [0]),
        (["1", 1], 1, [1]), (["1", 1], "1", [0]), (["1", 1], "01", [0, 1]), ([1, 1], 1, [0, 1]), ([1], 3, []),
        ([1], None, []), ([1], True, []), ([2**70], str(2**70), [0]), (["x"], " x ", [0]),
    ],
)  # fmt: skip
def test_an_id_means_the_record_that_has_it_in_whatever_type(
    ids: list[object], wanted: object, places: list[int]
) -> None:
    assert References(ids).places_of(wanted) == places
