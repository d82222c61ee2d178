import pytest

from hitl_desktop.formats import lenient


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3), (2.5, 2.5), ("10", 10), (" 1.5 ", 1.5), ("2,5", 2.5), ("1e3", 1000), ("1,000.5", None), ("", None),
        ("x", None), (True, None), (None, None), ([1], None), (float("nan"), None), ("inf", None), (10**400, None),
    ],
)  # fmt: skip
def test_numbers(value: object, number: float | None) -> None:
    assert lenient.number(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3), (3.0, 3), ("3", 3), ("3.0", 3), ("-3", -3), (" 7 ", 7), ("0002", 2), (2**70, 2**70), (str(2**70), 2**70),
        (3.5, None), ("3.5", None), ("x3", None), (True, None), (None, None), (float("inf"), None),
    ],
)  # fmt: skip
def test_whole_numbers(value: object, number: int | None) -> None:
    assert lenient.whole(value) == number


@pytest.mark.parametrize("value", [1, 1.0, True, "1", "1.0", "true", "True", " yes "])
def test_flags_that_are_set(value: object) -> None:
    assert lenient.flag(value)


@pytest.mark.parametrize("value", [0, 0.0, False, "0", "0.0", "false", "", None, [], 2])
def test_flags_that_are_not(value: object) -> None:
    assert not lenient.flag(value)


@pytest.mark.parametrize(
    "value",
    [
        [10, 20, 30, 40], ["10", "20.0", "30", " 40"], "10 20 30 40", "[10, 20, 30, 40]", [[10, 20, 30, 40]],
        {"x": 10, "y": 20, "w": 30, "h": 40}, {"x": 10, "y": 20, "width": "30", "height": 40},
        {"xmin": 10, "ymin": 20, "xmax": 40, "ymax": 60}, {"left": 10, "top": 20, "width": 30, "height": 40},
    ],
)  # fmt: skip
def test_boxes_as_people_write_them(value: object) -> None:
    assert lenient.box(value) == (10, 20, 30, 40)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [1, 2, 3],
        [1, 2, 3, None],
        [1, 2, 0, 4],
        [1, 2, -3, 4],
        "1 2 3",
        {"x": 1},
        [1, True, 3, 4],
        7,
    ],
)
def test_what_is_no_box(value: object) -> None:
    assert lenient.box(value) is None
