"""The inspector: boxes by category, suggestions answered in their rows, categories and how far they are learned."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QWidget
from pytestqt.qtbot import QtBot

from hitl_desktop.domain.edits import Changes
from hitl_desktop.domain.geometry import BBox
from hitl_desktop.domain.predictions import Detections
from hitl_desktop.ui.boxes.box_model import detail_of, key_of
from hitl_desktop.ui.boxes.box_order import BoxGroup, BoxOrder
from hitl_desktop.ui.canvas.items import Kind
from hitl_desktop.ui.main_window import MainWindow
from hitl_desktop.ui.widgets.row_buttons import ButtonList
from hitl_desktop.workflows.detection.class_map import use_as_categories
from tests.ui.conftest import MakeWindow

LEFT, Key = Qt.MouseButton.LeftButton, Qt.Key
LONG = 20_000


@pytest.fixture
def proposed(window: MainWindow) -> MainWindow:
    """A cup and a dog that are suggested twice and once, a cup that was drawn, and a kite, which is a hint."""
    project = window.session.project
    assert project
    model = project.models.ensure("hash", "detector", ("cup", "dog", "kite"))
    project.models.set_detector(model.id)
    boxes = np.array([[0, 0, 20, 20], [30, 0, 10, 10], [0, 30, 15, 15], [60, 0, 18, 18]], float)
    scores = np.array([[0.9, 0, 0], [0, 0.8, 0], [0.55, 0, 0], [0, 0, 0.7]], np.float32)
    for image_id in project.images.ids():
        project.predictions.replace(image_id, model.id, Detections(boxes, scores))
    use_as_categories(project, ("cup", "dog"))
    window.session.walk.apply_changes(Changes(categories=True))
    window.session.acts.draw([(BBox(40, 30, 30, 25), 1)])
    return window


def rows(window: MainWindow) -> list[str]:
    """What the list of boxes shows."""
    model = window.inspector.model
    return [
        f"{row.name} {row.count_words}" if isinstance(row, BoxGroup) else f"- {detail_of(row, model.order)}"
        for n in range(model.rowCount())
        if (row := model.row(n)) is not None
    ]


def place_of(view: ButtonList, row: int) -> QPoint:
    """The middle of a row, as the pointer comes to it."""
    place = view.visualRect(view.model().index(row, 0)).center()
    for step in (QPoint(1, 0), QPoint()):  # where the pointer is already, it does not come to
        QTest.mouseMove(view.viewport(), place + step)
    return place


def click_button(view: ButtonList, row: int, button: str) -> None:
    """Bring the pointer to a row and click one of the buttons that appear."""
    place_of(view, row)
    found = [r.center() for b, r in view.button_places(view.model().index(row, 0)) if b.id == button]
    QTest.mouseClick(view.viewport(), LEFT, pos=found[0])


def choose(text: str) -> None:
    """Choose an entry of the menu that is open, or of one within it."""
    menu = QApplication.activePopupWidget()
    assert menu is not None
    entries = {a.text(): a for each in (menu, *menu.findChildren(QWidget)) for a in each.actions()}
    entries[text].trigger()
    menu.close()


def test_boxes_are_grouped_by_category_own_ones_before_suggestions(proposed: MainWindow) -> None:
    assert rows(proposed) == [
        "cup 1 + 2 suggested", "- 30 x 25", "- 0.90", "- 0.55", "dog 1 suggested", "- 0.80", "Hints 1", "- 0.70",
    ]  # fmt: skip


def test_a_group_folds_by_a_click_and_stays_so_on_the_next_image(proposed: MainWindow) -> None:
    view = proposed.inspector.boxes
    QTest.mouseClick(view.viewport(), LEFT, pos=place_of(view, 0))
    assert rows(proposed)[:2] == ["cup 1 + 2 suggested", "dog 1 suggested"]
    proposed.session.walk.go_to(2)
    assert rows(proposed)[:2] == ["cup 2 suggested", "dog 1 suggested"]
    QTest.mouseClick(view.viewport(), LEFT, pos=place_of(view, 0))
    assert rows(proposed)[:2] == ["cup 2 suggested", "- 0.90"]


def test_boxes_are_sorted_otherwise_and_that_is_kept_with_the_project(
    proposed: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    entries = proposed.inspector.sorting.entries
    entries[BoxOrder.DOUBTFUL].trigger()
    assert rows(proposed)[:4] == ["cup 1 + 2 suggested", "- 30 x 25", "- 0.55", "- 0.90"]
    entries[BoxOrder.SMALL].trigger()
    assert rows(proposed) == [
        "dog 1 suggested", "- 10 x 10", "cup 1 + 2 suggested", "- 30 x 25", "- 15 x 15", "- 20 x 20", "Hints 1",
        "- 18 x 18",
    ]  # fmt: skip
    entries[BoxOrder.PLACE].trigger()
    assert rows(proposed)[:4] == ["cup 1 + 2 suggested", "- 40, 30", "- 0, 0", "- 0, 30"]
    project = proposed.session.project
    assert project
    proposed.close()
    again = make_window()
    again.open_path(project.path)
    qtbot.waitUntil(lambda: again.session.is_open, timeout=LONG)
    assert again.inspector.sorting.entries[BoxOrder.PLACE].isChecked()
    assert rows(again)[:2] == ["cup 1 + 2 suggested", "- 40, 30"]


def test_a_suggestion_is_accepted_by_one_click_in_its_row(proposed: MainWindow) -> None:
    drawn = proposed.canvas.items[1].key
    proposed.canvas.selection.select(drawn)
    click_button(proposed.inspector.boxes, 2, "accept")
    assert [a.bbox for a in proposed.session.annotations][1:] == [BBox(0, 0, 20, 20)]
    assert rows(proposed)[:4] == ["cup 2 + 1 suggested", "- 30 x 25", "- 20 x 20", "- 0.55"]
    assert proposed.canvas.selection.keys == {drawn}  # the hand stays where it was
    proposed.session.history.undo()
    assert rows(proposed)[0] == "cup 1 + 2 suggested"


def test_a_suggestion_and_a_hint_are_rejected_by_one_click_in_their_rows(proposed: MainWindow) -> None:
    click_button(proposed.inspector.boxes, 5, "reject")
    assert [p.name for p in proposed.session.visible_proposals] == ["cup", "cup"]
    click_button(proposed.inspector.boxes, 5, "reject")
    assert rows(proposed) == ["cup 1 + 2 suggested", "- 30 x 25", "- 0.90", "- 0.55"]


def test_a_double_click_answers_one_suggestion_not_the_next_one_too(proposed: MainWindow) -> None:
    view = proposed.inspector.boxes
    place_of(view, 2)
    accept = view.button_places(view.model().index(2, 0))[0][1].center()
    QTest.mouseClick(view.viewport(), LEFT, pos=accept)
    QTest.mouseDClick(view.viewport(), LEFT, pos=accept)
    assert rows(proposed)[0] == "cup 2 + 1 suggested"


def test_the_list_stays_where_it_was_scrolled_to(proposed: MainWindow) -> None:
    session, view = proposed.session, proposed.inspector.boxes
    session.acts.draw([(BBox(n % 70, n % 50, 4, 4), 1) for n in range(60)])
    proposed.canvas.selection.select(key_of(session.annotations[0]))
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    at = view.verticalScrollBar().value()
    click_button(view, view.model().rowCount() - 1, "reject")  # the hint; its group goes, too
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum() > at - 60
    session.walk.go_to(2)
    assert view.verticalScrollBar().value() == 0


def test_the_right_button_offers_the_commands_about_a_box(proposed: MainWindow) -> None:
    view = proposed.inspector.boxes
    at = place_of(view, 5)
    QTest.mousePress(view.viewport(), Qt.MouseButton.RightButton, pos=at)
    assert [item.label for item in proposed.canvas.selection.items] == ["dog 0.80"]
    view.customContextMenuRequested.emit(at)
    choose(proposed.actions_["remove_box"].text())
    assert [p.name for p in proposed.session.visible_proposals] == ["cup", "cup"]


def test_buttons_are_in_the_row_of_the_selected_suggestion_and_in_no_own_box(proposed: MainWindow) -> None:
    view = proposed.inspector.boxes
    shown = next(i for i in proposed.canvas.items if i.label == "dog 0.80")
    proposed.canvas.selection.select(shown.key)
    buttons = [[b.id for b, _ in view.button_places(view.model().index(n, 0))] for n in range(8)]
    assert buttons == [[], [], [], [], [], ["accept", "reject"], [], []]
    place_of(view, 1)
    assert view.button_places(view.model().index(1, 0)) == []


@pytest.fixture
def by_keyboard(proposed: MainWindow, qtbot: QtBot) -> MainWindow:
    """The keyboard is at the first row of the boxes."""
    proposed.activateWindow()
    qtbot.waitUntil(proposed.isActiveWindow)
    proposed.inspector.boxes.setFocus()
    press(Key.Key_Home)
    return proposed


def press(*keys: Qt.Key) -> None:
    for each in keys:
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClick(widget, each)


def test_enter_accepts_and_x_rejects_the_row_that_the_keyboard_is_on(by_keyboard: MainWindow) -> None:
    press(Key.Key_Down, Key.Key_Down, Key.Key_Return)
    assert rows(by_keyboard)[:4] == ["cup 2 + 1 suggested", "- 30 x 25", "- 20 x 20", "- 0.55"]
    selected = by_keyboard.canvas.selection.last
    assert selected is not None
    assert selected.key.kind is Kind.PROPOSAL  # the next one to be answered
    assert by_keyboard.inspector.boxes.currentIndex().row() == by_keyboard.inspector.model.row_of(
        selected.key
    )
    press(Key.Key_X)
    assert len(by_keyboard.session.visible_proposals) == 1
    press(Key.Key_Delete)
    assert by_keyboard.session.visible_proposals == []
    assert by_keyboard.inspector.boxes.hasFocus()


def test_the_keyboard_folds_a_group_and_goes_on_from_it(by_keyboard: MainWindow) -> None:
    press(Key.Key_Down, Key.Key_Down, Key.Key_Left)
    assert rows(by_keyboard)[:2] == ["cup 1 + 2 suggested", "dog 1 suggested"]
    assert by_keyboard.inspector.boxes.currentIndex().row() == 0
    press(Key.Key_Down, Key.Key_Down)
    assert [item.label for item in by_keyboard.canvas.selection.items] == ["dog 0.80"]
    press(Key.Key_Up, Key.Key_Up, Key.Key_Return)
    assert rows(by_keyboard)[:2] == ["cup 1 + 2 suggested", "- 30 x 25"]


def test_a_box_selected_on_the_image_unfolds_its_group_once(by_keyboard: MainWindow) -> None:
    press(Key.Key_Left)
    key = key_of(by_keyboard.session.annotations[0])
    by_keyboard.canvas.selection.select(key)
    assert by_keyboard.inspector.boxes.currentIndex().row() == by_keyboard.inspector.model.row_of(key) == 1
    press(Key.Key_Left)
    by_keyboard.session.set_threshold(0.5)  # boxes are shown anew
    assert rows(by_keyboard)[:2] == ["cup 1 + 2 suggested", "dog 1 suggested"]


def test_five_thousand_boxes_are_listed_by_category(window: MainWindow) -> None:
    ids = [window.session.project_acts.add_category(name) for name in ("cat", "dog")]
    boxes = [(BBox(n % 70, n % 50, 2 + n % 7, 3), ids[n % 2] or 0) for n in range(5000)]
    window.session.acts.draw(boxes)
    assert window.inspector.model.rowCount() == 5002
    window.canvas.selection.select(key_of(window.session.annotations[4999]))
    row = window.inspector.boxes.currentIndex().row()
    assert window.inspector.boxes.visualRect(window.inspector.model.index(row, 0)).height() > 0
    assert row == 5001


def tip_of(window: MainWindow, row: int) -> str:
    return window.inspector.category_model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_a_category_says_in_words_whether_it_is_suggested(window: MainWindow) -> None:
    session = window.session
    session.project_acts.add_category("cat")
    assert "No examples yet" in tip_of(window, 0)
    session.acts.draw([(BBox(5, 5, 20, 20), 1)])
    assert "Still learning: 0 of 1 done image needed." in tip_of(window, 0)
    session.acts.accept_image()
    assert "Still learning: on 1 done image so far, not trained yet." in tip_of(window, 0)
    text = window.inspector.category_model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == "cat, key 1, 1 box, still learning"


def test_a_category_of_the_detector_is_suggested(proposed: MainWindow) -> None:
    assert "Suggested automatically: the detector has a class for it." in tip_of(proposed, 0)


def test_precision_and_recall_are_measured_once_somebody_comes_to_the_categories(
    proposed: MainWindow, qtbot: QtBot
) -> None:
    proposed.session.acts.accept_image()  # a cup was drawn; two cups and a dog were suggested, and right
    assert "Precision and recall are being measured." in tip_of(proposed, 0)
    proposed.inspector.categories.looked_at.emit()
    qtbot.waitUntil(lambda: "being measured" not in tip_of(proposed, 0), timeout=LONG)
    tip = tip_of(proposed, 0)
    assert "Precision 100% (2 of 2, 95 %: " in tip
    assert "Recall 67% (2 of 3, 95 %: " in tip
    proposed.session.project_acts.add_category("ship")
    assert "Precision and recall: not measured yet." in tip_of(proposed, 2)


def threshold_field(window: MainWindow) -> QDoubleSpinBox:
    found = [f for f in window.inspector.categories.findChildren(QDoubleSpinBox) if f.isVisible()]
    assert len(found) == 1
    return found[0]


def test_a_category_gets_a_threshold_of_its_own_in_its_row(proposed: MainWindow) -> None:
    session, categories = proposed.session, proposed.inspector.categories
    session.set_category(2)
    click_button(categories, 0, "threshold")
    assert session.category_id == 2  # the row was not chosen
    field = threshold_field(proposed)
    assert field.text() == "≥ 0.30"
    assert field.height() >= 24
    field.setValue(0.85)
    assert session.thresholds.own == {1: 0.85}
    assert [p.name for p in session.visible_proposals] == ["cup", "dog"]  # tried at once
    QTest.keyClick(field, Key.Key_Return)
    place_of(categories, 1)
    shown = [[b.text for b, _ in categories.button_places(categories.model().index(n, 0))] for n in (0, 1)]
    assert shown == [["≥0.85"], ["≥0.30"]]  # the own one stays to be seen, the other is under the pointer
    session.set_category(1)
    proposed.actions_["general_threshold"].trigger()
    assert session.thresholds.own == {}
    assert len(session.visible_proposals) == 3


def test_escape_takes_back_a_threshold_that_was_tried(proposed: MainWindow) -> None:
    proposed.session.set_category(1)
    proposed.actions_["show_from"].trigger()
    field = threshold_field(proposed)
    field.setValue(0.95)
    assert len(proposed.session.visible_proposals) == 1
    QTest.keyClick(field, Key.Key_Escape)
    assert proposed.session.thresholds.own == {}
    assert len(proposed.session.visible_proposals) == 3
    assert proposed.canvas.hasFocus() or not proposed.isActiveWindow()


def test_three_hundred_categories_with_long_names_leave_room_for_their_numbers(window: MainWindow) -> None:
    project = window.session.project
    assert project
    names = [f"{'a long name ' * 16}{n}" for n in range(300)]
    assert min(map(len, names)) > 190
    use_as_categories(project, names)
    window.session.walk.apply_changes(Changes(categories=True))
    window.session.set_category(300)
    view = window.inspector.categories
    row = view.visualRect(view.currentIndex())
    assert view.currentIndex().row() == 299
    assert view.viewport().rect().contains(row)
    assert view.horizontalScrollBar().maximum() == 0
    assert window.inspector.width() < 260


# --- the detector's classes that are no categories ---


@pytest.fixture
def hinted(proposed: MainWindow, qtbot: QtBot) -> MainWindow:
    """The detector's classes are counted, and the section is open."""
    proposed.loop.intake.detected.emit(4, True)
    qtbot.waitUntil(proposed.inspector.other_classes.isVisible, timeout=LONG)
    assert not proposed.inspector.other_classes.list.isVisible()  # it is folded at first
    QTest.mouseClick(proposed.inspector.other_classes.title, LEFT)
    return proposed


