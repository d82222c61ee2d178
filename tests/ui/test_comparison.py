"""Labels beside suggestions on the image at hand, as a person sees them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.comparison import Outcome
from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.store.heads import HeadSummary
from hitl_desktop.store.project import Project
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.canvas.outcomes import outcome_icon
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.theme import style
from tests.compared import INVENTED, OVERLOOKED, RENAMED, plant

Key = Qt.Key
Ctrl, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def project_of(window: MainWindow) -> Project:
    assert window.session.project
    return window.session.project


@pytest.fixture
def planted(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window on an image of which everything is known, the keyboard on it."""
    plant(project_of(window))
    window.session.walk.apply_changes(Changes(images=True, queue=True, categories=True))
    show(window, 1, qtbot)
    window.canvas.setFocus()
    return window


def show(window: MainWindow, image_id: int, qtbot: QtBot) -> None:
    window.session.walk.go_to(image_id)
    qtbot.waitUntil(lambda: window.canvas.has_image)


def labels(window: MainWindow) -> set[str]:
    return {item.label for item in window.canvas.items if item.label}


def choices(window: MainWindow) -> list[str]:
    return [button.text() for button in window.comparison_bar.choices.values()]


def pattern(icon: QIcon) -> frozenset[tuple[int, int]]:
    """Where an icon is painted, in whatever colour."""
    image = icon.pixmap(20, 20).toImage()
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return frozenset((x, y) for x, y in places if image.pixelColor(x, y).alpha() > 127)


ALL = {"False positive: gear 0.70", "Missed: gear", "Labelled bolt", "Suggested gear 0.80"}


def test_a_key_compares_and_ends_it(planted: MainWindow) -> None:
    bar = planted.comparison_bar
    assert labels(planted) == {"gear", "bolt"}
    assert not bar.isVisible()
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    assert labels(planted) == ALL  # what agrees has no words
    assert {i.outcome for i in planted.canvas.items} == set(Outcome)
    assert bar.words.text() == "Suggested by the detector before this image was used for training"
    assert choices(planted) == ["All 4", "False positives 1", "Missed 1", "Other names 1"]
    assert planted.actions_["compare"].isChecked()
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    assert labels(planted) == {"gear", "bolt"}
    assert not bar.isVisible()
    assert not planted.actions_["compare"].isChecked()


def test_one_kind_of_mistake_at_a_time_by_button_and_by_key(planted: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    choice = planted.comparison_bar.choices[Outcome.OTHER_NAME]
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton)
    assert labels(planted) == {"Labelled bolt", "Suggested gear 0.80"}
    assert {item.bbox for item in planted.canvas.items} == {RENAMED}
    assert choice.isChecked()
    assert planted.canvas.hasFocus()  # a click leaves the keyboard to the image
    QTest.keyClick(planted.canvas, Key.Key_C, Ctrl | Shift)
    assert labels(planted) == ALL
    QTest.keyClick(planted.canvas, Key.Key_C, Ctrl | Shift)
    assert labels(planted) == {"False positive: gear 0.70"}
    show(planted, 2, qtbot)
    assert labels(planted) == set()
    assert choices(planted) == ["All 1", "False positives 0", "Missed 1", "Other names 0"]
    assert "all labels count as missed" in planted.comparison_bar.words.text()


def test_an_image_that_is_not_decided_is_shown_as_ever(planted: MainWindow, qtbot: QtBot) -> None:
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    show(planted, 4, qtbot)
    planted.session.acts.draw([(BBox(5, 5, 10, 10), 1)])
    assert [(i.label, i.outcome) for i in planted.canvas.items] == [("gear", None)]
    assert "not done yet" in planted.comparison_bar.words.text()
    assert not any(button.isEnabled() for button in planted.comparison_bar.choices.values())


def test_labels_are_mended_while_they_are_compared(planted: MainWindow) -> None:
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    planted.session.acts.draw([(INVENTED, 1)])  # it was there after all
    assert choices(planted) == ["All 4", "False positives 0", "Missed 1", "Other names 1"]
    missed = next(i for i in planted.canvas.items if i.outcome is Outcome.MISSED)
    assert missed.bbox == OVERLOOKED
    planted.canvas.selection.select(missed.key)
    QTest.keyClick(planted.canvas, Key.Key_X)
    assert choices(planted) == ["All 3", "False positives 0", "Missed 0", "Other names 1"]


