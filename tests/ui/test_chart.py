"""Charts in the window: the room they take, the theme they follow, and how their values are read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from hitl_desktop.ui.model.confusion_matrix import ConfusionMatrix, shade
from hitl_desktop.ui.theme.style import apply_theme
from hitl_desktop.ui.theme.tokens import DARK, LIGHT, Colours, contrast
from hitl_desktop.ui.widgets.chart import Chart
from hitl_desktop.workflows.quality.chart_values import HeatCell
from hitl_desktop.workflows.quality.report_charts import learning_curve, precision_and_recall
from hitl_desktop.workflows.quality.tuning import NOTHING

POINTS = [
    {"pictures": 5, "of": 10, "f1": 0.5, "interval": (0.4, 0.6)},
    {"pictures": 15, "of": 10, "f1": 0.75, "interval": (0.6, 0.9)},
]
LEARNED = {
    "learning_curve": POINTS,
    "learning_curve_random": [],
    "learning_curve_held_out": [],
    "consistency": {"f1": 0.9, "f1_interval": (0.85, 0.95)},
}
ROWS = [
    {
        "name": f"category {n}", "objects": 50 - n, "shown": 40, "right": 20,
        "precision_interval": (0.3, 0.7), "recall_interval": (0.2, 0.6),
    }
    for n in range(12)
]  # fmt: skip


@pytest.fixture(autouse=True)
def light() -> Iterator[None]:
    apply_theme("light")
    yield
    apply_theme("light")


@pytest.fixture
def chart(qtbot: QtBot) -> Chart:
    made = Chart("Learning curve", partial(learning_curve, LEARNED), "Not yet.")
    qtbot.addWidget(made)
    made.resize(600, 320)
    made.show()
    return made


def colours_of(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_values_are_read_by_screen_readers_and_keys(chart: Chart) -> None:
    assert chart.accessibleName() == "Learning curve"
    first, second = chart.accessibleDescription().splitlines()
    assert first == "after 5 done images: F1 0.50 (95 %: 0.40 to 0.60; 10 images)"
    assert "F1 0.75" in second
    chosen: list[int] = []
    chart.chosen.connect(chosen.append)
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert chosen == []  # nothing is pointed at
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(chart, key)
    assert QToolTip.text() == second
    assert chosen == [1]
    place = chart.marks[0].place.center().toPoint() + QPoint(8, 8)
    QTest.mouseMove(chart, place)
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    assert QToolTip.text() == first
    assert chosen == [1, 0]


def test_a_chart_follows_the_theme_while_it_is_shown(chart: Chart) -> None:
    light = colours_of(chart.grab().toImage())
    apply_theme("dark")
    dark = colours_of(chart.grab().toImage())
    for theme, here, there in ((LIGHT, light, dark), (DARK, dark, light)):
        names = {theme.raised.lower(), theme.series[0].lower()}
        assert names <= here
        assert not names & there


def test_the_drawing_fills_the_room(chart: Chart) -> None:
    before = [mark.place.center() for mark in chart.marks]
    chart.resize(1000, 500)
    after = [mark.place.center() for mark in chart.marks]
    assert all(new.x() > old.x() for new, old in zip(after, before, strict=True))
    assert after[0].y() - after[1].y() > before[0].y() - before[1].y()


def test_bars_take_the_height_they_need(qtbot: QtBot) -> None:
    bars = Chart("Bars", lambda room: precision_and_recall("Bars", ROWS, room), "Not yet.", fill=False)
    qtbot.addWidget(bars)
    bars.resize(600, 200)
    assert bars.minimumHeight() > 12 * 2 * 17
    assert len(bars.marks) == 24
    assert bars.marks[0].words == "category 0, precision: of the boxes shown: 50% (30% to 70%; n = 40)"


def test_nothing_measured_is_a_sentence(qtbot: QtBot) -> None:
    empty = Chart("Curve", lambda _: "", "The curve appears here after 11 images.")
    qtbot.addWidget(empty)
    empty.resize(400, 200)
    assert empty.accessibleDescription() == "The curve appears here after 11 images."
    blank = Chart("Curve", lambda _: "", "")
    qtbot.addWidget(blank)
    blank.resize(400, 200)
    assert empty.grab().toImage() != blank.grab().toImage()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("is_right", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_numbers_in_cells_can_be_read(theme: Colours, is_right: bool, share: float) -> None:
    colour = shade(HeatCell(1, share, is_right, ""), theme)
    assert contrast(colour.name(), theme.text) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_of_charts_can_be_seen(theme: Colours) -> None:
    assert [c for c in theme.series if contrast(c, theme.raised) < 3] == []


def test_cells_are_shaded_in_the_theme_that_is_on(qtbot: QtBot) -> None:
    cells: list[dict[str, Any]] = [
        {"real": "cell", "said": "cell", "boxes": 9},
        {"real": "cell", "said": NOTHING, "boxes": 1},
    ]
    matrix = ConfusionMatrix(cells)
    qtbot.addWidget(matrix)
    matrix.resize(500, 200)
    matrix.show()
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        apply_theme(name)
        image = matrix.viewport().grab().toImage()
        for column, cell in ((0, HeatCell(9, 0.9, True, "")), (1, HeatCell(1, 0.1, False, ""))):
            corner = matrix.visualRect(matrix.model().index(0, column)).topLeft() + QPoint(4, 4)
            assert image.pixelColor(corner) == shade(cell, theme)
            assert image.pixelColor(corner) != QColor(theme.raised)


def test_many_categories_are_scrolled_and_all_are_there(qtbot: QtBot) -> None:
    names = [f"category {n:02}" for n in range(40)]
    matrix = ConfusionMatrix([{"real": n, "said": n, "boxes": 5} for n in names])
    qtbot.addWidget(matrix)
    matrix.resize(600, 300)
    matrix.show()
    assert matrix.model().columnCount() == 41
    assert matrix.columnWidth(0) >= 24
    assert matrix.horizontalScrollBar().maximum() > 0
    opened: list[tuple[tuple[str, str], bool]] = []
    matrix.opened.connect(lambda key, by_key: opened.append((key, by_key)))
    matrix.go_to(("category 39", "category 39"))
    assert matrix.viewport().rect().contains(matrix.visualRect(matrix.currentIndex()))
    QTest.keyClick(matrix, Qt.Key.Key_Return)
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    QTest.keyClick(matrix, Qt.Key.Key_Return)  # an empty cell has nothing behind it
    assert opened == [(("category 39", "category 39"), True)]