def other_classes(window: MainWindow) -> list[str]:
    """What the section lists, for screen readers."""
    section = window.inspector.other_classes
    rows = range(section.model.rowCount()) if section.isVisible() else ()
    return [section.model.index(n, 0).data(Qt.ItemDataRole.AccessibleTextRole) for n in rows]


def test_other_classes_are_counted_and_folded_away(hinted: MainWindow) -> None:
    section = hinted.inspector.other_classes
    assert section.title.text() == "Other classes: 1"
    assert other_classes(hinted) == ["kite: 4 boxes on 4 images"]
    assert section.list.isVisible()


def test_a_class_is_seen_in_its_tool_tip(hinted: MainWindow, qtbot: QtBot) -> None:
    first = hinted.inspector.other_classes.model.index(0, 0)
    qtbot.waitUntil(lambda: "<img" in first.data(Qt.ItemDataRole.ToolTipRole), timeout=LONG)


def test_without_categories_there_is_nothing_to_map_a_class_to(hinted: MainWindow, qtbot: QtBot) -> None:
    hinted.session.history.undo()  # the box
    hinted.session.history.undo()  # the categories
    classes = hinted.inspector.other_classes.list

    def offered() -> bool:
        place_of(classes, 0)  # the rows may just have been replaced by what a job counted
        return [b.id for b, _ in classes.button_places(classes.model().index(0, 0))] == ["ignore", "add"]

    qtbot.waitUntil(offered, timeout=LONG)


