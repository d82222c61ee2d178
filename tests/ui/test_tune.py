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
from hitl_desktop.ui.model.tune_pages import TunePages
from hitl_desktop.ui.widgets.banner import Banner
from hitl_desktop.workflows.queue import relabelling
from tests.ui.conftest import Answers
from tests.workflows.quality.test_threshold_advice import see

LONG = 30_000


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
    window.model_panel.tabs.setCurrentIndex(2)
    matrix = dialog.matrix
    headings = [matrix.horizontalHeaderItem(c).text() for c in range(matrix.columnCount())]
    rows = [matrix.verticalHeaderItem(r).text() for r in range(matrix.rowCount())]
    assert headings == ["called cell", "called gap", "not found"]
    assert rows == ["cell", "no object"]
    matrix.itemClicked.emit(matrix.item(rows.index("no object"), headings.index("called gap")))
    assert dialog.examples.rowCount() == 1
    dialog.examples.itemClicked.emit(dialog.examples.item(0, 0))
    assert window.session.image
    assert window.session.image.id == 2
    dialog.categories.itemClicked.emit(dialog.categories.item(0, 0))
    assert dialog.examples.rowCount() == 1  # the one that was called a cell and is none
    words = [label.text() for label in dialog.page(0).findChildren(QLabel)]
    assert any(text.startswith("On the last 2 images") and "F1" in text for text in words)
    answers.next_report = tmp_path / "loop.html"
    window.model_panel.report_asked.emit()
    qtbot.waitUntil(lambda: "Written" in window.news.text(), timeout=LONG)
    page = tmp_path / "loop.html"
    assert "<svg" in page.read_text()
    assert "minutes an image" in page.read_text()
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
    qtbot.waitUntil(lambda: "none is forgotten enough" in window.news.text(), timeout=LONG)
    cat, dog = (window.session.project_acts.add_category(name) for name in ("cat", "dog"))
    window.session.acts.draw([(BBox(5, 5, 20, 20), cat or 0)])
    for image in project.images.all():
        project.images.set_state(image.id, ImageState.DECIDED)
        project.decisions.add(Decision(image.id, DecisionKind.CORRECTED, 1.0, Acts(drawn=1)))
    monkeypatch.setattr(relabelling, "FORGOTTEN_AFTER", 3)
    window.actions_["look_again"].trigger()
    qtbot.waitUntil(lambda: window.consistency_acts.dialog is not None, timeout=LONG)
    dialog = window.consistency_acts.dialog
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
    assert window.consistency_acts.dialog is None


def test_a_failed_measurement_says_so_and_is_tried_again(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.toolbar.model.click()
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
    window.actions_["tune"].trigger()
    qtbot.waitUntil(lambda: window.tune_acts.pages is not None, timeout=LONG)
    first = window.tune_acts.pages
    for tab in (2, 3, 1):
        window.model_panel.tabs.setCurrentIndex(tab)
    assert not window.runner.busy(EXAMINING)  # nothing is new
    window._docks[-1].hide()
    window.session.walk.apply_changes(Changes(head=True))
    window.actions_["tune"].trigger()
    qtbot.waitUntil(lambda: window.tune_acts.pages is not first, timeout=LONG)
    assert window._docks[-1].height() > height
    window.model_panel.tabs.setCurrentIndex(0)
    qtbot.waitUntil(lambda: window._docks[-1].height() == height)
