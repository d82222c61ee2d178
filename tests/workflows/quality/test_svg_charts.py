"""Charts against known values: ticks at round numbers, points where they belong and inside the plot area."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hitl_desktop.workflows.quality.chart_values import (
    Axis,
    Band,
    Bars,
    Bin,
    HeatCell,
    Matrix,
    Part,
    Room,
    Series,
    Value,
    axis,
)
from hitl_desktop.workflows.quality.svg_charts import bar_chart, heat_map, line_chart, reliability_diagram

SHARES = axis("share", [0.0, 1.0], "{:.1f}")
NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 4))


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - of our own making


def elements(svg: str, kind: str) -> list[ET.Element]:
    return [e for e in parsed(svg).iter() if kind in e.get("class", "").split()]


def place_of(mark: ET.Element) -> tuple[float, float]:
    x, y = re.findall(r"[-\d.]+", mark.get("transform", ""))
    return float(x), float(y)


def area_of(svg: str) -> tuple[float, float, float, float]:
    (plot,) = elements(svg, "plot")
    x, y, width, height = (float(plot.get(key, "")) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def texts(svg: str, kind: str) -> list[str]:
    return [e.text or "" for e in elements(svg, kind)]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.0, 1.0], [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ([0, 53], [0, 10, 20, 30, 40, 50, 60]),
        ([-0.13, 1.0], [-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ([0.0, 0.07], [0, 0.02, 0.04, 0.06, 0.08]),
        ([5.0, 5.0], [5.0, 5.2, 5.4, 5.6, 5.8, 6.0]),
        ([], [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_ticks_are_round_numbers(values: list[float], ticks: list[float]) -> None:
    assert axis("x", values).ticks == ticks


def test_images_are_counted_in_whole_numbers() -> None:
    assert axis("images", [0, 2], whole=True).ticks == [0, 1, 2]


@given(st.lists(NUMBERS, min_size=1, max_size=8))
@example([0.0001, -300001.0])  # far less than a step, and yet beyond zero
def test_an_axis_holds_all_its_values_with_few_ticks(values: list[float]) -> None:
    made = axis("x", values)
    assert made.low <= min(values) + 1e-6
    assert made.high >= max(values) - 1e-6
    assert 2 <= len(made.ticks) <= 9


def test_points_lie_where_their_values_are() -> None:
    x, y = Axis("images", 0, 40, 10), SHARES
    values = [
        Value(0, 0.0, (0.0, 0.5), "first"),
        Value(20, 0.5, None, "second"),
        Value(40, 1.0, (0.4, 1.7), "third"),
    ]
    svg = line_chart("A curve", [Series("all", values), Series("none", [])], x, y, Band("target", 0.8, 0.9))
    left, top, right, bottom = area_of(svg)
    first, second, third = [place_of(m) for m in elements(svg, "mark")][1:]  # the one before is in the legend
    assert first == pytest.approx((left, bottom))
    assert second == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=0.1)
    assert third == pytest.approx((right, top))
    for whisker in elements(svg, "whisker"):  # an interval beyond the axis ends at it
        assert top - 0.1 <= float(whisker.get("y2", "")) <= float(whisker.get("y1", "")) <= bottom + 0.1
    band = elements(svg, "target")[-1]
    assert float(band.get("height", "")) == pytest.approx(0.1 * (bottom - top), abs=0.1)
    assert texts(svg, "x") == ["0", "10", "20", "30", "40"]
    assert texts(svg, "y") == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert texts(svg, "title") == ["share", "images"]
    assert texts(svg, "label") == ["all", "target"]  # what has no points has no place in the legend
    assert next(iter(parsed(svg))).text == "A curve"


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_all_points_are_inside_the_plot_area(points: list[tuple[float, float]]) -> None:
    values = [Value(x, y, (y - 1, y + 1), "here") for x, y in points]
    x, y = axis("x", [p[0] for p in points]), axis("y", [p[1] for p in points])
    svg = line_chart("Points", [Series("all", values)], x, y)
    left, top, right, bottom = area_of(svg)
    for mark in elements(svg, "mark")[1:]:
        px, py = place_of(mark)
        assert left - 0.1 <= px <= right + 0.1
        assert top - 0.1 <= py <= bottom + 0.1


def test_series_differ_without_their_colour() -> None:
    values = [Value(1, 0.5, None, "a"), Value(2, 0.5, None, "b")]
    svg = line_chart("Three", [Series(n, values) for n in "abc"], axis("x", [0, 2]), SHARES)
    shapes = {(m.get("class"), m[-1].tag, m[-1].get("points")) for m in elements(svg, "mark")}
    assert len({shape[1:] for shape in shapes}) == 3


@pytest.mark.parametrize("room", [Room(320, 260), Room(900, 400), Room(300, 90)])
def test_a_chart_fills_the_room_it_is_given_and_wraps_long_names(room: Room) -> None:
    name = "names that are given by the latest versions on held-out images"
    svg = line_chart("Room", [Series(name, [Value(1, 0.5, None, "a")])], axis("x", [0, 2]), SHARES, room=room)
    width, height = (float(n) for n in parsed(svg).get("viewBox", "").split()[2:])
    _, top, right, bottom = area_of(svg)
    assert width == room.width
    assert right <= room.width
    assert height == room.height or bottom - top == 110  # where it would be too low to be read
    words = texts(svg, "label")
    assert " ".join(words) == name
    assert all(92 + len(line) * 7.2 <= room.width for line in words)


def test_bars_are_as_long_as_their_values() -> None:
    parts = [Part(0.5, (0.25, 0.75), "5 of 10", "precision 50%"), Part(None, None, "none", "recall: none")]
    svg = bar_chart("Bars", ["precision", "recall"], [Bars("a" * 40, parts)], SHARES, Band("pays", 0.3, 1.0))
    left, top, right, bottom = area_of(svg)
    (bar,) = elements(svg, "bar")[2:]
    assert float(bar.get("width", "")) == pytest.approx((right - left) / 2, abs=0.2)
    assert top <= float(bar.get("y", "")) <= bottom
    whisker = elements(svg, "error")[0]
    assert float(whisker.get("x1", "")) == pytest.approx(left + 0.25 * (right - left), abs=0.2)
    names = ["".join(e.itertext()) for e in elements(svg, "label")]
    assert names == ["precision", "recall", "pays", "a" * 40 + "a" * 23 + "…"]  # whole in its tooltip
    assert {"5 of 10", "none"} <= {*texts(svg, "tick")}


def test_cells_are_darker_by_their_share_and_lead_to_what_is_behind_them() -> None:
    cells = {
        (0, 0): HeatCell(9, 0.9, True, "right"),
        (0, 1): HeatCell(1, 0.1, False, "mistake", "cell-1"),
    }
    matrix = Matrix(["a", "b"], ["a", "b"], cells)
    svg = heat_map("Matrix", matrix, axes=("really", "called"), names=("good", "bad"))
    right, wrong = (elements(svg, kind)[4] for kind in ("right", "wrong"))  # four are in the legend
    assert float(right.get("fill-opacity", "")) > float(wrong.get("fill-opacity", ""))
    assert texts(svg, "count") == ["9", "1"]
    (link,) = [e for e in parsed(svg).iter() if e.tag == "a"]
    assert link.get("href") == "#cell-1"
    assert len(elements(svg, "empty")) == 2


def test_reliability_has_its_diagonal_and_its_counts() -> None:
    bins = [Bin(0.35, 0.2, 40, (0.1, 0.35), "a"), Bin(0.95, 0.9, 10, (0.6, 0.98), "b")]
    axes = (axis("score", [0, 1], "{:.1f}"), axis("correct", [0, 1], "{:.0%}"))
    svg = reliability_diagram("Scores", bins, axes, ("measured", Band("as it says", 0, 0.1)), "boxes")
    left, top, right, bottom = area_of(svg)
    points = [place_of(m) for m in elements(svg, "mark")][1:]
    assert points[0] == pytest.approx((left + 0.35 * (right - left), bottom - 0.2 * (bottom - top)), abs=0.1)
    assert texts(svg, "n") == ["40", "10"]
    high = bottom - top
    ends = [(float(w.get("y1", "")), float(w.get("y2", ""))) for w in elements(svg, "whisker")]
    assert ends[0] == pytest.approx((bottom - 0.1 * high, bottom - 0.35 * high), abs=0.1)
    diagonal = elements(svg, "ideal")[-1]
    assert [float(diagonal.get(k, "")) for k in ("x1", "y1", "x2", "y2")] == [left, bottom, right, top]


def test_hostile_names_are_only_words() -> None:
    name = "<script>alert(1)</script>&\"'"
    svgs = [
        line_chart(
            name, [Series(name, [Value(1, 1, None, name)])], axis(name, [0, 1]), SHARES, Band(name, 0, 1)
        ),
        bar_chart(name, [name], [Bars(name, [Part(1.0, None, name, name)])], SHARES),
        heat_map(
            name,
            Matrix([name], [name], {(0, 0): HeatCell(1, 1.0, True, name)}),
            axes=(name, name),
            names=(name, name),
        ),
    ]
    for svg in svgs:
        assert "<script" not in svg
        assert name in {e.text for e in parsed(svg).iter()}