def test_a_class_is_ignored_by_one_act_that_undo_takes_back(hinted: MainWindow) -> None:
    click_button(hinted.inspector.other_classes.list, 0, "ignore")
    assert hinted.session.visible_hints == []
    assert other_classes(hinted) == []
    assert hinted.receipt.text() == "kite is ignored now."
    QTest.mouseClick(hinted.receipt.button, LEFT)
    assert [h.name for h in hinted.session.visible_hints] == ["kite"]
    assert other_classes(hinted) == ["kite: 4 boxes on 4 images"]


def test_a_class_becomes_a_category_by_one_act(hinted: MainWindow) -> None:
    click_button(hinted.inspector.other_classes.list, 0, "add")
    assert list(hinted.session.known.offered.values()) == ["cup", "dog", "kite"]
    assert other_classes(hinted) == []
    hinted.session.history.undo()
    assert list(hinted.session.known.offered.values()) == ["cup", "dog"]
    assert other_classes(hinted) == ["kite: 4 boxes on 4 images"]


@pytest.mark.parametrize("by_key", [True, False])
def test_a_class_is_mapped_to_a_category(hinted: MainWindow, qtbot: QtBot, *, by_key: bool) -> None:
    classes = hinted.inspector.other_classes.list
    if by_key:
        hinted.activateWindow()
        qtbot.waitUntil(hinted.isActiveWindow)
        classes.setFocus()
        classes.setCurrentIndex(classes.model().index(0, 0))
        QTest.keyClick(classes, Key.Key_Return)
    else:
        click_button(classes, 0, "map")
    choose("dog")
    assert [p.name for p in hinted.session.visible_proposals] == ["cup", "dog", "dog", "cup"]
    assert hinted.receipt.text() == "kite is shown as dog now."
    assert other_classes(hinted) == []
    hinted.session.history.undo()
    assert [h.name for h in hinted.session.visible_hints] == ["kite"]


