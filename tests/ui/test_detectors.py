"""Models of other people: dropped on the window, recognised, named, used, and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.geometry import BBox
from hitl_desktop.inference import model_library
from hitl_desktop.inference.recognition.probe import Finding, FoundBox, ProbeResult, probe
from hitl_desktop.inference.several_views import ViewSettings
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.model.detectors_dialog import DetectorsDialog
from hitl_desktop.ui.model.reading_choices import ReadingChoices
from hitl_desktop.ui.model.reading_view import ReadingView
from hitl_desktop.ui.model.recognised_dialog import RecognisedDialog
from hitl_desktop.workflows.detection.models import add_model, known_models
from hitl_desktop.workflows.detection.view_settings import view_settings
from tests.inference.graphs import SIDE, save
from tests.inference.test_families import v8_columns, v10_table
from tests.inference.test_probe import of_no_known_kind
from tests.ui.conftest import MakeWindow, reopened

LONG = 30_000


def drop(window: MainWindow, file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    where, no_key = QPointF(window.rect().center()), Qt.KeyboardModifier.NoModifier
    button = Qt.MouseButton.LeftButton
    window.dropEvent(QDropEvent(where, Qt.DropAction.CopyAction, data, button, no_key))


def model(folder: Path, name: str = "cells.onnx") -> Path:
    return save(folder / name, v8_columns(), metadata={"names": "['rbc', 'wbc', 'platelets']"})


def when_shown(window: MainWindow, act: Callable[[RecognisedDialog], None]) -> None:
    """Do something with the dialog once it is there; it has an event loop of its own."""
    dialog = window.detector_acts.recognised
    if dialog is None or not dialog.isVisible():
        QTimer.singleShot(50, lambda: when_shown(window, act))
    else:
        try:
            act(dialog)
        finally:
            if dialog.isVisible():
                dialog.reject()


def test_a_file_that_is_dropped_becomes_the_detector_of_the_project(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    seen: list[object] = []

    def answer(dialog: RecognisedDialog) -> None:
        seen.extend([dialog.words.text(), dialog.class_names])
        dialog.names.setPlainText("rbc, wbc")
        seen.extend([dialog.problem.text(), dialog.use.isEnabled()])
        dialog.names.setPlainText("red, white, platelets")
        dialog.licence.setText("CC-BY-4.0")
        dialog.use.click()

    (tmp_path / "models").mkdir()
    when_shown(window, answer)
    drop(window, model(tmp_path / "models"))
    project = window.session.project
    assert project

    def is_used() -> bool:
        detector = project.models.detector()
        return detector is not None and detector.name == "cells"

    qtbot.waitUntil(is_used, timeout=LONG)
    assert "320 x 320 pixels (RGB), 3 classes" in str(seen[0])
    assert seen[1:] == [("rbc", "wbc", "platelets"), "2 names for 3 classes", False]
    qtbot.waitUntil(lambda: bool(window.session.visible_hints), timeout=LONG)
    assert {hint.name for hint in window.session.visible_hints} <= {"red", "white", "platelets"}
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=LONG)
    again = reopened(window, make_window, qtbot)
    card = known_models()[-1].card
    assert card is not None
    assert card.license == "CC-BY-4.0"
    assert again.session.views.detector_hash() == card.sha256


def test_what_is_no_detector_is_refused_in_words(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    file = save(tmp_path / "encoder.onnx", {"vector": np.zeros((1, 256), np.float32)})
    shown: list[str] = []
    window.messages.warning.connect(shown.append)
    window.messages.refusal.connect(shown.append)
    drop(window, file)
    qtbot.waitUntil(lambda: bool(shown), timeout=LONG)
    assert "256 numbers for the image as a whole" in shown[0]
    assert known_models()[-1].is_bundled


def test_a_file_with_two_readings_asks_which_is_right(window: MainWindow, tmp_path: Path) -> None:
    images = [np.full((SIDE, SIDE, 3), 90, np.uint8)]
    card = probe(model(tmp_path), images).card
    boxes = ((FoundBox((10, 10, 50, 50), 0.9, "rbc"),),)
    result = ProbeResult((Finding(card, 0.9, boxes), Finding(card, 0.8, boxes)), 0.02)
    dialog = RecognisedDialog(result, images, window)
    assert "can be read in 2 ways" in dialog.words.text()
    assert [choice.isChecked() for choice in dialog.choices] == [True, False]
    dialog.choices[1].setChecked(True)
    assert dialog.reading == 1


def test_the_list_of_detectors_uses_and_removes_them(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    images = [np.full((SIDE, SIDE, 3), 90, np.uint8)]
    card = add_model(probe(model(tmp_path), images))

    def with_dialog(row: int, button: str) -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, DetectorsDialog):  # it is being read
            QTimer.singleShot(20, lambda: with_dialog(row, button))
            return
        assert not dialog.use.isEnabled()
        dialog.table.selectRow(row)
        getattr(dialog, button).click()

    QTimer.singleShot(0, lambda: with_dialog(1, "use"))
    window.actions_["detectors"].trigger()
    qtbot.waitUntil(lambda: window.session.views.detector_hash() == card.sha256, timeout=LONG)
    QTimer.singleShot(0, lambda: with_dialog(1, "remove"))
    window.actions_["detectors"].trigger()
    qtbot.waitUntil(lambda: model_library.entries() == [], timeout=LONG)


def test_the_bundled_detector_cannot_be_removed(window: MainWindow) -> None:
    dialog = DetectorsDialog(known_models(), "", "CPU", ["CPU"], {}, ViewSettings(), window)
    dialog.table.selectRow(0)
    assert dialog.use.isEnabled()
    assert not dialog.remove.isEnabled()


@pytest.mark.parametrize("text", ["a\nb\nc", "['a', 'b', 'c']", "a, b, c"])
def test_names_are_typed_in_any_usual_form(text: str, window: MainWindow, tmp_path: Path) -> None:
    file = save(tmp_path / "table.onnx", v10_table(), metadata={"names": "{0: 'x', 1: 'y', 2: 'z'}"})
    result = probe(file, [np.zeros((SIDE, SIDE, 3), np.uint8)])
    dialog = RecognisedDialog(result, [], window)
    dialog.names.setPlainText(text)
    assert dialog.class_names == ("a", "b", "c")
    assert dialog.use.isEnabled()


def test_detectors_are_compared_on_done_images_in_their_list(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    session.project_acts.add_category("person")
    window.canvas.drawn.emit(BBox(5, 5, 30, 30))
    session.acts.accept_image()
    seen: list[str] = []

    def look() -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, DetectorsDialog) and dialog.isVisible():
                cells = [dialog.table.item(0, column) for column in range(dialog.table.columnCount())]
                seen.append(" | ".join(cell.text() for cell in cells if cell is not None))
                if len(seen) == 1:
                    dialog.compare.click()
                else:
                    dialog.reject()
        if len(seen) < 2:
            QTimer.singleShot(50, look)

    QTimer.singleShot(50, look)
    window.actions_["detectors"].trigger()
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=LONG)
    assert "image" not in seen[0]
    assert "1 image" in seen[1]


def test_how_the_detector_looks_at_images_is_kept_and_all_are_done_anew(
    window: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window.loop.intake.prelabel()
    qtbot.waitUntil(lambda: not window.runner.jobs, timeout=LONG)
    project = window.session.project
    assert project is not None
    model = project.models.detector()
    assert model is not None
    before = len(project.predictions.images_done(model.id))
    assert before > 0
    seen: list[ViewSettings] = []

    def answer() -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, DetectorsDialog) and dialog.isVisible():
                dialog.views.tiles.setCurrentIndex(dialog.views.tiles.findData(2))
                dialog.views.mirrored.setChecked(True)
                dialog.views.nms.setValue(0.4)
                seen.append(dialog.views.settings)
                dialog.reject()
        if not seen:
            QTimer.singleShot(50, answer)

    QTimer.singleShot(50, answer)
    window.actions_["detectors"].trigger()
    qtbot.waitUntil(lambda: bool(seen) and not window.runner.jobs, timeout=LONG)
    assert len(project.predictions.images_done(model.id)) == before
    again = reopened(window, make_window, qtbot)
    assert again.session.project is not None
    assert view_settings(again.session.project) == ViewSettings(2, 0.2, mirrored=True, nms_iou=0.4)


def test_how_a_file_is_fed_and_read_can_be_set_right_and_is_seen_at_once(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    tips: list[str] = []

    def tip(dialog: RecognisedDialog) -> str:
        labels = dialog.findChildren(ReadingView)[-1].findChildren(QLabel)
        return labels[0].toolTip()

    def answer(dialog: RecognisedDialog) -> None:
        (choices,) = dialog.findChildren(ReadingChoices)
        tips.append(tip(dialog))
        choices.unit.setCurrentIndex(choices.unit.findData("share"))
        choices.unit.activated.emit(choices.unit.currentIndex())
        assert "Trying" in dialog.problem.text()
        qtbot.waitUntil(lambda: "Trying" not in dialog.problem.text(), timeout=LONG)
        tips.append(tip(dialog))
        choices.unit.setCurrentIndex(choices.unit.findData("pixels"))
        choices.order.setCurrentIndex(choices.order.findData("BGR"))
        choices.scale.setCurrentIndex(choices.scale.findText("pixels by ImageNet's mean"))
        choices.fit.setCurrentIndex(choices.fit.findData("stretch"))
        choices.order.activated.emit(choices.order.currentIndex())
        qtbot.waitUntil(lambda: "Trying" not in dialog.problem.text(), timeout=LONG)
        tips.append(tip(dialog))
        dialog.accept()

    when_shown(window, answer)
    drop(window, model(tmp_path))
    qtbot.waitUntil(lambda: len(tips) == 3 and not window.runner.jobs, timeout=LONG)
    assert tips[0] == tips[2] != tips[1]
    (entry,) = model_library.entries()
    assert entry.card is not None
    assert (entry.card.input.colour, entry.card.input.mean[0]) == ("BGR", 103.53)
    assert entry.card.input.resize == "stretch"


def test_outputs_of_no_known_kind_are_read_by_hand(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def choose(box: QComboBox, data: str) -> None:
        box.setCurrentIndex(box.findData(data))
        box.activated.emit(box.currentIndex())

    def answer(dialog: RecognisedDialog) -> None:
        assert "no known kind" in dialog.words.text()
        choices = next(c for c in dialog.findChildren(ReadingChoices) if c.card == dialog.card)
        seen.append([choices.boxes_in.itemText(n) for n in range(choices.boxes_in.count())])
        choose(choices.scores_in, "extra")
        qtbot.waitUntil(lambda: "Trying" not in dialog.problem.text(), timeout=LONG)
        assert len(dialog.class_names) == 7
        choose(choices.scores_in, "what")
        choose(choices.form, "sides")
        qtbot.waitUntil(lambda: "Trying" not in dialog.problem.text(), timeout=LONG)
        dialog.names.setPlainText("cat, dog, horse")
        dialog.accept()

    when_shown(window, answer)
    drop(window, of_no_known_kind(tmp_path / "odd.onnx"))
    qtbot.waitUntil(lambda: bool(model_library.entries()) and not window.runner.jobs, timeout=LONG)
    assert seen == [["boxes in extra [20, 7]", "boxes in where [20, 4]", "boxes in what [3, 20]"]]
    (entry,) = model_library.entries()
    assert entry.card is not None
    decode = entry.card.decode
    assert (decode.outputs, decode.boxes) == (("where", "what"), "sides")
    assert entry.card.classes == ("cat", "dog", "horse")
