"""Tune, report and the second look through the window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QScrollArea
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.images import ImageState
from hitl_desktop.domain.review import Acts, Decision, DecisionKind
from hitl_desktop.errors import HitlError
from hitl_desktop.service.loop.steps import EXAMINING
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.model import tune_acts
from hitl_desktop.ui.model.confusion_matrix import ConfusionMatrix
from hitl_desktop.ui.model.tune_pages import TunePages
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.workflows.queue import relabelling
from tests.ui.conftest import Answers
from tests.workflows.quality.test_threshold_advice import see

LONG = 30_000
CATEGORIES, CONFUSIONS, EFFORT = 2, 3, 4
"""Tabs of the model panel."""


def headers(matrix: ConfusionMatrix, side: Qt.Orientation) -> list[str]:
    model = matrix.model()
    count = model.columnCount() if side == Qt.Orientation.Horizontal else model.rowCount()
    return [model.headerData(n, side) for n in range(count)]


def counts(matrix: ConfusionMatrix) -> list[list[str]]:
    model = matrix.model()
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


def measure(window: MainWindow, qtbot: QtBot, tab: int) -> TunePages:
    """Show a tab of the model panel with what was measured now."""
    window.actions_["tune"].trigger()
    qtbot.waitUntil(lambda: window.tune_acts.pages is not None, timeout=LONG)
    window.model_panel.tabs.setCurrentIndex(tab)
    pages = window.tune_acts.pages
    assert pages is not None
    return pages


def test_the_largest_mistake_is_shown_at_once_and_keys_go_from_the_matrix_to_the_image(
    window: MainWindow, qtbot: QtBot
) -> None:
    project = window.session.project
    assert project
    see(project, 1, [("cell", 0.8, True), ("cell", 0.7, False)])
    see(project, 2, [("cell", 0.9, False)], missed=1)
    pages = measure(window, qtbot, CONFUSIONS)
    matrix, wall = pages.matrix, pages.wall
    assert pages.words.text() == "false positive: cell (2 boxes)"
    frame, other = (wall.item(n).icon().pixmap(wall.iconSize()).toImage() for n in range(wall.count()))
    assert frame == other  # empty ones, at once
    assert [wall.item(n).text() for n in range(2)] == ["0.90", "0.70"]  # the highest scores first
    qtbot.waitUntil(
        lambda: wall.item(0).icon().pixmap(wall.iconSize()).toImage() != frame, timeout=LONG
    )  # the crop
    matrix.setFocus()
    QTest.keyClick(matrix, Qt.Key.Key_Up)  # to the cell in which both say so
    QTest.keyClick(matrix, Qt.Key.Key_Right)
    assert matrix.currentIndex().data() == "1"
    assert pages.words.text() == "false positive: cell (2 boxes)"  # nothing is opened by going past it
    QTest.keyClick(matrix, Qt.Key.Key_Return)
    assert pages.words.text() == "cell, missed (1 box)"
    assert wall.hasFocus()
    assert wall.currentItem().text() == "missed"
    QTest.keyClick(wall, Qt.Key.Key_Return)
    assert window.session.image
    assert window.session.image.id == 2
    row = next(n for n in range(pages.mistakes.count()) if "false positive" in pages.mistakes.itemText(n))
    assert pages.mistakes.itemText(row) == "false positive: cell (2 boxes)"
    pages.mistakes.activated.emit(row)
    assert pages.words.text() == "false positive: cell (2 boxes)"
    assert matrix.currentIndex().data() == "2"


def test_what_cannot_be_read_says_so_and_only_some_of_very_many_boxes_are_shown(
    window: MainWindow, qtbot: QtBot, images: Path
) -> None:
    project = window.session.project
    assert project
    see(project, 1, [("cell", 0.5 + n / 100, False) for n in range(30)])
    image = project.images.get(1)
    assert image
    project.path_of(image).write_bytes(b"nothing")
    pages = measure(window, qtbot, CONFUSIONS)
    assert pages.words.text() == "false positive: cell (30 boxes, 24 shown)"
    assert pages.wall.count() == 24
    qtbot.waitUntil(lambda: pages.wall.item(23).text() == "unreadable", timeout=LONG)


def test_few_images_make_a_sentence_and_no_curve(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project
    see(project, 1, [("cell", 0.8, True)])
    pages = measure(window, qtbot, 1)
    assert pages.curve.marks == []
    assert pages.curve.accessibleDescription() == (
        "The learning curve appears here after 11 images with suggestions are done."
    )
    window.model_panel.tabs.setCurrentIndex(EFFORT)
    empty = [chart.accessibleDescription() for chart in pages.effort]
    assert empty[0] == "Corrections per image appear here after 21 images are done."


def test_cells_open_their_boxes_and_the_report_is_written(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    project, answers = window.session.project, window.ask
    assert project
    assert isinstance(answers, Answers)
    see(project, 1, [("cell", 0.8, True), ("cell", 0.7, False)])
    see(project, 2, [("gap", 0.8, False)])
    window.actions_["tune"].trigger()
    assert window.model_panel.isVisible()
    qtbot.waitUntil(lambda: window.tune_acts.pages is not None, timeout=LONG)
    dialog = window.tune_acts.pages
    assert isinstance(dialog, TunePages)
    window.model_panel.tabs.setCurrentIndex(CONFUSIONS)
    matrix, wall = dialog.matrix, dialog.wall
    assert headers(matrix, Qt.Orientation.Horizontal) == ["cell", "gap", "missed"]
    rows = headers(matrix, Qt.Orientation.Vertical)
    assert rows == ["cell (n = 1)", "gap (n = 0)", "false positive (n = 2)"]
    assert counts(matrix) == [["1", "", ""], ["", "", ""], ["1", "1", ""]]
    matrix.clicked.emit(matrix.model().index(2, 1))
    assert dialog.words.text() == "false positive: gap (1 box)"
    assert [wall.item(n).text() for n in range(wall.count())] == ["0.80"]
    wall.itemClicked.emit(wall.item(0))
    assert window.session.image
    assert window.session.image.id == 2
    window.model_panel.tabs.setCurrentIndex(CATEGORIES)
    bars = dialog.categories
    assert [mark.words.partition(":")[0] for mark in bars.marks] == [
        f"{name}, {measure}" for name in ("cell", "gap") for measure in ("precision", "recall")
    ]
    assert "cell, precision: of the boxes shown: 50% (" in bars.accessibleDescription()
    bars.chosen.emit(0)
    assert window.model_panel.tabs.currentIndex() == CONFUSIONS
    assert dialog.words.text() == "mistakes about cell (1 box)"  # the one that was called a cell and is none
    words = [label.text() for label in dialog.page(0).findChildren(QLabel)]
    assert any(text.startswith("On the last 2 images") and "F1" in text for text in words)
    answers.next_report = tmp_path / "loop.html"
    window.model_panel.report_asked.emit()
    qtbot.waitUntil(lambda: "Written" in window.news.text(), timeout=LONG)
    page = tmp_path / "loop.html"
    assert "<svg" in page.read_text()
    assert "minutes per image" in page.read_text()
    assert 'src="data:image/jpeg' in page.read_text()  # the mistakes themselves
    assert json.loads(page.with_suffix(".json").read_text())["pictures"]["all"] == 4
    offer = next(b for b in window.findChildren(Banner) if b.text() == f"Report saved as {page}.")
    assert (offer.offers[0].text(), offer.isVisible()) == ("Open report", True)
    offer.offers[0].click()
    assert answers.opened == [page]
    assert not offer.isVisible()
    answers.next_report, answers.confirms = tmp_path / "other.html", False
    (tmp_path / "other.json").write_text("not a report")
    window.model_panel.report_asked.emit()  # its data would replace another file
    assert not window.runner.to_finish
    assert (tmp_path / "other.json").read_text() == "not a report"
    window.session.walk.apply_changes(Changes(head=True))  # a new head: measured anew while it is looked at
    qtbot.waitUntil(lambda: window.tune_acts.pages is not dialog, timeout=LONG)
    window.model_panel.tabs.setFocus()
    QTest.keyClick(window.model_panel.tabs, Qt.Key.Key_Escape)
    assert window.canvas.hasFocus()
    window.model_panel.tabs.setCurrentIndex(0)
    shown = window.tune_acts.pages
    window.session.walk.apply_changes(Changes(head=True))
    assert not window.runner.busy(EXAMINING)
    assert window.tune_acts.pages is shown


def test_an_image_is_labelled_once_more_and_no_label_changes(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = window.session.project
    assert project
    window.actions_["look_again"].trigger()
    qtbot.waitUntil(lambda: "too few for a consistency check" in window.news.text(), timeout=LONG)
    cat, dog = (window.session.project_acts.add_category(name) for name in ("cat", "dog"))
    window.session.acts.draw([(BBox(5, 5, 20, 20), cat or 0)])
    for image in project.images.all():
        project.images.set_state(image.id, ImageState.DECIDED)
        project.decisions.add(Decision(image.id, DecisionKind.CORRECTED, 1.0, Acts(drawn=1)))
    monkeypatch.setattr(relabelling, "FORGOTTEN_AFTER", 3)
    window.actions_["look_again"].trigger()
    qtbot.waitUntil(lambda: window.consistency_acts.mode is not None, timeout=LONG)
    dialog = window.consistency_acts.mode
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.canvas.has_image, timeout=LONG)
    assert dialog.canvas.items == []  # blind
    before = project.annotations.all()
    canvas = dialog.canvas

    dialog._on_drawn(BBox(6, 6, 19, 19))
    dialog._on_drawn(BBox(40, 6, 9, 9))
    assert [item.label for item in canvas.items] == ["cat", "cat"]
    qtbot.keyClick(dialog, Qt.Key.Key_2)
    assert [item.label for item in canvas.items] == ["cat", "dog"]
    qtbot.keyClick(dialog, Qt.Key.Key_X)
    assert len(canvas.items) == 1
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    (reannotation,) = project.reannotations.all()
    assert [b.category_id for b in reannotation.again] == [cat]
    assert dog
    assert project.annotations.all() == before
    assert "You agree with yourself by F1" in dialog.words.text()
    dialog.close()
    assert window.consistency_acts.mode is None


def test_a_failed_measurement_says_so_and_is_tried_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.model_chip.popover.details.click()
    qtbot.wait(1)
    height = window._docks[-1].height()

    def fails(*_: object) -> None:
        raise HitlError("It broke.", hint="Do this.")

    with monkeypatch.context() as broken:
        broken.setattr(tune_acts, "_measure", fails)
        window.actions_["tune"].trigger()
        qtbot.waitUntil(lambda: "It broke" in window._warning.text(), timeout=LONG)
    area = window.model_panel.tabs.widget(1)
    assert isinstance(area, QScrollArea)
    assert "Measuring failed" in area.widget().text()
    window.actions_["tune"].trigger()  # it is read, and closed by the key that opened it
    assert not window._docks[-1].isVisible()
    window.actions_["tune"].trigger()
    qtbot.waitUntil(lambda: window.tune_acts.pages is not None, timeout=LONG)
    first = window.tune_acts.pages
    for tab in (2, 3, 4, 1):
        window.model_panel.tabs.setCurrentIndex(tab)
    assert not window.runner.busy(EXAMINING)  # nothing is new
    window._docks[-1].hide()
    window.session.walk.apply_changes(Changes(head=True))
    window.actions_["tune"].trigger()
    qtbot.waitUntil(lambda: window.tune_acts.pages is not first, timeout=LONG)
    for tab in (0, 3):  # no tab changes the height
        window.model_panel.tabs.setCurrentIndex(tab)
        qtbot.wait(1)
        assert window._docks[-1].height() == height
    window.model_panel.close_asked.emit()
    assert not window._docks[-1].isVisible()