def test_a_suggestion_is_reached_by_key_and_cannot_be_changed(planted: MainWindow) -> None:
    canvas = planted.canvas
    QTest.keyClick(canvas, Key.Key_C, Shift)
    canvas.camera.fit()
    centre = canvas.camera.viewport.to_view(INVENTED.x + 7, INVENTED.y + 7)
    assert canvas.hit(QPointF(*centre)) is None  # a drag there draws
    planted.comparison_bar.choices[Outcome.FALSE_POSITIVE].click()
    QTest.keyClick(canvas, Key.Key_Tab)
    selected = canvas.selection.last
    assert selected
    assert (selected.key.kind, selected.bbox) == (Kind.COMPARED, INVENTED)
    assert not planted.context_bar.isVisible()
    before = project_of(planted).annotations.of_image(1)
    for key in (Key.Key_X, Key.Key_Right, Key.Key_Return):
        QTest.keyClick(canvas, key)
    assert project_of(planted).annotations.of_image(1) == before
    assert [item.bbox for item in canvas.items] == [INVENTED]


def test_a_head_is_not_tested_on_its_training_images(planted: MainWindow) -> None:
    project = project_of(planted)
    project.db.execute("DELETE FROM first_seen WHERE image_id = 1")
    model = project.models.ensure("hash", "detector", ("x",))
    planted.session.current.head_id = project.heads.add(
        model.id, b"weights", HeadSummary(1, 1, 1, 0.1), learned=[1]
    )
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    assert planted.comparison_bar.words.text().startswith("Nothing to compare: the model was trained on this")
    assert labels(planted) == {"gear", "bolt"}
    assert choices(planted)[0] == "All 0"


def test_no_mistake_is_told_by_its_colour_alone(planted: MainWindow) -> None:
    """Each has its words at the box, and a line of its own pattern in its colour, in both themes."""
    mistakes = (Outcome.FALSE_POSITIVE, Outcome.MISSED, Outcome.OTHER_NAME)
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    try:
        for theme in ("light", "dark"):
            style.apply_theme(theme)
            shown = planted.canvas.grab().toImage()
            seen = {shown.pixel(x, y) for x in range(shown.width()) for y in range(0, shown.height(), 2)}
            wanted = {QColor(getattr(style.colours(), outcome.value)).rgb() for outcome in mistakes}
            assert wanted <= seen
            assert len({pattern(outcome_icon(outcome)) for outcome in mistakes}) == len(mistakes)
    finally:
        style.apply_theme("light")


def test_the_bar_is_reached_and_left_by_keys(planted: MainWindow, qtbot: QtBot) -> None:
    planted.activateWindow()
    qtbot.waitUntil(planted.isActiveWindow)
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    bar = planted.comparison_bar
    went_to = list[object]()
    for _ in range(6):
        QTest.keyClick(QApplication.focusWidget() or planted.canvas, Key.Key_F6)
        went_to.append(QApplication.focusWidget())
    assert bar.choices[None] in went_to
    bar.choices[None].setFocus()
    QTest.keyClick(bar.choices[None], Key.Key_Tab)
    QTest.keyClick(bar.choices[Outcome.FALSE_POSITIVE], Key.Key_Space)
    assert labels(planted) == {"False positive: gear 0.70"}
    QTest.keyClick(bar.choices[Outcome.FALSE_POSITIVE], Key.Key_Escape)
    assert planted.canvas.hasFocus()


def test_it_is_said_to_screen_readers(planted: MainWindow) -> None:
    QTest.keyClick(planted.canvas, Key.Key_C, Shift)
    interface = QAccessible.queryAccessibleInterface(planted.canvas)
    names = {interface.child(n).text(QAccessible.Text.Name) for n in range(interface.childCount())}
    assert names == {
        "gear, box, found by the model",
        "gear, suggestion, 0.90, right",
        "bolt, box, suggested as gear",
        "Suggested gear 0.80",
        "False positive: gear 0.70",
        "Missed: gear",
    }