def test_all_other_classes_are_ignored_by_one_act(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project
    model = project.models.ensure("hash", "detector", ("cup", "dog"))
    project.models.set_detector(model.id)
    boxes = np.array([[0, 0, 20, 20], [30, 0, 10, 10]], float)
    scores = np.array([[0.9, 0], [0, 0.8]], np.float32)
    project.predictions.replace(1, model.id, Detections(boxes, scores))
    window.session.walk.load_missing_proposals()
    window.loop.intake.detected.emit(4, True)
    qtbot.waitUntil(lambda: len(other_classes(window)) == 2, timeout=LONG)
    window.inspector.other_classes.title.click()
    QTest.mouseClick(window.inspector.other_classes.ignore_all, LEFT)
    assert window.session.visible_hints == []
    assert other_classes(window) == []
    assert window.receipt.text() == "Ignored: 2 classes of the detector."
    window.session.history.undo()
    assert len(other_classes(window)) == len(window.session.visible_hints) == 2


def test_classes_are_counted_when_a_project_is_opened(
    hinted: MainWindow, make_window: MakeWindow, qtbot: QtBot
) -> None:
    project = hinted.session.project
    assert project
    hinted.close()
    again = make_window()
    again.open_path(project.path)
    qtbot.waitUntil(lambda: other_classes(again) == ["kite: 4 boxes on 4 images"], timeout=LONG)


def test_a_hint_is_not_offered_to_be_accepted(proposed: MainWindow) -> None:
    window = proposed
    for item in window.canvas.items:
        window.canvas.selection.select(item.key)
        if window.context_bar.isVisible():
            assert window.context_bar.accept.isVisible() == (item.key.kind is Kind.PROPOSAL)


def test_a_long_list_follows_once_the_image_was_painted(window: MainWindow, qtbot: QtBot) -> None:
    category = window.session.project_acts.add_category("cell")
    assert category is not None
    window.session.acts.draw([(BBox(n % 40, n // 40, 5, 5), category) for n in range(300)])
    before = window.inspector.model.rowCount()
    window.session.acts.draw([(BBox(30, 30, 8, 8), category)])
    drawn = window.session.annotations[-1]
    window.canvas.selection.select(key_of(drawn))
    qtbot.waitUntil(lambda: window.inspector.model.rowCount() == before + 1)
    row = window.inspector.boxes.currentIndex().row()
    assert row == window.inspector.model.row_of(key_of(drawn)) >= 0
